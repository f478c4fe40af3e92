"""What a partner is told of what happens to one of its people: never more than it can read by itself. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from integrations.changes.rules import ChangeType, scope_of
from users.scopes import Scope

# Pauses and goals belong to accounts, and partners do not see them.
_LEFT_OUT = ("pause", "goal", "webhook")
TYPES = [each for each in ChangeType if each.partition(".")[0] not in _LEFT_OUT]
_OF_HABIT = ("id", "name", "frequency", "interval", "weekdays", "times_per_period", "daily_amount", "unit")
_OF_TRACK = ("habit", "started_on", "left")
_OF_STREAK = ("current_streak", "longest_streak", "streak_unit", "lapses_at")

Data = dict[str, Any]


class Subject(NamedTuple):
    """What a change is about: a habit, an achievement or a challenge."""

    kind: str
    id: int


def subject_of(change_type: ChangeType, data: Mapping[str, Any]) -> Subject | None:
    """Return what decides whether a change is about something of the partner's own; None: partners are not told of it."""
    noun = change_type.partition(".")[0]
    if noun in ("habit", "achievement", "challenge"):
        return Subject(noun, data[noun]["id"])
    if noun in ("track", "log", "streak"):
        return Subject("habit", data["track"]["habit"]["id"])
    return None


def told(change_type: ChangeType, data: Data, *, is_own: bool, may: Callable[[Scope], bool]) -> Data | None:
    """Return what the partner is told of a change of a person; None: nothing.

    `is_own`: whether its subject is the partner's own. `may`: whether the partner has a scope for the person.
    """
    noun = change_type.partition(".")[0]
    sees_habit = is_own or may(Scope.HABITS_READ)
    if noun == "habit" and not is_own and may(Scope.HABITS_READ):  # of its own the partner is told once, as their owner
        return {"habit": {name: data["habit"][name] for name in _OF_HABIT if name in data["habit"]}}
    if noun in ("track", "log", "streak") and sees_habit:
        sees_streak = is_own or may(Scope.STATS_READ)
        if (noun == "log" and not may(scope_of(change_type))) or (noun == "streak" and not sees_streak):
            return None
        return {**data, "track": _track(data["track"], sees_streak=sees_streak)}
    if noun == "achievement" and (is_own or may(Scope.STATS_READ)):
        return {**data, "habit": data["habit"] if sees_habit else None}
    if noun == "challenge" and is_own:
        return data
    return None


def _track(track: Mapping[str, Any], *, sees_streak: bool) -> Data:
    """Return a track without what is the person's own (whether it is archived); its streaks are null if they are not seen."""
    shown = {name: track[name] for name in _OF_TRACK}
    return shown | {name: track[name] if sees_streak else None for name in _OF_STREAK}
