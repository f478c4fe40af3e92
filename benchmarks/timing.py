"""Timing in turn: what a noisy machine does to one, it does to the other."""

import gc
import time
from collections.abc import Callable, Iterator

Timed = Callable[[], float]


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes; earlier garbage is not its burden."""
    gc.collect()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def ratios(rounds: int, *, over: Timed, under: Timed, turns: int = 1) -> Iterator[float]:
    """`over` ÷ `under` of each round, after one turn of warming up.

    A round is so many turns of each, summed: the shorter a call, the more. They take turns at going first.
    """
    over(), under()
    for _ in range(rounds):
        above = below = 0.0
        for turn in range(turns):
            if turn % 2:
                below += under()
                above += over()
            else:
                above += over()
                below += under()
        yield above / below
