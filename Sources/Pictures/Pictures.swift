// Room Pictures.
