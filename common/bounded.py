"""An end for calls that know none of their own."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")


def within(span: timedelta, call: Callable[[], T]) -> T:
    """Return what the call returns, made in a thread of its own. Raises what it raises, TimeoutError after `span`.

    A call that is late is left alone: nothing else bounds the resolving of a name. It must not use the database, whose
    connections belong to their threads.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:  # handed on below
            errors.append(error)

    thread = threading.Thread(target=run, name="within", daemon=True)
    thread.start()
    thread.join(span.total_seconds())
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within {span.total_seconds():.0f} s")
    return results[0]
