"""Whether this worker was asked to end: one flag that its main process sets and its pool's processes read."""

import mmap
from collections.abc import Callable

from common import clock

# Shared memory without a name: made before the pool's processes are forked, it is theirs as well.
_flag = mmap.mmap(-1, 1)


def ask() -> None:
    """Have the loops of all this worker's processes end at their next step."""
    _flag[0] = 1


def is_asked() -> bool:
    """Return whether loops should end: claim nothing more, finish what is in flight, release the rest."""
    return _flag[0] == 1


def deadline(seconds: float) -> Callable[[], bool]:
    """Return a function that tells a loop whether it may take another step: its time is not up, nobody asked to end.

    Measured by a counter that nobody sets.
    """
    until = clock.counter() + seconds

    def may_go_on() -> bool:
        return not is_asked() and clock.counter() < until

    return may_go_on


def forget() -> None:
    """Take the request back (tests)."""
    _flag[0] = 0
