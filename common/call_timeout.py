"""A timeout for calls that offer none."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


def call_with_timeout(timeout: timedelta, call: Callable[[], T]) -> T:
    """Run the call in a thread and return its result. Raise what it raises, or TimeoutError after `timeout`.

    A call that is too late keeps running in its thread: nothing can interrupt a name lookup, for example. The call
    must not use the database, because connections belong to their threads.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # raised again in the calling thread
            errors.append(error)

    thread = threading.Thread(target=run, name="call_with_timeout", daemon=True)
    thread.start()
    thread.join(timeout.total_seconds())
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {timeout.total_seconds():.0f} s")
    return results[0]
