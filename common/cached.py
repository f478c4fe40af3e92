"""A value that is expensive to read, cached for a short time and shared by the threads of a process."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """Reads the value again once it is older than `ttl`; meanwhile other threads wait instead of reading too."""

    def __init__(self, read: Callable[[datetime], T], *, ttl: timedelta) -> None:
        self._read = read
        self._ttl = ttl
        self._value: tuple[datetime, T] | None = None
        self._lock = threading.Lock()

    def get(self, now: datetime) -> T:
        """Return the value, at most `ttl` old. Raise what reading it raises; a failed read is not cached."""
        with self._lock:
            # A negative age means that the clock was set back.
            if self._value is None or not timedelta(0) <= now - self._value[0] < self._ttl:
                self._value = None
                self._value = now, self._read(now)
            return self._value[1]

    def clear(self) -> None:
        """Drop the cached value."""
        self._value = None
