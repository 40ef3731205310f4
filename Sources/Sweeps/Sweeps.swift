// Room Sweeps.
