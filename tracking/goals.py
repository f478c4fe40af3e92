"""What people aim at on a track: the only writer of goals, and their reads."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, DateField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from common.errors import DomainError
from habits.rules import LAST_DAY
from tracking import goal_rules, signals
from tracking.courses import Course, courses, plan_of
from tracking.models import Goal, HabitLog, HabitTrack
from tracking.queries import locked_track, with_all
from tracking.streaks import Status
from users.models import User

MOST = 100  # of one track: each day that is logged looks at them


@dataclass(frozen=True, slots=True)
class GoalEntry:
    """A goal as it stands: how many days are done; to its deadline how many are left, and whether they suffice."""

    goal: Goal
    progress: int
    days_left: int | None
    on_track: bool | None


@transaction.atomic
def create(
    *, user: User, track_id: int, days: int, amount: Decimal | None = None, deadline: date | None = None, now: datetime
) -> Goal:
    """Sets a goal from the user's local day on; without an amount, the daily amount now in force.

    A goal that today's log reaches is reached at once. Sends goal_reached then. Raises DomainError
    does_not_exist, amount_not_positive, days_out_of_range, deadline_in_past, date_out_of_range, too_many_days, too_many.
    """
    try:
        track = locked_track(user, track_id)
    except HabitTrack.DoesNotExist:
        track = None
    if track is None or track.left_at is not None:
        raise DomainError("does_not_exist", "You have no such track.", "track")
    if track.goals.count() >= MOST:
        raise DomainError("too_many", f"Up to {MOST} goals; give old ones up first.", "track")
    today = user.clock.day_of(now)
    if amount is None:
        amount = plan_of(track).in_force(today).daily_amount
    goal = Goal(track=track, amount=amount, days=days, first_day=today, deadline=deadline)
    _check(goal, deadline_before=None, today=today, field="deadline")
    goal.save()
    # A clock that is ahead now is found by this.
    HabitTrack.objects.filter(pk=track.pk).exclude(counted_at__gt=now).update(counted_at=now)
    _settle(goal, now=now)
    return goal


@transaction.atomic
def edit(*, user: User, goal_id: int, now: datetime, **changes: Any) -> Goal:
    """Changes amount, days or deadline; it is judged anew. Sends goal_reached where that reaches it.

    Raises Goal.DoesNotExist, and what `create` raises.
    """
    goal = _locked(user, goal_id)
    today, deadline_before = user.clock.day_of(now), goal.deadline
    if "amount" in changes and changes["amount"] is None:
        changes["amount"] = plan_of(goal.track).in_force(today).daily_amount
    for name, value in changes.items():
        setattr(goal, name, value)
    _check(goal, deadline_before=deadline_before, today=today, field="deadline" if "deadline" in changes else "days")
    goal.save(update_fields=["amount", "days", "deadline"])
    _settle(goal, now=now)
    return goal


@transaction.atomic
def delete(*, user: User, goal_id: int) -> None:
    """Gives a goal up. Raises Goal.DoesNotExist."""
    _locked(user, goal_id).delete()


@transaction.atomic
def follow_logs(*, track: HabitTrack, day: date, now: datetime) -> None:
    """Brings the track's goals in line with a day that was set, changed or cleared. Sends goal_reached.

    The caller holds the track's lock. A day after the one that reached a goal changes nothing about it.
    """
    touched = Q(reached_on=None) | Q(reached_on__gte=day)
    in_time = Q(deadline=None) | Q(deadline__gte=day)
    for goal in Goal.objects.filter(touched, in_time, track=track, first_day__lte=day).order_by("pk"):
        goal.track = track
        _settle(goal, now=now)


@transaction.atomic
def begin_by_today(*, track: HabitTrack, now: datetime) -> None:
    """Have goals begin today that a clock ahead had begin later. Sends goal_reached. The caller holds the track's lock."""
    today = track.user.clock.day_of(now)
    for goal in Goal.objects.filter(track=track, first_day__gt=today).order_by("pk"):
        goal.track, goal.first_day = track, today
        goal.save(update_fields=["first_day"])
        _settle(goal, now=now)


def goals_of(user: User) -> QuerySet[Goal]:
    """The user's goals, the latest first; those of a habit that was left wait until it is followed again."""
    tracks = Prefetch("track", queryset=with_all(HabitTrack.objects.all()))
    return Goal.objects.filter(track__user=user, track__left_at=None).prefetch_related(tracks).order_by("-pk")


def entries(goals: Sequence[Goal], *, now: datetime) -> list[GoalEntry]:
    """How the goals (of `goals_of`) stand at an instant, in a fixed number of queries."""
    done = dict(
        Goal.objects.filter(pk__in=[goal.pk for goal in goals]).annotate(done=_done()).values_list("pk", "done")
    )
    tracks = {goal.track_id: goal.track for goal in goals}
    todays = {pk: track.user.clock.day_of(now) for pk, track in tracks.items()}
    ahead = courses(tracks.values(), since=todays)
    amounts: dict[int, dict[date, Decimal | None]] = defaultdict(dict)
    if goals:
        logs = HabitLog.objects.filter(track__in=tracks, day__gte=min(todays.values()))
        for track_id, day, amount in logs.values_list("track_id", "day", "amount"):
            amounts[track_id][day] = amount
    return [
        _entry(goal, done[goal.pk], todays[goal.track_id], ahead[goal.track_id], amounts[goal.track_id])
        for goal in goals
    ]


def _entry(goal: Goal, done: int, today: date, course: Course, amounts: dict[date, Decimal | None]) -> GoalEntry:
    if goal.deadline is None:
        return GoalEntry(goal, done, None, None)
    open_days = _open_days(goal, today, goal.deadline, course, amounts)
    return GoalEntry(
        goal,
        done,
        goal_rules.days_left(goal.deadline, today),
        goal_rules.pace_suffices(needed=goal.days - done, open_days=open_days),
    )


def _open_days(
    goal: Goal, today: date, deadline: date, course: Course, amounts: dict[date, Decimal | None]
) -> Iterator[date]:
    """The target days up to the deadline that can still come to count."""
    for period in course.plan.periods(today, deadline):
        for day in period.target_days:
            given_up = course.days.get(day) in {Status.SKIPPED, Status.MISSED} or course.is_paused(day)
            if today <= day <= deadline and not given_up and not goal_rules.counts(amounts.get(day), goal.amount):
                yield day


def _done() -> Coalesce:
    """How many days of a goal count, as an expression: goal_rules.counts, from its first day to its deadline."""
    deadline = Coalesce(OuterRef("deadline"), Value(LAST_DAY, output_field=DateField()))
    logs = HabitLog.objects.filter(
        track=OuterRef("track"),
        day__gte=OuterRef("first_day"),
        day__lte=deadline,
        amount__gte=OuterRef("amount"),
    )
    counted = logs.order_by().values("track").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


def _locked(user: User, goal_id: int) -> Goal:
    """The user's goal under its track's lock, which orders goals and logs. Raises Goal.DoesNotExist."""
    found = goals_of(user).get(pk=goal_id)
    track = locked_track(user, found.track_id)
    goal = Goal.objects.get(pk=goal_id)
    goal.track = track
    return goal


def _check(goal: Goal, *, deadline_before: date | None, today: date, field: str) -> None:
    goal_rules.asks_something(amount=goal.amount, days=goal.days)
    goal_rules.new_deadline_not_past(deadline=goal.deadline, before=deadline_before, today=today)
    goal_rules.fits_before_deadline(days=goal.days, first_day=goal.first_day, deadline=goal.deadline, field=field)


def _settle(goal: Goal, *, now: datetime) -> None:
    """Says whether the goal is reached, by its logs; sends goal_reached where it now is and was not."""
    logs = HabitLog.objects.filter(track=goal.track, day__gte=goal.first_day, amount__gte=goal.amount)
    if goal.deadline:
        logs = logs.filter(day__lte=goal.deadline)
    counting = list(logs.order_by("day").values_list("day", flat=True)[: goal.days])
    reached_on = goal_rules.reached_on(counting, goal.days)
    if reached_on == goal.reached_on:
        return
    is_news = goal.reached_on is None
    goal.reached_on = reached_on
    goal.reached_at = None if reached_on is None else (now if is_news else goal.reached_at)
    goal.save(update_fields=["reached_on", "reached_at"])
    if is_news:
        signals.goal_reached.send(Goal, goal=goal, now=now)
