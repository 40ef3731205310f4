// Room Bodies.
