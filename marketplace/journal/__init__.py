"""What happened: one line per act, in the same transaction, chained by hash; and the unit of work, the only commit."""
