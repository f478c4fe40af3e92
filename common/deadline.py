"""How long a loop may go on."""

import time

from common import stopping


class Deadline:
    """Some seconds from now, by a counter that nobody sets; or the moment when the worker is asked to end."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return stopping.is_asked() or time.monotonic() >= self._until
