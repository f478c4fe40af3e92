"""Fault runs: the whole service in real processes that are killed at random, and an account of every reminder."""
