"""Whether this worker was asked to stop: one flag that its main process sets and its pool's processes read."""

import mmap
from collections.abc import Callable

from common import clock

# Anonymous shared memory: created before the pool's processes are forked, so they all share it.
_flag = mmap.mmap(-1, 1)


def request() -> None:
    """Ask the loops in all processes of this worker to end after their current step."""
    _flag[0] = 1


def is_requested() -> bool:
    """Return whether loops should end: claim nothing more, finish what is in flight, release the rest."""
    return _flag[0] == 1


def deadline(seconds: float) -> Callable[[], bool]:
    """Return a function that returns True while a loop may continue: time is left and no stop was requested.

    Time is measured by a monotonic counter, so setting the clock does not move the deadline.
    """
    until = clock.monotonic() + seconds

    def may_go_on() -> bool:
        return not is_requested() and clock.monotonic() < until

    return may_go_on


def reset() -> None:
    """Withdraw the request (for tests)."""
    _flag[0] = 0
