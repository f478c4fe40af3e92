"""Releases: how one is cut, and what its migrations may do to a database that the one before still uses."""
