"""Backups of a whole instance, which either database engine can take in."""
