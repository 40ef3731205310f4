// Room Figures.
