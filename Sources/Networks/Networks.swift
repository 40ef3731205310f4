// Room Networks.
