"""Query parameters and response bodies of progress and summary, with examples."""

from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import Any, NoReturn

from rest_framework.exceptions import ErrorDetail

from common import serializers
from common.amount_field import AmountField
from common.amounts import amount_text
from common.limits import MAX_NAME_LENGTH
from common.schema_shapes import described
from habits.models import Habit
from habits.recurrence import WEEKDAYS, Frequency, in_force
from habits.rules import FIRST_DAY, LAST_DAY
from tracking.insights.counts import ChartPoint, SummaryStats
from tracking.insights.progress import TrackProgress
from tracking.insights.rules import MAX_RANGE_DAYS, RANGE_DAYS_TEXT, RANGES
from tracking.insights.summary import HabitSummary, Summary
from tracking.insights.today import TodayEntry
from tracking.streaks.rules import LimitProgress, Status, Verdict
from tracking.tracks.serializers import TRACK_EXAMPLE, TrackSerializer, TracksQuerySerializer

# The days of a range are those of each of its tracks: a hundred habits over a month would format each day 300 times.
_iso = lru_cache(maxsize=4096)(date.isoformat)


class RangeSerializer(serializers.Serializer[Any]):
    """Days `from`..`to`, or a named range up to today. The default is last_week."""

    to = serializers.DateField(required=False, help_text="The last day. Requires `from`.")
    range = serializers.ChoiceField(
        choices=list(RANGES),
        required=False,
        help_text=f"The {RANGE_DAYS_TEXT} days up to today. Cannot be combined with from and to.",
    )

    def get_fields(self) -> dict[str, Any]:
        first = serializers.DateField(required=False, help_text="The first day. Requires `to`.")
        return {"from": first, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return the attributes with the resolved range as `first` and `last`."""
        first, last, named = attrs.pop("from", None), attrs.pop("to", None), attrs.pop("range", None)
        if named and (first or last):
            _refuse("range", "together", "Give either a range, or from and to.")
        if first is None and last is None:
            today: date = self.context["today"]
            return {**attrs, "first": today - timedelta(days=RANGES[named or "last_week"] - 1), "last": today}
        if first is None or last is None:
            _refuse("from" if first is None else "to", "required", "Give both from and to.")
        for name, day in (("from", first), ("to", last)):
            if not FIRST_DAY <= day <= LAST_DAY:
                _refuse(name, "date_out_of_range", f"The date must be from {FIRST_DAY} to {LAST_DAY}.")
        if first > last:
            _refuse("from", "after_to", "The first day cannot be after the last day.")
        if (last - first).days >= MAX_RANGE_DAYS:
            _refuse("to", "range_too_long", f"The range can have at most {MAX_RANGE_DAYS} days.")
        return {**attrs, "first": first, "last": last}


class SummaryQuerySerializer(RangeSerializer, TracksQuerySerializer):
    """The range, and which tracks count."""


class ProgressQuerySerializer(RangeSerializer, TracksQuerySerializer):
    """The range, and filters of habits."""

    name = serializers.CharField(
        required=False, max_length=MAX_NAME_LENGTH, help_text="Part of the habit name, in any case."
    )
    frequency = serializers.ChoiceField(
        choices=[each.value for each in Frequency], required=False, help_text="The habit's current frequency."
    )


def _refuse(parameter: str, code: str, message: str) -> NoReturn:
    raise serializers.ValidationError({parameter: [ErrorDetail(message, code=code)]})


HABIT_EXAMPLE = {"id": 12, "name": "Push-ups", "sentence": "I will do ten push-ups at 07:30 in the living room"}
LIMIT_EXAMPLE = {"amount": "2.00", "limit": "3.00", "left": "1.00", "verdict": "open"}
PROGRESS_EXAMPLE = {
    "track": 34,
    "habit": HABIT_EXAMPLE,
    "frequency": "daily",
    "days": [
        {"day": "2026-11-20", "status": "completed", "amount": "10.00", "is_target": True, "is_paused": False},
        {"day": "2026-11-21", "status": None, "amount": None, "is_target": True, "is_paused": False},
    ],
    "periods": [
        {"first": "2026-11-20", "last": "2026-11-20", "required": 1, "done": 1, "verdict": "kept", "limit": None},
        {"first": "2026-11-21", "last": "2026-11-21", "required": 1, "done": 0, "verdict": "open", "limit": None},
    ],
}
# What the example cannot say.
PROGRESS_OTHERS: dict[str, Any] = {
    "frequency": list(Frequency),
    "status": list(Status),
    "amount": "10.00",
    "verdict": list(Verdict),
    "limit": LIMIT_EXAMPLE,
}
STATS_EXAMPLE: dict[str, Any] = {
    "completed": 5,
    "success_rate": 0.8333,
    "compared": {"completed": 2, "success_rate": 0.25},
    "best_weekday": "mon",
    "best_hour": 7,
    "by_weekday": [2, 1, 1, 1, 0, 0, 0],
    "by_hour": [0, 0, 0, 0, 0, 0, 0, 4, 1, *[0] * 15],
    "weekly": [
        {"first": "2026-11-15", "last": "2026-11-15", "completed": 1, "success_rate": 1.0},
        {"first": "2026-11-16", "last": "2026-11-21", "completed": 4, "success_rate": 0.8},
    ],
    "monthly": [{"first": "2026-11-15", "last": "2026-11-21", "completed": 5, "success_rate": 0.8333}],
}
SUMMARY_EXAMPLE: dict[str, Any] = {
    "first": "2026-11-15",
    "last": "2026-11-21",
    "overall": {
        **STATS_EXAMPLE,
        "strength": 0.2131,
        "current_streak": {"habit": 12, "length": 3, "unit": "day"},
        "longest_streak": {"habit": 12, "length": 8, "unit": "day"},
        "at_risk": [12],
    },
    "count": 1,
    "next": None,
    "previous": None,
    "habits": [
        {
            "track": 34,
            "habit": HABIT_EXAMPLE,
            **STATS_EXAMPLE,
            "strength": 0.2131,
            "current_streak": 3,
            "longest_streak": 8,
            "streak_unit": "day",
            "to_longest": 5,
            "at_risk": True,
        }
    ],
}
# What is null where nothing was completed or judged.
NO_STATS_EXAMPLE: dict[str, Any] = {
    **STATS_EXAMPLE,
    "success_rate": None,
    "compared": {"completed": 0, "success_rate": None},
    "best_weekday": None,
    "best_hour": None,
    "weekly": [{**STATS_EXAMPLE["weekly"][0], "success_rate": None}],
    "monthly": [{**STATS_EXAMPLE["monthly"][0], "success_rate": None}],
}
EMPTY_SUMMARY_EXAMPLE = {
    **SUMMARY_EXAMPLE,
    "overall": {
        **SUMMARY_EXAMPLE["overall"],
        **NO_STATS_EXAMPLE,
        "strength": None,
        "current_streak": None,
        "longest_streak": None,
    },
    "habits": [{**SUMMARY_EXAMPLE["habits"][0], **NO_STATS_EXAMPLE}],
}


class ProgressSerializer(serializers.Serializer[TrackProgress]):
    """A track over a range: each day (status null without a log), and each whole period that overlaps it.

    `limit`: how much of a limit habit's period is used; null for a habit that is to be done.
    """

    class Meta:
        swagger_schema_fields = described(PROGRESS_EXAMPLE, **PROGRESS_OTHERS)

    def to_representation(self, instance: TrackProgress) -> dict[str, Any]:
        return {
            "track": instance.track.pk,
            "habit": _habit(instance.track.habit),
            "frequency": instance.frequency,
            "days": [
                {
                    "day": _iso(day),
                    "status": status,
                    "amount": None if amount is None else amount_text(amount),
                    "is_target": is_target,
                    "is_paused": is_paused,
                }
                for day, status, amount, is_target, is_paused in instance.days
            ],
            "periods": [
                {
                    "first": _iso(first),
                    "last": _iso(last),
                    "required": judgement.required,
                    "done": judgement.done,
                    "verdict": judgement.verdict,
                    "limit": _limit(limit),
                }
                for first, last, _, judgement, limit in instance.periods
            ],
        }


class SummarySerializer(serializers.Serializer[Summary]):
    """A summary over all habits and per habit. Over all, the streaks are those that cover the most days.

    The context contains the page of `habits`, and the links to the `next` and `previous` page.
    """

    class Meta:
        swagger_schema_fields = described(
            SUMMARY_EXAMPLE,
            EMPTY_SUMMARY_EXAMPLE,
            next="https://example.org/api/summary/?page=2",
            previous="https://example.org/api/summary/",
        )

    def to_representation(self, instance: Summary) -> dict[str, Any]:
        current, longest = instance.current, instance.longest
        return {
            "first": instance.first.isoformat(),
            "last": instance.last.isoformat(),
            "overall": {
                **_stats(instance.stats),
                "strength": _rounded(instance.strength),
                "current_streak": _streak(current, current.streak.current) if current else None,
                "longest_streak": _streak(longest, longest.streak.longest) if longest else None,
                "at_risk": [each.track.habit_id for each in instance.habits if each.is_at_risk],
            },
            "count": len(instance.habits),
            "next": self.context["next"],
            "previous": self.context["previous"],
            "habits": [
                {
                    "track": each.track.pk,
                    "habit": _habit(each.track.habit),
                    **_stats(each.stats),
                    "strength": _rounded(each.strength),
                    "current_streak": each.streak.current,
                    "longest_streak": each.streak.longest,
                    "streak_unit": str(each.streak.unit),
                    "to_longest": each.to_longest,
                    "at_risk": each.is_at_risk,
                }
                for each in self.context["habits"]
            ],
        }


def _habit(habit: Habit) -> dict[str, Any]:
    return {"id": habit.pk, "name": habit.name, "sentence": habit.sentence}


def _limit(used: LimitProgress | None) -> dict[str, Any] | None:
    if used is None:
        return None
    return {
        "amount": amount_text(used.amount),
        "limit": amount_text(used.limit),
        "left": amount_text(used.left),
        "verdict": used.verdict,
    }


def _streak(habit: HabitSummary, length: int) -> dict[str, Any]:
    return {"habit": habit.track.habit_id, "length": length, "unit": str(habit.streak.unit)}


def _stats(stats: SummaryStats) -> dict[str, Any]:
    return {
        "completed": stats.completed,
        "success_rate": _rounded(stats.success_rate),
        "compared": {
            "completed": stats.completed_change,
            "success_rate": _rounded(stats.success_rate_change),
        },
        "best_weekday": None if stats.best_weekday is None else WEEKDAYS[stats.best_weekday],
        "best_hour": stats.best_hour,
        "by_weekday": stats.by_weekday,
        "by_hour": stats.by_hour,
        "weekly": _points(stats.weekly),
        "monthly": _points(stats.monthly),
    }


def _points(points: list[ChartPoint]) -> list[dict[str, Any]]:
    return [
        {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "completed": completed,
            "success_rate": None if success_rate is None else round(success_rate, 4),
        }
        for first, last, completed, success_rate in points
    ]


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


TODAY_EXAMPLE = {
    "track": TRACK_EXAMPLE,
    "day": "2026-11-21",
    "due": True,
    "status": None,
    "amount": None,
    "note": "",
    "daily_amount": "10.00",
    "period": {"first": "2026-11-21", "last": "2026-11-21", "unit": "day", "done": 0, "required": 1},
    "limit": None,
    "at_risk": True,
}


class PeriodSerializer(serializers.Serializer[Any]):
    """The period of a habit that contains a day, and how many days in it are done and required."""

    first = serializers.DateField()
    last = serializers.DateField()
    unit = serializers.CharField()
    done = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        # `required` is an attribute of serializers, so it cannot be a field's.
        return {**super().get_fields(), "required": serializers.IntegerField()}


class LimitProgressSerializer(serializers.Serializer[Any]):
    """How much of the limit of a period is used."""

    amount = AmountField()
    limit = AmountField()
    left = AmountField()
    verdict = serializers.ChoiceField(choices=[str(verdict) for verdict in Verdict])


class TodaySerializer(serializers.Serializer[TodayEntry]):
    """A track for which the day is a target day, as of that day. The context contains `strengths` by track id.

    `limit` of a limit habit, which is never due: {"amount": "2.00", "limit": "3.00", "left": "1.00", "verdict": "open"}
    in its current period; null for a habit that is to be done. The fields are for the schema; the answer is written by
    hand, which is several times faster.
    """

    track = TrackSerializer()
    day = serializers.DateField()
    due = serializers.BooleanField()
    status = serializers.ChoiceField(choices=[status.value for status in Status], allow_null=True)
    amount = AmountField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    daily_amount = AmountField()
    period = PeriodSerializer()
    limit = LimitProgressSerializer(allow_null=True)
    at_risk = serializers.BooleanField()

    class Meta:
        swagger_schema_fields = {"example": TODAY_EXAMPLE}

    @cached_property
    def track_serializer(self) -> TrackSerializer:
        """Return one serializer for all entries, because creating its fields is slower than using them."""
        return TrackSerializer(context=self.context)

    def to_representation(self, entry: TodayEntry) -> dict[str, Any]:
        schedule = in_force(entry.track.habit.versions, entry.day).schedule
        return {
            "track": self.track_serializer.to_representation(entry.track),
            "day": entry.day.isoformat(),
            "due": entry.due,
            "status": entry.status,
            "amount": None if entry.amount is None else amount_text(entry.amount),
            "note": entry.note,
            "daily_amount": amount_text(schedule.daily_amount),
            "period": {
                "first": entry.period.first.isoformat(),
                "last": entry.period.last.isoformat(),
                "unit": str(entry.period.unit),
                "done": entry.done,
                "required": entry.required,
            },
            "limit": _limit(entry.limit),
            "at_risk": entry.at_risk,
        }
