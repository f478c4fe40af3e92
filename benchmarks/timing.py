"""Timing two functions in turns, so that noise of the machine affects both."""

import gc
import time
from collections.abc import Callable, Iterator

Timed = Callable[[], float]


def seconds(call: Callable[[], object]) -> float:
    """Return how many seconds one call takes. Garbage is collected before, so it does not count."""
    gc.collect()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def ratios(rounds: int, *, over: Timed, under: Timed, turns: int = 1) -> Iterator[float]:
    """Yield `over` ÷ `under` for each round, after one call of each as a warm-up.

    A round sums `turns` calls of each; short calls need more turns. The order alternates.
    """
    over(), under()
    for _ in range(rounds):
        numerator = denominator = 0.0
        for turn in range(turns):
            if turn % 2:
                denominator += under()
                numerator += over()
            else:
                numerator += over()
                denominator += under()
        yield numerator / denominator
