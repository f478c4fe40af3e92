"""Reads of achievements and awards: whose, in which order, with what."""

from collections.abc import Iterator

from django.db import connection
from django.db.models import BooleanField, Case, Exists, F, FilteredRelation, Func, OuterRef, Q, QuerySet, Value, When

from achievements.models import Achievement, UserAchievement
from achievements.rules import KINDS
from tracking.models import HabitTrack
from users.models import User

AWARD = ("track_id", "day", "awarded_at", "rests_until", "withdrawn_at")
# Of the advisory locks those of people whose logs look across their habits; a person's id follows.
ACROSS_HABITS = 0x4143_48 << 32


def visible_to(user: User) -> QuerySet[Achievement]:
    """The achievements that a person may see, oldest first, with `award_id`, `award_day`, `awarded_at` where held.

    Those of any habit, of published habits and of habits that the person tracks; retired ones to who holds them.
    """
    tracked = HabitTrack.objects.filter(user=user, habit=OuterRef("habit"), left_at=None)
    seen = Q(habit=None) | Q(habit__is_published=True) | Exists(tracked)
    mine = FilteredRelation("awards", condition=Q(awards__user=user, awards__withdrawn_at=None))
    achievements = Achievement.objects.annotate(
        mine=mine, award_id=F("mine__pk"), award_day=F("mine__day"), awarded_at=F("mine__awarded_at")
    )
    held = Q(award_id__isnull=False)
    return achievements.filter(held | (seen & Q(retired_at=None))).select_related("habit").order_by("pk")


def held_by(user: User) -> QuerySet[UserAchievement]:
    """The awards that a person holds, the newest first."""
    awards = UserAchievement.objects.filter(user=user, withdrawn_at=None)
    return awards.select_related("achievement__habit", "track__habit").order_by("-awarded_at", "-pk")


def of_track(track: HabitTrack) -> Iterator[tuple[Achievement, UserAchievement | None, bool]]:
    """The achievements that logs of a track may earn or take away, each with the person's award if there ever was
    one, and whether no other log that looks across the person's habits is being made: one query.
    """
    mine = FilteredRelation("awards", condition=Q(awards__user=track.user_id))
    achievements = Achievement.objects.annotate(
        mine=mine,
        award_id=F("mine__pk"),
        is_alone=_is_alone(track.user_id),
        **{f"award_{name}": F(f"mine__{name}") for name in AWARD},
    )
    is_held = Q(award_id__isnull=False, award_withdrawn_at=None)
    of_habit = Q(habit=None) | Q(habit=track.habit_id)
    for row in achievements.filter(of_habit, is_held | Q(retired_at=None)).order_by("pk"):
        award = None
        if row.award_id is not None:
            kept = {name: getattr(row, f"award_{name}") for name in AWARD}
            award = UserAchievement(pk=row.award_id, user_id=track.user_id, achievement=row, **kept)
        yield row, award, row.is_alone


def _is_alone(user_id: int) -> Case:
    """Takes the person's lock for the transaction if it is free, where something across habits is to be earned.

    It never waits, so that no deadlock can come of it. On SQLite all writers are alone.
    """
    if connection.vendor != "postgresql":
        return Case(default=Value(True), output_field=BooleanField())
    across = [kind for kind, entry in KINDS.items() if entry.across]
    is_to_earn = Q(kind__in=across) & (Q(mine__isnull=True) | Q(mine__withdrawn_at__isnull=False))
    lock = Func(Value(ACROSS_HABITS + user_id), function="pg_try_advisory_xact_lock", output_field=BooleanField())
    return Case(When(is_to_earn, then=lock), default=Value(True), output_field=BooleanField())


def wait_for_others(user: User) -> None:
    """Waits until no log that looks across the person's habits is being made. The caller holds no other lock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ACROSS_HABITS + user.pk])
