"""A supplier's own file of goods, whatever it looks like: what its columns mean, what it would do, and taking it in."""
