"""How bids compare: pure arithmetic on values, standard library only. The one module with input and output is command.py."""
