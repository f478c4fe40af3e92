"""Goals on tracks: all writes to them, and their queries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Count, DateField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from common.edits import apply_edit
from common.errors import DomainError
from habits.models import Habit
from habits.rules import LAST_DAY
from tracking import signals
from tracking.goals import rules as goal_rules
from tracking.models import Goal, HabitLog, HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import Status
from tracking.tracks.histories import load_histories
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import locked_track, named_track, with_related
from users.models import User


@dataclass(frozen=True, slots=True)
class GoalEntry:
    """A goal with its progress: days done, days left to its deadline, and whether enough target days are left.

    `days_left` and `on_track` are None without a deadline.
    """

    goal: Goal
    progress: int
    days_left: int | None
    on_track: bool | None


class GoalEdit(TypedDict, total=False):
    """What a user may change of a goal. An amount of None means the daily amount in force."""

    amount: Decimal | None
    days: int
    deadline: date | None


@transaction.atomic
def create(
    *, user: User, track_id: int, days: int, amount: Decimal | None = None, deadline: date | None = None, now: datetime
) -> Goal:
    """Create a goal that starts on the user's local today. `amount` defaults to the daily amount in force.

    Sends goal_reached if today's log already reaches it. Raises DomainError limit_habit, amount_not_positive,
    days_out_of_range, deadline_in_past, date_out_of_range, too_many_days, too_many, and those of named_track.
    """
    track = named_track(user, track_id)
    if track.habit.is_limit:
        message = "This is a limit habit. A goal counts the days on which something is done."
        raise DomainError("limit_habit", message, "track")
    if track.goals.count() >= goal_rules.MAX_GOALS:
        raise DomainError(
            "too_many", f"A track can have up to {goal_rules.MAX_GOALS} goals. Delete an old one first.", "track"
        )
    today = user.clock.day_of(now)
    if amount is None:
        amount = plan_of(track).in_force(today).daily_amount
    goal = Goal(track=track, amount=amount, days=days, first_day=today, deadline=deadline)
    _check(goal, deadline_before=None, today=today, field="deadline")
    goal.save()
    # If the server clock runs ahead now, a later repair finds this track by its counted_at (tracking.tracks.clock_repair).
    HabitTrack.objects.filter(pk=track.pk).exclude(counted_at__gt=now).update(counted_at=now)
    _update_reached(goal, now=now)
    return goal


@transaction.atomic
def edit(*, user: User, goal_id: int, now: datetime, **changes: Unpack[GoalEdit]) -> Goal:
    """Change a goal and recalculate the progress. Sends goal_reached if the goal is now reached.

    Raises Goal.DoesNotExist, and the same errors as `create`.
    """
    goal = _locked(user, goal_id)
    today, deadline_before = user.clock.day_of(now), goal.deadline
    if "amount" in changes and changes["amount"] is None:
        changes["amount"] = plan_of(goal.track).in_force(today).daily_amount
    apply_edit(goal, changes, fields=GoalEdit)
    _check(goal, deadline_before=deadline_before, today=today, field="deadline" if "deadline" in changes else "days")
    goal.save(update_fields=["amount", "days", "deadline"])
    _update_reached(goal, now=now)
    return goal


@transaction.atomic
def delete(*, user: User, goal_id: int) -> None:
    """Delete a goal. Raises Goal.DoesNotExist."""
    _locked(user, goal_id).delete()


@transaction.atomic(savepoint=False)
def delete_for_habit(*, habit: Habit) -> None:
    """Delete the goals on a habit that has become one of another goal type. Nobody has a log that counts for them."""
    Goal.objects.filter(track__habit=habit).delete()


@transaction.atomic(savepoint=False)
def update_for_days(*, track: HabitTrack, days: Sequence[date], now: datetime) -> None:
    """Update the track's goals after logs of `days`, in order, were set, changed or cleared. Sends goal_reached.

    The caller holds the track's lock.
    """
    if track.has_goals is False:
        return
    # A goal that was reached before these days is not affected by them.
    affected = Q(reached_on=None) | Q(reached_on__gte=days[0])
    in_time = Q(deadline=None) | Q(deadline__gte=days[0])
    for goal in Goal.objects.filter(affected, in_time, track=track, first_day__lte=days[-1]).order_by("pk"):
        goal.track = track
        _update_reached(goal, now=now)


@transaction.atomic(savepoint=False)
def move_future_goals_to_today(*, track: HabitTrack, now: datetime) -> None:
    """Move goals that start in the future to today: they were created while the server clock ran ahead.

    Sends goal_reached. The caller holds the track's lock.
    """
    today = track.user.clock.day_of(now)
    for goal in Goal.objects.filter(track=track, first_day__gt=today).order_by("pk"):
        goal.track, goal.first_day = track, today
        goal.save(update_fields=["first_day"])
        _update_reached(goal, now=now)


def goals_of(user: User, *, archived: bool | None = None) -> QuerySet[Goal]:
    """Return the user's goals, newest first, without those of habits that the user has left.

    `archived`: only those of archived tracks, only the others, or both (None).
    """
    tracks = Prefetch("track", queryset=with_related(HabitTrack.objects.all()))
    goals = Goal.objects.filter(track__user=user, track__left_at=None).prefetch_related(tracks).order_by("-pk")
    return goals if archived is None else goals.filter(track__archived_at__isnull=not archived)


def entries(goals: Sequence[Goal], *, now: datetime) -> list[GoalEntry]:
    """Return the goals (from `goals_of`) with their progress at an instant, in a fixed number of queries."""
    done = dict(
        Goal.objects.filter(pk__in=[goal.pk for goal in goals])
        .annotate(done=_counting_days())
        .values_list("pk", "done")
    )
    tracks = {goal.track_id: goal.track for goal in goals}
    todays = {pk: track.user.clock.day_of(now) for pk, track in tracks.items()}
    histories = load_histories(tracks.values(), since=todays)
    return [_entry(goal, done[goal.pk], todays[goal.track_id], histories[goal.track_id]) for goal in goals]


def _entry(goal: Goal, done: int, today: date, history: TrackHistory) -> GoalEntry:
    if goal.deadline is None:
        return GoalEntry(goal, done, None, None)
    open_days = _open_days(goal, today, goal.deadline, history)
    return GoalEntry(
        goal,
        done,
        goal_rules.days_left(goal.deadline, today),
        goal_rules.is_on_pace(needed=goal.days - done, open_days=open_days),
    )


def _open_days(goal: Goal, today: date, deadline: date, history: TrackHistory) -> Iterator[date]:
    """Yield the target days up to the deadline that can still count for the goal."""
    for period in history.periods(today, deadline, today):
        for day in period.target_days:
            is_lost = history.days.get(day) in {Status.SKIPPED, Status.MISSED} or history.is_paused(day)
            if (
                today <= day <= deadline
                and not is_lost
                and not goal_rules.day_counts(history.amounts.get(day), goal.amount)
            ):
                yield day


def _counting_days() -> Coalesce:
    """Return an SQL expression for the number of days that count for a goal, equal to goal_rules.day_counts."""
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
    """Return the user's goal with its track locked. Raises Goal.DoesNotExist."""
    unlocked = goals_of(user).get(pk=goal_id)
    # Goals and logs of a track are changed under the track's lock only; the goal is read again after taking it.
    track = locked_track(user, unlocked.track_id)
    goal = Goal.objects.get(pk=goal_id)
    goal.track = track
    return goal


def _check(goal: Goal, *, deadline_before: date | None, today: date, field: str) -> None:
    goal_rules.check_target(amount=goal.amount, days=goal.days)
    goal_rules.check_new_deadline(deadline=goal.deadline, before=deadline_before, today=today)
    goal_rules.check_days_fit(days=goal.days, first_day=goal.first_day, deadline=goal.deadline, field=field)


def _update_reached(goal: Goal, *, now: datetime) -> None:
    """Store whether and when the goal is reached according to its logs. Sends goal_reached if that is new."""
    logs = HabitLog.objects.filter(track=goal.track, day__gte=goal.first_day, amount__gte=goal.amount)
    if goal.deadline:
        logs = logs.filter(day__lte=goal.deadline)
    counting = list(logs.order_by("day").values_list("day", flat=True)[: goal.days])
    reached_on = goal_rules.reached_on(counting, goal.days)
    if reached_on == goal.reached_on:
        return
    is_new = goal.reached_on is None
    goal.reached_on = reached_on
    goal.reached_at = None if reached_on is None else (now if is_new else goal.reached_at)
    goal.save(update_fields=["reached_on", "reached_at"])
    if is_new:
        signals.goal_reached.send(Goal, goal=goal, now=now)
