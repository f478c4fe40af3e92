"""A user's progress towards achievements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from achievements.awards import facts, rules
from achievements.awards.rules import RuleProgress, TrackFacts
from achievements.models import Achievement
from tracking.models import HabitTrack
from tracking.tracks.queries import tracks_of, without_limits
from users.models import User


@dataclass(frozen=True, slots=True)
class AchievementProgress:
    """An achievement (from queries.visible_to) with one user's progress on it."""

    achievement: Achievement
    progress: RuleProgress
    is_held: bool


def progress_of(achievements: Sequence[Achievement], *, user: User, now: datetime) -> list[AchievementProgress]:
    """Return the user's progress on each achievement: that of their best habit. A fixed number of queries."""
    # award_id is annotated by queries.visible_to
    missing = [each for each in achievements if each.award_id is None]  # type: ignore[attr-defined]
    tracks = list(without_limits(tracks_of(user, now=now, archived=None))) if missing else []
    known = facts.for_today(tracks, rules.combined_needs(each.rule for each in missing), now=now) if tracks else {}
    return [
        AchievementProgress(each, _best_progress(each, tracks, known), is_held=False)
        if each in missing
        else AchievementProgress(each, RuleProgress(each.target, each.target), is_held=True)
        for each in achievements
    ]


def _best_progress(
    achievement: Achievement, tracks: Sequence[HabitTrack], known: dict[int, TrackFacts]
) -> RuleProgress:
    rule = achievement.rule
    eligible = [track for track in tracks if achievement.habit_id in {None, track.habit_id}]
    found = [rules.progress(rule, known[track.pk]) for track in eligible if track.pk in known]
    return max(found, key=lambda progress: progress.share, default=RuleProgress(0, rule.target))
