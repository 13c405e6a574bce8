"""Tools with no opinion: no word of the trade belongs here."""
