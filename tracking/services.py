"""The only writes to tracks and their logs; each keeps the stored streak true."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says of one local day: a status, an amount, or both."""

    day: date
    status: str | None = None
    amount: Decimal | None = None
    note: str = ""
    completed_at: datetime | None = None


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
    """Says what happened on one local day; raises what set_days raises."""
    said = Said(day=day, status=status, amount=amount, note=note, completed_at=completed_at)
    return set_days(user=user, track_id=track_id, days=[said], source=source, now=now)[0]


@transaction.atomic
def set_days(*, user: User, track_id: int, days: Sequence[Said], source: str, now: datetime) -> list[HabitLog]:
    """Says what happened on local days, all or nothing; saying it twice changes nothing. Sends day_logged.

    A day before the track began moves its beginning back. Raises HabitTrack.DoesNotExist, or DomainError
    naming the field: future_day, day_out_of_range, left, before_start, after_end, in_future, and what does
    not go together (`_judged`).
    """
    track = _locked(user, track_id)
    plan, today = plan_of(track), user.clock.day_of(now)
    standing = {log.day: log for log in track.logs.filter(day__in=[said.day for said in days])}
    logs = {}
    for said in days:
        _check_day(track, said.day, today=today)
        log = standing.get(said.day) or HabitLog(track=track, day=said.day)
        logs[said.day] = _say(log, said, daily_amount=plan.in_force(said.day).daily_amount, today=today, now=now)
        log.source, log.updated_at = source, now
    HabitLog.objects.bulk_create([log for log in logs.values() if log.pk is None])
    HabitLog.objects.bulk_update(
        [log for day, log in logs.items() if day in standing],
        ["status", "amount", "note", "completed_at", "source", "updated_at"],
    )
    first = min(logs, default=track.started_on)
    if first < track.started_on:
        track.started_on = first
        track.save(update_fields=["started_on"])
    refresh_streak(track=track, now=now)
    for day in logs:
        signals.day_logged.send(HabitTrack, track=track, day=day, now=now)
    return [logs[said.day] for said in days]


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


def _say(log: HabitLog, said: Said, *, daily_amount: Decimal, today: date, now: datetime) -> HabitLog:
    """Puts what is said into the log. What is done today has its moment, the first that was said."""
    judged, log.amount = _judged(said.status, said.amount, daily_amount=daily_amount)
    log.status, log.note = judged.value, said.note
    if said.completed_at and said.completed_at > now:
        raise DomainError("in_future", "This moment has not come yet.", "completed_at")
    if judged not in {Status.COMPLETED, Status.PARTIAL}:
        log.completed_at = None
    elif said.completed_at:
        log.completed_at = said.completed_at
    elif said.day == today and log.completed_at is None:
        log.completed_at = now
    return log


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
