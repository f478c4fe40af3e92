"""Keeps the tables of leaderboards in line with the tracks: the only writer of entries, buckets and marks.

A change only leaves a mark, one inserted row that waits for nobody. `settle` then counts the marked people anew,
and those whose figures have changed by themselves; one settles at a time, so that buckets are what entries add up
to. Until then readers take such people from their tracks (community.leaderboards).
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from common import clock, stopping
from common.row_backoff import RowBackoff
from community.leaderboard_figures import figures_of
from community.leaderboard_rules import PERIODS, Board, Figure, Key, live_keys
from community.models import LeaderboardBucket, LeaderboardEntry, LeaderboardMark, LeaderboardState
from tracking.models import HabitTrack
from tracking.queries import locked
from users.models import User

logger = logging.getLogger(__name__)

BATCH = 500
MAX_SECONDS = 45  # of a pass; the next one goes on
_BACKOFF = RowBackoff("person on leaderboards")
LOCK = 5_140_221  # of PostgreSQL's advisory locks, a number of our own

# How many more people (or fewer) have a value on a board.
Moves = Counter[tuple[Key, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is stored of a person on a board, or with no person of how many have a value there, and what is true."""

    user_id: int | None
    key: Key
    stored: object
    counted: object


def follow_track(*, track: HabitTrack) -> None:
    """Marks the track's person where they show themselves: one insert, or nothing. The caller holds its lock."""
    if track.user.is_ranked:
        LeaderboardMark.objects.create(user=track.user)


@transaction.atomic
def follow_ranking(*, user: User) -> None:
    """Brings a person in who shows themselves from now on; removes one who does so no more, or is barred."""
    if not (user.is_ranked and user.is_active):
        forget(user=user)
        return
    # Whoever is writing to a track does not know yet, and leaves no mark: this one is left when they are through.
    list(locked(HabitTrack.objects.filter(user=user)).prefetch_related(None).values_list("pk"))
    LeaderboardMark.objects.create(user=user)


@transaction.atomic
def forget(*, user: User) -> None:
    """Removes a person from all boards of everyone, at once."""
    _lock(wait=True)
    _remove(LeaderboardEntry.objects.filter(user=user))
    LeaderboardMark.objects.filter(user=user).delete()


@transaction.atomic
def settle(*, now: datetime) -> int:
    """Settle a batch of people whose entries do not hold, and drop entries of weeks and months that are over.

    Returns the number of people and entries looked at; 0 when nothing is pending or another worker holds the lock. A
    person who fails by a fault of ours steps aside, and keeps their marks.
    """
    if not _lock(wait=False):
        return 0
    waiting = _BACKOFF.waiting(now=now)
    marks = LeaderboardMark.objects.exclude(user__in=waiting).order_by("pk")
    marked = dict(marks.values_list("pk", "user_id")[:BATCH])
    changed = LeaderboardEntry.objects.filter(holds_until__lte=now).exclude(user__in=waiting)
    users = {*marked.values(), *changed.order_by("holds_until", "pk").values_list("user_id", flat=True)[:BATCH]}
    users.update(_to_recheck(now))
    settled = _settle_people(users, now=now)
    LeaderboardMark.objects.filter(pk__in=[pk for pk, user in marked.items() if user in settled]).delete()
    failed = users.difference(settled, marked.values())
    LeaderboardMark.objects.bulk_create(LeaderboardMark(user_id=user) for user in sorted(failed))
    return len(users) + _remove(LeaderboardEntry.objects.filter(_over(now)).order_by("pk")[:BATCH])


def settle_all(*, now: datetime) -> None:
    """Settle batch by batch, until nothing is pending, another worker holds the lock, or the time is up."""
    may_go_on = stopping.deadline(MAX_SECONDS)
    while settle(now=now) and may_go_on():
        pass


def differing(*, now: datetime, repair: bool) -> Iterator[Difference]:
    """Every bucket that differs from what entries add up to, and every entry from what its person's tracks say.

    There should be none. `repair` brings them in line. People who are to be settled are so before.
    """
    yield from _differing_buckets(repair=repair)
    settle_all(now=now)
    last = 0
    while users := list(_people().filter(pk__gt=last)[:BATCH]):
        yield from _differing_entries(users, now=now, repair=repair)
        last = users[-1]


@transaction.atomic
def _differing_buckets(*, repair: bool) -> list[Difference]:
    _lock(wait=True)
    entries = LeaderboardEntry.objects.filter(value__gt=0).order_by().values_list("board", "key", "value")
    counted = {((Board(board), key), value): number for board, key, value, number in entries.annotate(Count("pk"))}
    buckets = LeaderboardBucket.objects.values_list("board", "key", "value", "people")
    stored = {((Board(board), key), value): people for board, key, value, people in buckets}
    found = [
        Difference(None, key, f"{stored.get((key, value), 0)} at {value}", f"{counted.get((key, value), 0)} at {value}")
        for key, value in sorted(counted.keys() | stored.keys())
        if stored.get((key, value)) != counted.get((key, value))
    ]
    if found and repair:
        LeaderboardBucket.objects.all().delete()
        _count(Counter(counted))
    return found


@transaction.atomic
def _differing_entries(users: Collection[int], *, now: datetime, repair: bool) -> list[Difference]:
    """Of the people whose entries should hold."""
    _lock(wait=True)
    theirs = LeaderboardEntry.objects.filter(user__in=users)
    changed = theirs.filter(holds_until__lte=now).values_list("user_id", flat=True)
    marked = LeaderboardMark.objects.filter(user__in=users).values_list("user_id", flat=True)
    settled = set(users).difference(changed, marked)
    counted, stored = figures_of(settled, now=now), _figures(theirs.filter(user__in=settled).exclude(_over(now)))
    found = [
        Difference(*each, stored.get(each), counted.get(each))
        for each in sorted(counted.keys() | stored.keys())
        if stored.get(each) != counted.get(each)
    ]
    if found and repair:
        _bring_in_line(settled, now=now)
    return found


def _settle_people(users: Collection[int], *, now: datetime) -> set[int]:
    """Settle people, all at once or, where one fails, each by themselves; return those who are."""
    try:
        with transaction.atomic():
            _bring_in_line(users, now=now)
        return set(users)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # of one of them; each by themselves shows whose
        logger.exception("a batch of people cannot be settled; each is by themselves")
    settled = set()
    for user in sorted(users):
        with _BACKOFF.attempt(user, now=now), transaction.atomic():
            _bring_in_line([user], now=now)
            settled.add(user)
    return settled


def _to_recheck(now: datetime) -> list[int]:
    """Return the next people to settle again as a clock ahead had settled them, which is noted; mostly none.

    It may have dropped entries of a week that is not over: what it left behind does not say whose.
    """
    state, _ = LeaderboardState.objects.get_or_create(pk=LeaderboardState.ONLY, defaults={"settled_at": now})
    before = state.settled_at, state.recheck_after
    if state.settled_at > clock.future_cutoff(now):
        logger.warning("leaderboards were settled by a clock ahead (%s): all people are settled again", before[0])
        state.recheck_after = 0
    state.settled_at = now
    people: list[int] = []
    if state.recheck_after is not None:
        people = list(_people().filter(pk__gt=state.recheck_after)[:BATCH])
        state.recheck_after = people[-1] if people else None
    if before != (state.settled_at, state.recheck_after):
        state.save()
    return people


def _people() -> QuerySet[User, int]:
    """The ids, in order, of people who have entries or should."""
    has_entries = Exists(LeaderboardEntry.objects.filter(user=OuterRef("pk")))
    return User.objects.filter(Q(is_ranked=True) | has_entries).order_by("pk").values_list("pk", flat=True)


def _bring_in_line(users: Collection[int], *, now: datetime) -> None:
    """Makes the people's entries what their tracks say; the caller has the lock."""
    if not users:
        return
    theirs = LeaderboardEntry.objects.filter(user__in=users)
    wanted, there = figures_of(users, now=now), _figures(theirs)
    gone = there.keys() - wanted.keys()
    moves: Moves = Counter()
    changed = []
    for (user_id, key), figure in wanted.items():
        before = there.get((user_id, key))
        if figure == before:
            continue
        board, name = key
        changed.append(
            LeaderboardEntry(user_id=user_id, board=board, key=name, value=figure.value, holds_until=figure.holds_until)
        )
        moves[key, figure.value] += 1
        if before:
            moves[key, before.value] -= 1
    LeaderboardEntry.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["user", "board", "key"],
        update_fields=["value", "holds_until"],
    )
    _count(moves)
    if gone:
        rows = theirs.values_list("pk", "user_id", "board", "key")
        _remove(theirs.filter(pk__in=[pk for pk, user_id, *key in rows if (user_id, tuple(key)) in gone]))


def _figures(entries: QuerySet[LeaderboardEntry]) -> dict[tuple[int, Key], Figure]:
    """What is stored."""
    return {
        (user_id, (Board(board), key)): Figure(value, holds_until)
        for user_id, board, key, value, holds_until in entries.values_list(
            "user_id", "board", "key", "value", "holds_until"
        )
    }


def _remove(entries: QuerySet[LeaderboardEntry]) -> int:
    """Removes entries, and takes them out of the buckets; how many. The caller has the lock."""
    rows = list(entries.values_list("pk", "board", "key", "value"))
    LeaderboardEntry.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
    moves: Moves = Counter()
    for _, board, key, value in rows:
        moves[(Board(board), key), value] -= 1
    _count(moves)
    return len(rows)


def _count(moves: Moves) -> None:
    """Moves people between the buckets; the caller has the lock. Nobody is counted at 0."""
    moves = Counter({each: people for each, people in moves.items() if people and each[1]})
    names, values = {key for (_, key), _ in moves}, {value for _, value in moves}
    there = {
        ((Board(bucket.board), bucket.key), bucket.value): bucket
        for bucket in LeaderboardBucket.objects.filter(key__in=names, value__in=values)
    }
    counted: list[LeaderboardBucket] = []
    empty: list[LeaderboardBucket] = []
    for each, people in moves.items():
        (board, key), value = each
        bucket = there.get(each) or LeaderboardBucket(board=board, key=key, value=value, people=0)
        bucket.people += people
        (counted if bucket.people else empty).append(bucket)
    LeaderboardBucket.objects.filter(pk__in=[bucket.pk for bucket in empty]).delete()
    LeaderboardBucket.objects.bulk_create(
        counted,
        update_conflicts=True,
        unique_fields=["board", "key", "value"],
        update_fields=["people"],
    )


def _over(now: datetime) -> Q:
    """Entries of weeks and months that are over for everybody."""
    over = Q(pk__in=[])
    for board in PERIODS:
        over |= Q(board=board, key__lt=min(key for each, key in live_keys(now) if each is board))
    return over


def _lock(*, wait: bool) -> bool:
    """Whether this transaction alone may write entries and buckets. On SQLite it does anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
