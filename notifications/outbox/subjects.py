"""Kinds of messages about rows of an app above this one, which reads and words them itself.

Only the names of modules are kept here: a process that composes nothing imports none of them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from notifications.channels.transport import Message
from notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why a delivery is not sent: its final state and the reason.

    `ends_now`: it expires before its time, which is set to now. Otherwise it would be taken for one that a clock which ran
    ahead has expired.
    """

    state: Delivery.State
    reason: str
    ends_now: bool = False


class DoNotSend(Exception):
    """Raised by a composer if the delivery must not be sent."""

    def __init__(self, reason: str, state: Delivery.State = Delivery.State.DROPPED) -> None:
        super().__init__(reason)
        self.result = NotSent(state, reason)


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """How a kind is composed: `load` reads the rows of a batch by id, `compose` returns the text about one of them.

    `compose` gets the delivery, its user and the row, and runs in the user's language.
    """

    load: Callable[[Collection[int]], Mapping[int, Any]]
    compose: Callable[[Any, Any, Any], Message]


_modules: dict[str, str] = {}


def add(kind: str, module: str) -> None:
    """Let a module compose a kind of message: its `KIND` is a SubjectKind."""
    _modules[kind] = module


def names() -> frozenset[str]:
    """Return the kinds that were added."""
    return frozenset(_modules)


def get(kind: str) -> SubjectKind:
    """Return how a kind that was added is composed."""
    found: SubjectKind = import_module(_modules[kind]).KIND
    return found
