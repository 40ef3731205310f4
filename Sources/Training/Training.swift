// Room Training.
