"""A track with all that its rules ask for: plan, days, pauses. Reads only; built in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q

from habits.models import Habit
from habits.recurrence import DAY, Period, Plan, Version
from tracking import streaks, strength
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks import Days, Judged, Status, Streak, Verdict
from users.timing import Clock


@dataclass(frozen=True, slots=True)
class Course:
    """The facts on which every verdict about a track rests, bound to the pure rules of tracking.streaks."""

    plan: Plan
    days: Days
    amounts: Mapping[date, Decimal]
    pauses: Sequence[tuple[date, date | None]]

    def is_paused(self, day: date) -> bool:
        return any(first <= day and (last is None or day <= last) for first, last in self.pauses)

    def verdict(self, period: Period, today: date) -> Verdict:
        return streaks.verdict(period, self.days, self.is_paused, today)

    def streak(self, today: date) -> Streak:
        periods = self.plan.periods(self.plan.first, today)
        unit = self.plan.in_force(today).streak_unit
        return streaks.streak(periods, self.days, self.is_paused, today, unit=unit)

    def lapse_day(self, today: date) -> date | None:
        for_good = min((first for first, last in self.pauses if last is None), default=None)
        return streaks.lapse_day(self.plan, self.days, self.is_paused, today, paused_for_good=for_good)

    def judged(self, periods: Iterable[Period], today: date, *, last: date) -> list[Judged]:
        """Those of `periods` that are kept or broken and end by `last`."""
        found = streaks.judged(periods, self.days, self.is_paused, today)
        return [each for each in found if each.last <= last]

    def is_due(self, day: date) -> bool:
        return streaks.is_due(self.plan, self.days, self.is_paused, day)

    def is_at_risk(self, today: date) -> bool:
        return streaks.is_at_risk(self.plan, self.days, self.is_paused, today)

    def completed(self, period: Period, today: date) -> int:
        return streaks.completed_days(period, self.days, today)

    def strengths(self, since: date, until: date, *, before: float = 0.0) -> Iterator[tuple[date, float]]:
        """The strength at the end of each day of the track in `since`..`until`, which was `before` until then.

        Needs the logs from strength.first_needed on.
        """
        plan = self.plan
        last = min(until, plan.last) if plan.last else until
        rates = [(version.starts_on, strength.rate(version.schedule)) for version in reversed(plan.versions)]
        return strength.strengths(
            (since + number * DAY for number in range((last - since).days + 1)),
            rate_on=lambda day: next(rate for first, rate in rates if first is None or first <= day),
            values={
                day: strength.value(amount, plan.in_force(day).daily_amount)
                for day, amount in self.amounts.items()
                if day >= plan.first and plan.exists(day)
            },
            is_carried=lambda day: self.days.get(day) is Status.SKIPPED or self.is_paused(day) or not plan.exists(day),
            before=before,
        )

    def strength(self, since: date, until: date, *, before: float = 0.0) -> float:
        """The last of `strengths`."""
        return [before, *(strength for _, strength in self.strengths(since, until, before=before))][-1]


def plan_of(track: HabitTrack) -> Plan:
    """The days of the track, its schedules and its zone (with habit, its schedules and user at hand: no query)."""
    habit: Habit = track.habit
    return plan(
        versions=habit.versions,
        clock=track.user.clock,
        started_on=track.started_on,
        start_date=habit.start_date,
        end_date=habit.end_date,
        created_on=habit.created_on,
    )


def plan(
    *,
    versions: Sequence[Version],
    clock: Clock,
    started_on: date,
    start_date: date | None,
    end_date: date | None,
    created_on: date,
) -> Plan:
    """The plan of a track that began on `started_on`, of a habit with these dates, for whoever has this clock."""
    return Plan(
        versions=versions,
        anchor=start_date or created_on,
        first=max(started_on, start_date or started_on),
        last=end_date,
        exists=clock.exists,
    )


def courses(
    tracks: Iterable[HabitTrack], *, since: Mapping[int, date] | None = None, until: date | None = None
) -> dict[int, Course]:
    """The courses of tracks by their id, with the logs from each track's day in `since` (None: all) to `until`.

    Two queries, whatever the number of tracks (with user, habit and its schedules at hand).
    """
    tracks = list(tracks)
    logs = HabitLog.objects.filter(_reaching_back(tracks, since))
    if until:
        logs = logs.filter(day__lte=until)
    days: dict[int, dict[date, Status]] = {track.pk: {} for track in tracks}
    amounts: dict[int, dict[date, Decimal]] = {track.pk: {} for track in tracks}
    for track_id, day, status, amount in logs.values_list("track_id", "day", "status", "amount"):
        days[track_id][day] = Status(status)
        if amount is not None:
            amounts[track_id][day] = amount
    users = {track.user_id for track in tracks}
    pauses = list(
        Pause.objects.filter(Q(track__in=tracks) | Q(track=None, user__in=users)).values_list(
            "user_id", "track_id", "first_day", "last_day"
        )
    )
    return {
        track.pk: Course(
            plan=plan_of(track),
            days=days[track.pk],
            amounts=amounts[track.pk],
            pauses=[
                (first, last)
                for user_id, track_id, first, last in pauses
                if user_id == track.user_id and track_id in {track.pk, None}
            ],
        )
        for track in tracks
    }


def strength_needs(track: HabitTrack, plan: Plan, today: date) -> date | None:
    """From which day on its logs decide on the track's strength of today; None where what is stored says it."""
    if track.strength_on and track.strength_on >= today:
        return None
    return strength.first_needed(plan, track.strength_on + DAY if track.strength_on else plan.first)


def strength_at(track: HabitTrack, course: Course, today: date) -> float:
    """The track's strength at the end of today, from the stored one on; needs the logs of `strength_needs`."""
    if track.strength_on and track.strength_on >= today:
        return track.strength
    since = track.strength_on + DAY if track.strength_on else course.plan.first
    standing = track.strength if track.strength_on else 0.0
    return course.strength(since, today, before=standing)


def strengths_at(tracks: Iterable[HabitTrack], today: date) -> dict[int, float]:
    """`strength_at` of each track by its id; two queries, or none where what is stored says it of all."""
    tracks = list(tracks)
    needs = {track.pk: strength_needs(track, plan_of(track), today) for track in tracks}
    since = {pk: day for pk, day in needs.items() if day}
    known = courses([track for track in tracks if track.pk in since], since=since)
    return {
        track.pk: strength_at(track, known[track.pk], today) if track.pk in known else track.strength
        for track in tracks
    }


def courses_of_today(tracks: Iterable[HabitTrack], today: date) -> dict[int, Course]:
    """Return the courses of one person's tracks as `courses_of_todays` does."""
    tracks = list(tracks)
    return courses_of_todays(tracks, dict.fromkeys((track.pk for track in tracks), today))


def courses_of_todays(tracks: Iterable[HabitTrack], todays: Mapping[int, date]) -> dict[int, Course]:
    """Return the courses with the logs that say what is due and at risk today, and how strong each habit is.

    `todays`: the local day of each track's person, by the track's id. Two queries.
    """
    tracks, since = list(tracks), {}
    for track in tracks:
        plan, today = plan_of(track), todays[track.pk]
        period, needs = plan.period_of(today), strength_needs(track, plan, today)
        since[track.pk] = min(today, period.first if period else today, needs or today)
    return courses(tracks, since=since)


def course_of(track: HabitTrack, *, since: date | None = None) -> Course:
    """The course of one track, with its logs from `since` on (None: all)."""
    return courses([track], since={track.pk: since} if since else None)[track.pk]


def _reaching_back(tracks: list[HabitTrack], since: Mapping[int, date] | None) -> Q:
    """The logs of each track from its day on; tracks with the same day share a condition."""
    if since is None:
        return Q(track__in=tracks)
    groups: dict[date, list[int]] = defaultdict(list)
    for pk, day in since.items():
        groups[day].append(pk)
    wanted = Q(pk__in=[])
    for day, pks in groups.items():
        wanted |= Q(track__in=pks, day__gte=day)
    return wanted
