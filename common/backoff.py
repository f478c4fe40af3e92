"""The delay before something that failed is tried again. Pure."""

from datetime import timedelta

FIRST_BACKOFF = timedelta(seconds=5)
MAX_BACKOFF = timedelta(minutes=15)


def backoff(failures: int) -> timedelta:
    """Return the delay after `failures` consecutive failures: 5 s, doubling up to 15 minutes."""
    doublings = min(max(0, failures - 1), 10)  # more would only overflow
    return min(MAX_BACKOFF, FIRST_BACKOFF * (1 << doublings))
