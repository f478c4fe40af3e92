"""Explanations: why a streak is what it is, in codes and sentences."""
