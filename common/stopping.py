"""Whether this worker was asked to end: one flag that its main process sets and its pool's processes read."""

import mmap

# Shared memory without a name: made before the pool's processes are forked, it is theirs as well.
_flag = mmap.mmap(-1, 1)


def ask() -> None:
    """Have the loops of all this worker's processes end at their next step."""
    _flag[0] = 1


def is_asked() -> bool:
    """Return whether loops should end: claim nothing more, finish what is in flight, release the rest."""
    return _flag[0] == 1


def forget() -> None:
    """Take the request back (tests)."""
    _flag[0] = 0
