"""A second, naive implementation of periods, verdicts and streaks, to which tests compare the real one.

It goes day by day and shares only the data classes Plan, Version and Schedule with the real code. Statuses, verdicts
and frequencies are plain strings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from habits.recurrence import Plan, Schedule, Version

Days = Mapping[date, str]
Pauses = Sequence[tuple[date, date | None]]


@dataclass(frozen=True)
class Span:
    """A period: its remaining days, its target days, the days that count, and the required number."""

    days: list[date]
    targets: list[date]
    counting: list[date]
    required: int
    unit: str
    cut: bool


@dataclass(frozen=True)
class Naive:
    """The data of one track. `spans` covers the time up to the end of the year after `until`."""

    plan: Plan
    days: Days
    pauses: Pauses
    until: date

    @cached_property
    def spans(self) -> list[Span]:
        """Return every period of the track, in order."""
        found: list[Span] = []
        runs = _runs(self.plan.versions)
        calendar = _calendar(date(self.plan.first.year - 1, 1, 1), date(self.until.year + 1, 12, 31))
        for number, run in enumerate(runs):
            starts_on = run[0].starts_on
            anchor = starts_on if starts_on and number else self.plan.anchor
            replaced_on = runs[number + 1][0].starts_on if number + 1 < len(runs) else None
            for natural in _groups(calendar, run[0].schedule, anchor):
                span = self._span(natural, run, replaced_on)
                if span:
                    found.append(span)
        return sorted(found, key=lambda span: span.days[0])

    def _span(self, natural: list[date], run: list[Version], replaced_on: date | None) -> Span | None:
        schedule = run[0].schedule
        whole = [day for day in natural if self.plan.exists(day)]
        if not whole or (run[0].starts_on and whole[0] < run[0].starts_on):
            return None
        left = [
            day
            for day in whole
            if day >= self.plan.first
            and not (self.plan.last and day > self.plan.last)
            and not (replaced_on and day >= replaced_on)
        ]
        if schedule.interval > 1:
            targets, counting, required = [day for day in whole if day == natural[0]], whole, 1
        else:
            targets = [day for day in whole if not schedule.weekdays or day.weekday() in schedule.weekdays]
            counting = targets
            in_force = [version for version in run if not version.starts_on or version.starts_on <= whole[0]]
            required = min(in_force[-1].schedule.times_per_period, len(targets))
        if not left or required == 0:
            return None
        return Span(
            days=left,
            targets=[day for day in targets if day in left],
            counting=[day for day in counting if day in left],
            required=required,
            unit=_unit(schedule),
            cut=left != whole,
        )

    def is_paused(self, day: date) -> bool:
        return any(day >= first and (last is None or day <= last) for first, last in self.pauses)

    def verdict(self, span: Span, today: date) -> str:
        completed = [day for day in span.counting if day <= today and self.days.get(day) == "completed"]
        if len(completed) >= span.required:
            return "kept"
        if today <= span.days[-1]:
            return "open"
        left = 0
        for day in span.targets:
            excused = self.days.get(day) == "skipped" or self.is_paused(day)
            if self.days.get(day) == "completed" or not excused:
                left += 1
        if left < span.required or span.cut:
            return "excused"
        return "broken"

    def streak(self, today: date) -> tuple[int, int, str]:
        """Return current streak, longest streak, and their unit."""
        begun = [span for span in self.spans if span.days[0] <= today]
        if not begun:
            return 0, 0, "day"
        unit = begun[-1].unit
        same_unit: list[Span] = []
        for span in reversed(begun):
            if span.unit != unit:
                break
            same_unit.insert(0, span)
        verdicts = [self.verdict(span, today) for span in same_unit]
        runs = " ".join(verdicts).split("broken")
        return runs[-1].count("kept"), max(run.count("kept") for run in runs), unit

    def lapse_day(self, today: date) -> date | None:
        """Return the last day on which today's streak counts if nothing more is done; None if it is after `until`."""
        spans = self.spans
        unit = self.streak(today)[2]
        day = today
        while day <= self.until:
            tomorrow = day + timedelta(days=1)
            for span in spans:
                if span.days[0] == tomorrow and span.unit != unit:
                    return day
                if span.days[-1] == day and self.verdict(span, tomorrow) == "broken":
                    return day
            day = tomorrow
        return None

    def span_of(self, day: date) -> Span | None:
        for span in self.spans:
            if day in span.days:
                return span
        return None

    def is_due(self, day: date) -> bool:
        span = self.span_of(day)
        if span is None or day not in span.targets or self.is_paused(day):
            return False
        if self.days.get(day) in ("completed", "skipped", "missed"):
            return False
        return self.verdict(span, day) != "kept"

    def is_at_risk(self, today: date) -> bool:
        """Return whether the period breaks without today, even if all later days that can be completed are."""
        span = self.span_of(today)
        if span is None or not self.is_due(today):
            return False
        best = dict(self.days)
        for day in span.counting:
            if day > today and not self.is_paused(day) and self.days.get(day) != "skipped":
                best[day] = "completed"
        over = span.days[-1] + timedelta(days=1)
        without = Naive(self.plan, best, self.pauses, self.until)
        with_today = Naive(self.plan, {**best, today: "completed"}, self.pauses, self.until)
        return without.verdict(span, over) == "broken" and with_today.verdict(span, over) == "kept"


def _runs(versions: Sequence[Version]) -> list[list[Version]]:
    """Return consecutive versions with the same target days, grouped."""
    runs: list[list[Version]] = []
    for version in versions:
        new = version.schedule
        old = runs[-1][-1].schedule if runs else None
        if (
            old is None
            or old.frequency != new.frequency
            or old.interval != new.interval
            or old.weekdays != new.weekdays
        ):
            runs.append([])
        runs[-1].append(version)
    return runs


def _calendar(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _groups(calendar: list[date], schedule: Schedule, anchor: date) -> list[list[date]]:
    """Return the calendar split into weeks, months, years, windows of n days, or single days."""
    groups: dict[object, list[date]] = {}
    for day in calendar:
        key: object
        if schedule.frequency == "weekly":
            key = day.isocalendar()[:2]
        elif schedule.frequency == "monthly":
            key = (day.year, day.month)
        elif schedule.frequency == "yearly":
            key = day.year
        else:
            key = (day - anchor).days // schedule.interval
        groups.setdefault(key, []).append(day)
    return list(groups.values())


def _unit(schedule: Schedule) -> str:
    if schedule.frequency == "daily":
        return "day" if schedule.interval == 1 else f"{schedule.interval} days"
    return {"weekly": "week", "monthly": "month", "yearly": "year"}[schedule.frequency]
