"""How long what failed by a fault of ours steps aside. Pure."""

from datetime import timedelta

FIRST_BACKOFF = timedelta(seconds=5)
MAX_BACKOFF = timedelta(minutes=15)


def backoff(failures: int) -> timedelta:
    """Return how long to wait after `failures` in a row: 5 s, doubling up to 15 minutes."""
    doublings = min(max(0, failures - 1), 10)  # more would only overflow
    return min(MAX_BACKOFF, FIRST_BACKOFF * (1 << doublings))
