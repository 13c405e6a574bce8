"""The page toolkit: what every page shares, and no page of its own."""
