"""Queries for achievements and awards, and the advisory lock of awards that count several habits."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from achievements.awards.rules import KINDS, Rule, rule_of
from achievements.models import Achievement, UserAchievement
from common.prepared import Given, Prepared, given
from tracking.models import HabitTrack
from users.models import User

AWARD_FIELDS = ("track_id", "evidence_until", "revoked_at")
RULE_FIELDS = ("kind", "target", "window_days", "unit")  # in the order of Rule
# Base of the PostgreSQL advisory lock ids of users whose cross-habit awards are being counted; the user id is added.
CROSS_HABIT_LOCK = 0x4143_48 << 32


def visible_to(user: User) -> QuerySet[Achievement]:
    """Return the achievements that the user may see, oldest first.

    These are the ones for any habit, for published habits and for habits that the user tracks; retired ones only if
    the user holds them. Annotates `award_id`, `award_day` and `awarded_at`, None where the user does not hold it.
    """
    tracked = HabitTrack.objects.filter(user=user, habit=OuterRef("habit"), left_at=None)
    accessible = Q(habit=None) | Q(habit__is_published=True) | Exists(tracked)
    mine = FilteredRelation("awards", condition=Q(awards__user=user, awards__revoked_at=None))
    achievements = Achievement.objects.annotate(
        mine=mine, award_id=F("mine__pk"), award_day=F("mine__day"), awarded_at=F("mine__awarded_at")
    )
    held = Q(award_id__isnull=False)
    return achievements.filter(held | (accessible & Q(retired_at=None))).select_related("habit").order_by("pk")


def held_by(user: User) -> QuerySet[UserAchievement]:
    """Return the awards that the user holds, newest first."""
    awards = UserAchievement.objects.filter(user=user, revoked_at=None)
    return awards.select_related("achievement__habit", "track__habit").order_by("-awarded_at", "-pk")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An achievement that a log of a track may earn or revoke, and the user's award of it.

    `award_id`: None if the user has never earned it; then the other fields of the award are empty. `has_lock`: whether
    this transaction has the user's cross-habit lock, as far as the achievement needs it.
    """

    achievement_id: int
    rule: Rule
    has_lock: bool
    award_id: int | None
    track_id: int | None
    evidence_until: date | None
    revoked_at: datetime | None

    @property
    def is_held(self) -> bool:
        return self.award_id is not None and self.revoked_at is None


def candidates(track: HabitTrack) -> list[Candidate]:
    """Return the achievements that a log of the track may earn or revoke, with one query.

    Their definitions are read each time, as narrow rows, so that an edit by anybody is in force at once.
    """
    rows = _CANDIDATES(user_id=track.user_id, habit_id=track.habit_id, lock=CROSS_HABIT_LOCK + track.user_id)
    return [Candidate(pk, rule_of(*rest[:4]), *rest[4:]) for pk, *rest in rows]


def _candidates() -> QuerySet[Achievement, tuple[Any, ...]]:
    # Conditions are on the annotations: one on `mine` itself would join the awards a second time.
    found = Achievement.objects.annotate(
        mine=FilteredRelation("awards", condition=Q(awards__user=given(UserAchievement, "user", "user_id"))),
        has_lock=_has_cross_habit_lock(),
        award_id=F("mine__pk"),
        **{f"award_{name}": F(f"mine__{name}") for name in AWARD_FIELDS},
    )
    is_held = Q(award_id__isnull=False, award_revoked_at=None)
    of_habit = Q(habit=None) | Q(habit=given(Achievement, "habit", "habit_id"))
    rows = found.filter(of_habit, is_held | Q(retired_at=None)).order_by("pk")
    return rows.values_list("pk", *RULE_FIELDS, "has_lock", "award_id", *(f"award_{name}" for name in AWARD_FIELDS))


_CANDIDATES = Prepared(_candidates)


def _has_cross_habit_lock() -> Case:
    """Return an expression that tries to take the user's lock, for rows of a cross-habit award not held yet.

    The lock lasts until the transaction ends. The attempt never waits, so it cannot deadlock with the track locks
    that the transaction holds. SQLite allows one writer at a time, so there the lock is always free.
    """
    if connection.vendor != "postgresql":
        return Case(default=Value(True), output_field=BooleanField())
    cross_habit = [kind for kind, entry in KINDS.items() if entry.counts_habits]
    is_to_earn = Q(kind__in=cross_habit) & (Q(mine__isnull=True) | Q(mine__revoked_at__isnull=False))
    key = Given("lock", BigIntegerField())
    lock = Func(key, function="pg_try_advisory_xact_lock", output_field=BooleanField())
    return Case(When(is_to_earn, then=lock), default=Value(True), output_field=BooleanField())


def wait_for_cross_habit_lock(user: User) -> None:
    """Wait for the user's cross-habit lock and hold it until the transaction ends.

    The caller must hold no other lock, or this may deadlock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CROSS_HABIT_LOCK + user.pk])
