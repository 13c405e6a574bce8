"""Sealed offers. access.py is the only door to what they say."""
