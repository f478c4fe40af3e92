"""Benchmarks: each measure times our code and a minimal baseline in turns, and prints their ratio and its target."""
