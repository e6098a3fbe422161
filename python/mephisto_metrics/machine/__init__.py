"""The machine that all else runs on: folders, ports, users, and what can go wrong with them."""
