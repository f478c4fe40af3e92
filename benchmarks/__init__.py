"""Measures: each runs our code and its floor in turn within one run, and prints a ratio against its target."""
