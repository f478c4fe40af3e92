"""Explanations of stored tracks. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from habits.recurrence import Period
from tracking.explanations import words
from tracking.explanations.rules import AfterMidnight, ExplainedPeriod, Explanation, Statement, explain, explain_period
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.histories import load_history
from tracking.tracks.queries import tracks_of
from users.models import User


@dataclass(frozen=True, slots=True)
class TrackExplanation:
    """The explanation of a track's streak as of `now`."""

    track: HabitTrack
    explanation: Explanation
    now: datetime

    def describe_period(self, period: ExplainedPeriod) -> str:
        """Return words.describe_period of one of the periods."""
        unit = self.explanation.history.plan.in_force(period.period.first).unit
        return words.describe_period(period, self.explanation.today, unit)

    def describe_reason(self, statement: Statement) -> str:
        """Return words.describe_reason of a reason of one of the periods."""
        starts_at = self.track.user.day_starts_at
        return words.describe_reason(statement, today=self.explanation.today, day_starts_at=starts_at)


def track_explanation(*, user: User, track_id: int, now: datetime) -> TrackExplanation:
    """Return the explanation of the streak of one of the user's tracks. Raises HabitTrack.DoesNotExist.

    It reads all logs: a streak can be as long as the track. Four queries.
    """
    track = tracks_of(user, now=now).get(pk=track_id)
    return TrackExplanation(track, explain(load_history(track), user.clock.day_of(now)), now)


def explained_periods(of: TrackExplanation, periods: Sequence[Period]) -> Sequence[ExplainedPeriod]:
    """Return some of the explanation's periods with their reasons. One query."""
    clock = of.track.user.clock
    logs = HabitLog.objects.filter(track=of.track, day__in=[each.last for each in periods], completed_at__isnull=False)
    done_on = frozenset(
        day
        for day, completed_at in logs.values_list("day", "completed_at")
        if completed_at
        and completed_at.astimezone(of.track.user.tzinfo).date() > day
        and clock.day_of(completed_at) == day
    )
    midnight = AfterMidnight(of.now.astimezone(of.track.user.tzinfo).date(), done_on)
    return [explain_period(of.explanation, period, midnight) for period in periods]
