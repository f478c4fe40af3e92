"""How far a person is on the way to achievements. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from achievements import facts, rules
from achievements.models import Achievement
from achievements.rules import Facts, Progress
from tracking.models import HabitTrack
from tracking.queries import tracks_of
from users.models import User


@dataclass(frozen=True, slots=True)
class Entry:
    """An achievement (of queries.visible_to) as it stands for a person."""

    achievement: Achievement
    progress: Progress
    is_held: bool


def entries(achievements: Sequence[Achievement], *, user: User, now: datetime) -> list[Entry]:
    """How the achievements stand for the user, in a fixed number of queries: on the habit that is furthest on."""
    # award_id is annotated by queries.visible_to
    open_ones = [each for each in achievements if each.award_id is None]  # type: ignore[attr-defined]
    tracks = list(tracks_of(user, now=now)) if open_ones else []
    known = facts.of_now(tracks, rules.needs_of(each.rule for each in open_ones), now=now) if tracks else {}
    return [
        Entry(each, _progress(each, tracks, known), is_held=False)
        if each in open_ones
        else Entry(each, Progress(each.target, each.target), is_held=True)
        for each in achievements
    ]


def _progress(achievement: Achievement, tracks: Sequence[HabitTrack], known: dict[int, Facts]) -> Progress:
    rule = achievement.rule
    concerned = [track for track in tracks if achievement.habit_id in {None, track.habit_id}]
    ways = [rules.progress(rule, known[track.pk]) for track in concerned if track.pk in known]
    return max(ways, key=lambda progress: progress.share, default=Progress(0, rule.target))
