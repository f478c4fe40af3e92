"""The types of changes, the scope with which a program sees each, and the order of those of one moment. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from users.scopes import Scope

KEPT_FOR = timedelta(days=35)
UNREAD_FOR = timedelta(days=60)  # after which changes are no longer recorded, unless a webhook wants them
MAX_PAGE, DEFAULT_PAGE = 500, 100
EVENT_ID = r"^evt_[0-9a-f]{32}\Z"
EVENT_ID_LENGTH = 36
# Requests of before a program first asks may still be under way: what it reads after this has all that they change.
SETTLES_WITHIN = timedelta(minutes=1)


class ChangeType(StrEnum):
    """What can happen: a noun and what became of it."""

    HABIT_CREATED = "habit.created"
    HABIT_CHANGED = "habit.changed"
    HABIT_DELETED = "habit.deleted"
    TRACK_STARTED = "track.started"
    TRACK_LEFT = "track.left"
    PAUSE_STARTED = "pause.started"
    PAUSE_ENDED = "pause.ended"
    LOG_SET = "log.set"
    LOG_CLEARED = "log.cleared"
    STREAK_EXTENDED = "streak.extended"
    STREAK_LOST = "streak.lost"
    GOAL_REACHED = "goal.reached"
    ACHIEVEMENT_AWARDED = "achievement.awarded"
    ACHIEVEMENT_WITHDRAWN = "achievement.withdrawn"
    CHALLENGE_ENDED = "challenge.ended"
    PERSON_LINKED = "person.linked"
    PERSON_UNLINKED = "person.unlinked"
    PERSON_DELETED = "person.deleted"
    WEBHOOK_TEST = "webhook.test"


_SCOPE_OF_NOUN = {
    "habit": Scope.HABITS_READ,
    "track": Scope.HABITS_READ,
    "pause": Scope.HABITS_READ,
    "log": Scope.LOGS_READ,
    "streak": Scope.STATS_READ,
    "goal": Scope.HABITS_READ,
    "achievement": Scope.STATS_READ,
    "challenge": Scope.COMMUNITY_READ,
    "person": Scope.WEBHOOKS_MANAGE,
    "webhook": Scope.WEBHOOKS_MANAGE,
}
_NOUNS = list(_SCOPE_OF_NOUN)  # in the order of causes


def scope_of(change_type: ChangeType) -> Scope:
    """Return the scope that a key needs to see changes of a type: that with which it can read the same by itself."""
    return _SCOPE_OF_NOUN[change_type.partition(".")[0]]


def types_within(scopes: Collection[Scope]) -> list[ChangeType]:
    """Return the types that a key with these scopes sees."""
    return [each for each in ChangeType if scope_of(each) in scopes]


class Recorded(Protocol):
    """What the order of changes depends on."""

    @property
    def type(self) -> str: ...

    @property
    def occurred_at(self) -> datetime: ...


C = TypeVar("C", bound=Recorded)


def in_order(changes: Sequence[C]) -> list[C]:
    """Return changes, given in the order in which they were written, with those of one request causes first.

    A request reads the time once, so its changes have the same one and follow each other: the log comes before the streak
    that it extends, although the streak is recorded first.
    """
    ordered: list[C] = []
    run: list[C] = []
    for change in changes:
        if run and run[-1].occurred_at != change.occurred_at:
            ordered += sorted(run, key=_rank)
            run = []
        run.append(change)
    return ordered + sorted(run, key=_rank)


def _rank(change: Recorded) -> int:
    return _NOUNS.index(change.type.partition(".")[0])
