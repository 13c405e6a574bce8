"""How bids compare: pure arithmetic on values, standard library only. Only command.py reads and prints."""
