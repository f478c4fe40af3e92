"""What a partner writes for its people: following its habits, and days. Calls the services that people use themselves."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, TypedDict, Unpack

from django.db import transaction

from achievements.models import UserAchievement
from common.prepared import Prepared, given
from habits.models import Habit
from integrations.models import PartnerPerson
from integrations.partners import queries
from integrations.partners.queries import Person
from tracking.logs import services as logs
from tracking.logs.content import DayContent
from tracking.models import Goal, HabitLog, HabitTrack
from tracking.streaks.rules import Status, Streak
from tracking.tracks import services as tracks
from tracking.tracks.locking import locked_with_log
from users.scopes import Scope

SOURCE = HabitLog.Source.API


class DayFields(TypedDict, total=False):
    """What a partner may say of a day, as logs.DayEntry."""

    status: str
    amount: Decimal | None
    note: str | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class DayChange:
    """What a write to a day has changed: the day's log, the streak, and what was earned, lost and reached by it.

    Of an account it holds what its grant names: `log` without a note and no `before` if it may not read days, streaks of
    other habits than its own as None.
    """

    track: HabitTrack
    day: date
    log: HabitLog | None
    before: DayContent | None
    was_open: bool  # the day was not completed before
    streak_before: Streak | None
    streak: Streak | None
    earned: list[UserAchievement]
    withdrawn: list[UserAchievement]
    goals_reached: list[Goal]


class Written(NamedTuple):
    """What a service of logs has written: the updated track, the log (None: cleared), and what the day said before."""

    track: HabitTrack
    log: HabitLog | None
    before: DayContent | None


@transaction.atomic
def follow(*, who: Person, habit_id: int, now: datetime) -> tuple[HabitTrack, bool]:
    """Let a person follow one of the partner's habits; return the track and whether they did not follow it before.

    Raises Habit.DoesNotExist, PartnerPerson.DoesNotExist (they have not granted it), and the errors of tracks.follow.
    """
    if not who.may(Scope.HABITS_WRITE):
        raise PartnerPerson.DoesNotExist
    habit = queries.own_habits(who.row.partner).get(pk=habit_id)
    return tracks.follow(user=who.user, habit_id=habit.pk, has_access=True, now=now)


@transaction.atomic
def leave(*, who: Person, habit_id: int, now: datetime) -> None:
    """Let a person stop following one of the partner's habits; the history is kept. Raises as `follow` does."""
    if not who.may(Scope.HABITS_WRITE):
        raise PartnerPerson.DoesNotExist
    habit: Habit = queries.own_habits(who.row.partner).get(pk=habit_id)
    track = HabitTrack.objects.get(user=who.user, habit=habit)
    tracks.leave(user=who.user, track_id=track.pk, now=now)


def set_day(*, who: Person, habit_id: int, day: date, now: datetime, **entry: Unpack[DayFields]) -> DayChange:
    """Record a local day of a person. Raises HabitTrack.DoesNotExist, as logs.set_day."""

    def write(track: HabitTrack) -> Written:
        made = logs.set_day(user=who.user, track_id=track.pk, day=day, source=SOURCE, now=now, **entry)
        return Written(made.log.track, made.log, made.before)

    return _change(who, habit_id, day, write, now=now)


def add(*, who: Person, habit_id: int, day: date, amount: Decimal, now: datetime, key: str = "") -> DayChange:
    """Add to the amount of a local day of a person. `key`: an Idempotency-Key. Raises as logs.add_amount."""

    def write(track: HabitTrack) -> Written:
        made = logs.add_amount(
            user=who.user, track_id=track.pk, day=day, amount=amount, source=SOURCE, key=key, now=now
        )
        return Written(made.log.track, made.log, made.before)

    return _change(who, habit_id, day, write, now=now)


def clear_day(*, who: Person, habit_id: int, day: date, now: datetime) -> DayChange:
    """Delete the log of a local day of a person, if there is one. Raises HabitTrack.DoesNotExist."""

    def write(track: HabitTrack) -> Written:
        cleared = logs.clear_day(user=who.user, track_id=track.pk, day=day, now=now)
        return Written(cleared.track, None, cleared.before)

    return _change(who, habit_id, day, write, now=now)


@transaction.atomic
def _change(
    who: Person,
    habit_id: int,
    day: date,
    write: Callable[[HabitTrack], Written],
    *,
    now: datetime,
) -> DayChange:
    """Write a day under its track's lock, and compare streak, awards and goals before and after."""
    found = queries.track_for(who, habit_id, scope=Scope.LOGS_WRITE)
    track, _ = locked_with_log(who.user, found.pk, day)
    streak_before, held_before = track.streak_at(now), _held(track)
    open_before = [] if track.has_goals is False else _open_goals(track)
    track, log, before = write(track)
    held = _held(track)
    shows_streak = sees_streak(who, track)
    was_open = before is None or before.status != Status.COMPLETED
    if log is not None and not who.may(Scope.LOGS_READ):
        log.note, before = "", None
    return DayChange(
        track=track,
        day=day,
        log=log,
        before=before,
        was_open=was_open,
        streak_before=streak_before if shows_streak else None,
        streak=track.streak_at(now) if shows_streak else None,
        earned=_visible(who, held - held_before),
        withdrawn=_visible(who, held_before - held),
        goals_reached=_reached(open_before) if who.may(Scope.HABITS_READ) else [],
    )


def sees_streak(who: Person, track: HabitTrack) -> bool:
    """Return whether the partner may see the streak of a track: always of its own habits."""
    return who.may(Scope.STATS_READ) or track.habit.owner_id == who.row.partner.account_id


def _visible(who: Person, award_ids: Collection[int]) -> list[UserAchievement]:
    """Return those awards that the partner may see: always of achievements of its own habits."""
    if not award_ids:
        return []
    awards = list(UserAchievement.objects.filter(pk__in=award_ids).select_related("achievement").order_by("pk"))
    if who.may(Scope.STATS_READ):
        return awards
    own = set(queries.own_habits(who.row.partner).values_list("pk", flat=True))
    return [award for award in awards if award.achievement.habit_id in own]


def _held(track: HabitTrack) -> set[int]:
    """Return the ids of the awards that the track's user holds."""
    return {pk for (pk,) in _HELD(user_id=track.user_id)}


_HELD = Prepared(
    lambda: UserAchievement.objects.filter(user=given(UserAchievement, "user", "user_id"), revoked_at=None).values_list(
        "pk"
    )
)


def _reached(goals: list[int]) -> list[Goal]:
    """Return those of the goals that have been reached."""
    return list(Goal.objects.filter(pk__in=goals, reached_on__isnull=False).order_by("pk")) if goals else []


def _open_goals(track: HabitTrack) -> list[int]:
    return list(Goal.objects.filter(track=track, reached_on=None).values_list("pk", flat=True))
