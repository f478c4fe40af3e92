"""A value that costs something to read, kept for a moment and shared by the threads of a process."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Cached(Generic[T]):
    """Reads again once the value is older than `keep`; meanwhile others wait for it instead of reading as well."""

    def __init__(self, read: Callable[[datetime], T], *, keep: timedelta) -> None:
        self._read = read
        self._keep = keep
        self._value: tuple[datetime, T] | None = None
        self._lock = threading.Lock()

    def get(self, now: datetime) -> T:
        """Return the value, at most `keep` old. Raises what reading it raises, and keeps nothing then."""
        with self._lock:
            if self._value is None or not timedelta(0) <= now - self._value[0] < self._keep:
                self._value = None
                self._value = now, self._read(now)
            return self._value[1]

    def clear(self) -> None:
        """Forget the value."""
        self._value = None
