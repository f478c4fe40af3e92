"""The only writes to tracks and their logs; each keeps the stored streak true."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from common.errors import DomainError
from habits.models import Habit
from habits.recurrence import DAY
from habits.rules import FIRST_DAY
from habits.services import count_followers
from tracking import signals
from tracking.courses import course_of, plan_of
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.queries import with_all
from tracking.streaks import Status, status_of
from users.models import User


@transaction.atomic
def start_track(*, user: User, habit: Habit, now: datetime) -> HabitTrack:
    """Starts the user's track of a useful habit on their local day. Sends track_started."""
    today = user.clock.day_of(now)
    track = HabitTrack.objects.create(user=user, habit=habit, started_on=max(today, habit.start_date or today))
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track


@transaction.atomic
def follow(*, user: User, habit_id: int, now: datetime) -> tuple[HabitTrack, bool]:
    """Follows a published useful habit, or goes on with it after leaving: (track, whether that is news).

    The time between is a pause. Sends track_started. Raises DomainError does_not_exist, pleasant.
    """
    habit = Habit.objects.select_for_update().filter(pk=habit_id).first()
    track = HabitTrack.objects.select_for_update().filter(user=user, habit=habit).first() if habit else None
    if habit is None or not (track or habit.is_published or habit.owner_id == user.pk):
        raise DomainError("does_not_exist", "There is no such public habit.", "habit")
    if habit.is_pleasant:
        raise DomainError("pleasant", "A pleasant habit is a reward: it is not tracked.", "habit")
    if track is None:
        count_followers(habit=habit, joined=1, now=now)
        return start_track(user=user, habit=habit, now=now), True
    if track.left_at is None:
        return track, False
    track.left_at = None
    track.save(update_fields=["left_at"])
    _end_leave(track, today=user.clock.day_of(now))
    refresh_streak(track=track, now=now)
    signals.track_started.send(HabitTrack, track=track, now=now)
    return track, True


@transaction.atomic
def leave(*, user: User, track_id: int, now: datetime) -> None:
    """Stops following a habit and keeps the history. Sends track_left.

    Raises HabitTrack.DoesNotExist, or DomainError own_habit (an owner deletes the habit instead).
    """
    track = _locked(user, track_id)
    if track.habit.owner_id == user.pk:
        raise DomainError("own_habit", "This habit is yours: delete it, or pause it.")
    if track.left_at is not None:
        return
    track.left_at = now
    track.save(update_fields=["left_at"])
    Pause.objects.create(user=user, track=track, first_day=user.clock.day_of(now))
    refresh_streak(track=track, now=now)
    signals.track_left.send(HabitTrack, track=track, now=now)


@transaction.atomic
def set_day(
    *,
    user: User,
    track_id: int,
    day: date,
    source: str,
    now: datetime,
    status: str | None = None,
    amount: Decimal | None = None,
    note: str = "",
    completed_at: datetime | None = None,
) -> HabitLog:
    """Says what happened on a local day; saying it twice changes nothing. Sends day_logged.

    Raises HabitTrack.DoesNotExist, or DomainError naming the field: future_day, day_out_of_range,
    left, before_start, after_end, and what does not go together (`_judged`).
    """
    track = _locked(user, track_id)
    _check_day(track, day, today=user.clock.day_of(now))
    plan = plan_of(track)
    judged, amount = _judged(status, amount, daily_amount=plan.in_force(day).daily_amount)
    if completed_at and completed_at > now:
        raise DomainError("in_future", "This moment has not come yet.", "completed_at")
    if judged not in {Status.COMPLETED, Status.PARTIAL}:
        completed_at = None
    elif completed_at is None and day == user.clock.day_of(now):
        standing = HabitLog.objects.filter(track=track, day=day).values_list("completed_at", flat=True).first()
        completed_at = standing or now
    log, _ = HabitLog.objects.update_or_create(
        track=track,
        day=day,
        defaults={
            "status": judged.value,
            "amount": amount,
            "note": note,
            "completed_at": completed_at,
            "source": source,
        },
    )
    if day < track.started_on:
        track.started_on = day
        track.save(update_fields=["started_on"])
    refresh_streak(track=track, now=now)
    signals.day_logged.send(HabitTrack, track=track, day=day, now=now)
    return log


@transaction.atomic
def clear_day(*, user: User, track_id: int, day: date, now: datetime) -> None:
    """Forgets what was said of a day. Sends day_logged. Raises HabitTrack.DoesNotExist."""
    track = _locked(user, track_id)
    if HabitLog.objects.filter(track=track, day=day).delete()[0]:
        refresh_streak(track=track, now=now)
        signals.day_logged.send(HabitTrack, track=track, day=day, now=now)


@transaction.atomic
def refresh_streak(*, track: HabitTrack, now: datetime) -> None:
    """Computes the stored streaks and `lapses_at` from the logs."""
    clock = track.user.clock
    today = clock.day_of(now)
    course = course_of(track)
    streak = course.streak(today)
    lapse_day = course.lapse_day(today) if streak.current else None
    HabitTrack.objects.filter(pk=track.pk).update(
        streak=streak.current,
        longest_streak=streak.longest,
        streak_unit=streak.unit,
        lapses_at=clock.start(lapse_day + DAY) if lapse_day else None,
    )


@transaction.atomic
def refresh_tracks_of(*, user: User, now: datetime) -> None:
    """Computes anew what depends on the person's clock. Sends track_changed for each track."""
    for track in with_all(HabitTrack.objects.filter(user=user)).order_by("pk").select_for_update(of=("self",)):
        refresh_streak(track=track, now=now)
        signals.track_changed.send(HabitTrack, track=track, retimed=False, now=now)


@transaction.atomic
def follow_habit_change(*, habit: Habit, since: date | None, retimed: bool, now: datetime) -> None:
    """Brings every track of the habit in line with its edit. Sends track_changed for each.

    `since`: the day from which a changed schedule judges logs anew (None: the schedule stays). A useful
    habit's owner gets a track; one that turns pleasant loses its track. Raises DomainError has_history for
    a habit that turns pleasant with logs or followers.
    """
    tracks = list(with_all(HabitTrack.objects.filter(habit=habit)).order_by("pk").select_for_update(of=("self",)))
    if habit.is_pleasant:
        if habit.followers or HabitLog.objects.filter(track__in=tracks).exists():
            raise DomainError("has_history", "This habit is tracked already; make a new one.", "is_pleasant")
        for track in tracks:
            delete_track(track=track, now=now)
        return
    if habit.owner and not any(track.user_id == habit.owner_id for track in tracks):
        start_track(user=habit.owner, habit=habit, now=now)
    for track in tracks:
        if since:
            _judge_anew(track, since)
        refresh_streak(track=track, now=now)
        signals.track_changed.send(HabitTrack, track=track, retimed=retimed, now=now)


@transaction.atomic
def delete_track(*, track: HabitTrack, now: datetime) -> None:
    """Removes a track with its logs and pauses; sends track_deleting before."""
    signals.track_deleting.send(HabitTrack, track=track, now=now)
    track.delete()


@transaction.atomic
def delete_tracks_of_habit(*, habit: Habit, now: datetime, user: User | None = None) -> None:
    """Removes the tracks of a habit that goes: all, or one person's."""
    tracks = HabitTrack.objects.filter(habit=habit)
    for track in (tracks.filter(user=user) if user else tracks).order_by("pk"):
        delete_track(track=track, now=now)


@transaction.atomic
def delete_all_of(*, user: User, now: datetime) -> None:
    """Removes all tracks and pauses of a person who leaves."""
    for track in HabitTrack.objects.filter(user=user).select_related("habit").order_by("pk"):
        habit = track.habit
        delete_track(track=track, now=now)
        if habit.owner_id != user.pk:
            count_followers(habit=habit, joined=-1, now=now)
    Pause.objects.filter(user=user).delete()


def _locked(user: User, track_id: int) -> HabitTrack:
    return with_all(HabitTrack.objects.filter(user=user)).select_for_update(of=("self",)).get(pk=track_id)


def _check_day(track: HabitTrack, day: date, *, today: date) -> None:
    habit = track.habit
    if day > today:
        raise DomainError("future_day", "This day has not come yet.", "day")
    if day < FIRST_DAY:
        raise DomainError("day_out_of_range", f"Not before {FIRST_DAY}.", "day")
    if track.left_at is not None:
        raise DomainError("left", "You no longer follow this habit; follow it again first.")
    if habit.start_date and day < habit.start_date:
        raise DomainError("before_start", f"The habit starts on {habit.start_date}.", "day")
    if habit.end_date and day > habit.end_date:
        raise DomainError("after_end", f"The habit ended on {habit.end_date}.", "day")


def _judged(status: str | None, amount: Decimal | None, *, daily_amount: Decimal) -> tuple[Status, Decimal | None]:
    """Status and amount as they are stored: "completed" alone means the full amount, an amount alone decides.

    Raises DomainError where they contradict each other or say nothing.
    """
    if status is None and amount is None:
        raise DomainError("required", "Give a status, or an amount.", "status")
    if status in {Status.SKIPPED, Status.MISSED}:
        if amount is not None:
            raise DomainError("amount_not_done", f"A {status} day has no amount.", "amount")
        return Status(status), None
    if amount is None:
        if status == Status.PARTIAL:
            raise DomainError("required", "How much was done?", "amount")
        return Status.COMPLETED, daily_amount
    judged = status_of(amount, daily_amount)
    if status is not None and status != judged:
        raise DomainError("amount_contradicts", f"{amount} of {daily_amount} is {judged}.", "amount")
    return judged, amount


def _judge_anew(track: HabitTrack, since: date) -> None:
    """Judges the logs from `since` on by the daily amount now in force on their day."""
    plan = plan_of(track)
    for log in track.logs.filter(day__gte=since, amount__isnull=False):
        assert log.amount is not None
        judged = status_of(log.amount, plan.in_force(log.day).daily_amount).value
        if judged != log.status:
            log.status = judged
            log.save(update_fields=["status", "updated_at"])


def _end_leave(track: HabitTrack, *, today: date) -> None:
    """Ends the pause of the leave the day before `today`; one of no day at all is forgotten."""
    leave = track.pauses.filter(last_day=None)
    leave.filter(first_day__gte=today).delete()
    leave.update(last_day=today - DAY)
