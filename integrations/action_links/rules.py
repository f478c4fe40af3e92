"""The numbers of action links, and what counts as the same request. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from common.errors import DomainError

MAX_LINKS = 50  # of one user
MAX_NAME_LENGTH = 100
MAX_REQUEST_ID_LENGTH = 200
UNDO_FOR = timedelta(hours=1)


class Action(StrEnum):
    DONE = "done"
    ADD = "add"
    TOGGLE = "toggle"


# For so long, the same action again is the same touch of a tag, sent twice.
ONCE_WITHIN = {
    Action.DONE: timedelta(seconds=10),
    Action.TOGGLE: timedelta(seconds=10),
    Action.ADD: timedelta(seconds=1),
}
# Headers by which browsers announce that nobody has asked for the page yet.
PREFETCH_HEADERS = ("Purpose", "X-Purpose", "Sec-Purpose", "X-Moz")
PREFETCHES = ("prefetch", "prerender", "preview")


def is_repeated(action: Action, *, last: datetime | None, now: datetime) -> bool:
    """Return whether an action at `now` is the one of `last` again."""
    return last is not None and timedelta(0) <= now - last < ONCE_WITHIN[action]


def is_prefetch(headers: Mapping[str, str]) -> bool:
    """Return whether a request says that it only loads the page in advance."""
    return any(each in (headers.get(name) or "").lower() for name in PREFETCH_HEADERS for each in PREFETCHES)


def check_action(action: Action, *, has_amount: bool, is_limit: bool) -> None:
    """Raise DomainError required, amount_not_used, limits_are_counted unless a link can do this to a track."""
    if action == Action.ADD and not has_amount:
        raise DomainError("required", "Give the amount to add.", "amount")
    if action != Action.ADD and has_amount:
        raise DomainError("amount_not_used", f"An amount is only for links that add, not for {action}.", "amount")
    if action != Action.ADD and is_limit:
        raise DomainError("limits_are_counted", "This is a limit habit: a link can only add to it.", "action")
