"""Everything that knows Mephisto: its metric families, and how ours take their place."""
