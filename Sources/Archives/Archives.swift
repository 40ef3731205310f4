// Room Archives.
