"""Update the tables of the global leaderboards from the tracks: the only module that writes them.

A log only inserts a LeaderboardMark, which never waits for a lock. `settle` later recomputes the entries of marked
users, and of users whose values have expired. Only one worker settles at a time, so that buckets always equal the sums
of the entries. Until then, readers take the values of such users from their tracks (community.leaderboards.boards).
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
from community.leaderboards.rules import (
    PERIODS,
    Board,
    BoardKey,
    BoardValue,
    live_keys,
)
from community.leaderboards.values import board_values
from community.models import LeaderboardBucket, LeaderboardEntry, LeaderboardMark, LeaderboardState
from tracking.models import HabitTrack
from tracking.tracks.queries import locked
from users.models import User

logger = logging.getLogger(__name__)

BATCH = 500
MAX_SECONDS = 45  # of one run; the next run continues
_BACKOFF = RowBackoff("user on leaderboards")
LOCK = 5_140_221  # arbitrary id of the PostgreSQL advisory lock of entries and buckets

# By board and value: the change of the number of users who have the value.
BucketChanges = Counter[tuple[BoardKey, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A stored value that differs from the recomputed one: of a user's entry, or of a bucket if `user_id` is None."""

    user_id: int | None
    key: BoardKey
    stored: object
    counted: object


def mark_stale(*, track: HabitTrack) -> None:
    """Mark the entries of the track's user as out of date, if the user is ranked. The caller holds the track's lock."""
    if track.user.is_ranked:
        LeaderboardMark.objects.create(user=track.user)


@transaction.atomic(savepoint=False)
def update_ranking(*, user: User) -> None:
    """Queue a user who is now ranked for settling; remove one who is no longer ranked, or is banned."""
    if not (user.is_ranked and user.is_active):
        delete_for_user(user=user)
        return
    # A concurrent log has read that the user is not ranked and leaves no mark: wait for it by locking the tracks.
    list(locked(HabitTrack.objects.filter(user=user)).prefetch_related(None).values_list("pk"))
    LeaderboardMark.objects.create(user=user)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Remove a user from all global leaderboards at once."""
    _lock(wait=True)
    _delete_entries(LeaderboardEntry.objects.filter(user=user))
    LeaderboardMark.objects.filter(user=user).delete()


@transaction.atomic
def settle(*, now: datetime) -> int:
    """Settle a batch of users whose entries are out of date, and delete entries of past weeks and months.

    Returns the number of users and entries handled; 0 when nothing is pending or another worker holds the lock. A user
    who fails is tried again later and keeps their marks.
    """
    if not _lock(wait=False):
        return 0
    failing = _BACKOFF.waiting(now=now)
    marks = LeaderboardMark.objects.exclude(user__in=failing).order_by("pk")
    marked = dict(marks.values_list("pk", "user_id")[:BATCH])
    expired = LeaderboardEntry.objects.filter(valid_until__lte=now).exclude(user__in=failing)
    users = {*marked.values(), *expired.order_by("valid_until", "pk").values_list("user_id", flat=True)[:BATCH]}
    users.update(_to_recheck(now))
    settled = _settle_users(users, now=now)
    # Only the marks read above: a mark inserted meanwhile belongs to a log that may not be included yet.
    LeaderboardMark.objects.filter(pk__in=[pk for pk, user in marked.items() if user in settled]).delete()
    failed = users.difference(settled, marked.values())
    LeaderboardMark.objects.bulk_create(LeaderboardMark(user_id=user) for user in sorted(failed))
    return len(users) + _delete_entries(LeaderboardEntry.objects.filter(_of_past_periods(now)).order_by("pk")[:BATCH])


def settle_all(*, now: datetime) -> None:
    """Settle batches until nothing is pending, another worker holds the lock, or the time is up."""
    may_go_on = stopping.deadline(MAX_SECONDS)
    while settle(now=now) and may_go_on():
        pass


def find_differences(*, now: datetime, repair: bool) -> Iterator[Difference]:
    """Yield every bucket that differs from the sum of its entries, and every entry that differs from the tracks.

    There should be none. Pending users are settled first. `repair`: also correct what differs.
    """
    yield from _differing_buckets(repair=repair)
    settle_all(now=now)
    last = 0
    while users := list(_user_ids().filter(pk__gt=last)[:BATCH]):
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
        _apply_changes(Counter(counted))
    return found


@transaction.atomic
def _differing_entries(users: Collection[int], *, now: datetime, repair: bool) -> list[Difference]:
    """Return the differences of those users whose entries should be valid at `now`."""
    _lock(wait=True)
    entries = LeaderboardEntry.objects.filter(user__in=users)
    expired = entries.filter(valid_until__lte=now).values_list("user_id", flat=True)
    marked = LeaderboardMark.objects.filter(user__in=users).values_list("user_id", flat=True)
    settled = set(users).difference(expired, marked)
    counted = board_values(settled, now=now)
    stored = _stored_values(entries.filter(user__in=settled).exclude(_of_past_periods(now)))
    found = [
        Difference(*each, stored.get(each), counted.get(each))
        for each in sorted(counted.keys() | stored.keys())
        if stored.get(each) != counted.get(each)
    ]
    if found and repair:
        _sync_entries(settled, now=now)
    return found


def _settle_users(users: Collection[int], *, now: datetime) -> set[int]:
    """Settle users together, or one by one if that fails; return those who are settled."""
    try:
        with transaction.atomic():
            _sync_entries(users, now=now)
        return set(users)
    except (OperationalError, InterfaceError):
        raise  # the database is unavailable, which is no user's fault
    except Exception:  # one user of the batch fails: trying them one by one finds out which
        logger.exception("settling a batch of users failed; trying them one by one")
    settled = set()
    for user in sorted(users):
        with _BACKOFF.attempt(user, now=now), transaction.atomic():
            _sync_entries([user], now=now)
            settled.add(user)
    return settled


def _to_recheck(now: datetime) -> list[int]:
    """Return the next users to settle again after a clock that ran ahead has settled; usually none. Stores `now`.

    All users have to be settled again: that clock may have deleted entries of a week that is not over, and nothing
    says whose.
    """
    state, _ = LeaderboardState.objects.get_or_create(pk=LeaderboardState.ONLY, defaults={"settled_at": now})
    before = state.settled_at, state.recheck_after
    if state.settled_at > clock.future_cutoff(now):
        logger.warning("leaderboards were settled by a clock running ahead (%s): settling all users again", before[0])
        state.recheck_after = 0
    state.settled_at = now
    users: list[int] = []
    if state.recheck_after is not None:
        users = list(_user_ids().filter(pk__gt=state.recheck_after)[:BATCH])
        state.recheck_after = users[-1] if users else None
    if before != (state.settled_at, state.recheck_after):
        state.save()
    return users


def _user_ids() -> QuerySet[User, int]:
    """Return the ids, in order, of users who have entries or should have some."""
    has_entries = Exists(LeaderboardEntry.objects.filter(user=OuterRef("pk")))
    return User.objects.filter(Q(is_ranked=True) | has_entries).order_by("pk").values_list("pk", flat=True)


def _sync_entries(users: Collection[int], *, now: datetime) -> None:
    """Make the users' entries equal to the values of their tracks. The caller holds the lock."""
    if not users:
        return
    entries = LeaderboardEntry.objects.filter(user__in=users)
    wanted, stored = board_values(users, now=now), _stored_values(entries)
    obsolete = stored.keys() - wanted.keys()
    changes: BucketChanges = Counter()
    changed = []
    for (user_id, key), value in wanted.items():
        before = stored.get((user_id, key))
        if value == before:
            continue
        board, name = key
        changed.append(
            LeaderboardEntry(user_id=user_id, board=board, key=name, value=value.value, valid_until=value.valid_until)
        )
        changes[key, value.value] += 1
        if before:
            changes[key, before.value] -= 1
    LeaderboardEntry.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["user", "board", "key"],
        update_fields=["value", "valid_until"],
    )
    _apply_changes(changes)
    if obsolete:
        rows = entries.values_list("pk", "user_id", "board", "key")
        _delete_entries(entries.filter(pk__in=[pk for pk, user_id, *key in rows if (user_id, tuple(key)) in obsolete]))


def _stored_values(entries: QuerySet[LeaderboardEntry]) -> dict[tuple[int, BoardKey], BoardValue]:
    return {
        (user_id, (Board(board), key)): BoardValue(value, valid_until)
        for user_id, board, key, value, valid_until in entries.values_list(
            "user_id", "board", "key", "value", "valid_until"
        )
    }


def _delete_entries(entries: QuerySet[LeaderboardEntry]) -> int:
    """Delete entries and subtract them from the buckets; return their number. The caller holds the lock."""
    rows = list(entries.values_list("pk", "board", "key", "value"))
    LeaderboardEntry.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
    changes: BucketChanges = Counter()
    for _, board, key, value in rows:
        changes[(Board(board), key), value] -= 1
    _apply_changes(changes)
    return len(rows)


def _apply_changes(changes: BucketChanges) -> None:
    """Add the changes to the buckets; the value 0 has no bucket. The caller holds the lock."""
    changes = Counter({each: people for each, people in changes.items() if people and each[1]})
    names, values = {key for (_, key), _ in changes}, {value for _, value in changes}
    stored = {
        ((Board(bucket.board), bucket.key), bucket.value): bucket
        for bucket in LeaderboardBucket.objects.filter(key__in=names, value__in=values)
    }
    filled: list[LeaderboardBucket] = []
    empty: list[LeaderboardBucket] = []
    for each, people in changes.items():
        (board, key), value = each
        bucket = stored.get(each) or LeaderboardBucket(board=board, key=key, value=value, people=0)
        bucket.people += people
        (filled if bucket.people else empty).append(bucket)
    LeaderboardBucket.objects.filter(pk__in=[bucket.pk for bucket in empty]).delete()
    LeaderboardBucket.objects.bulk_create(
        filled,
        update_conflicts=True,
        unique_fields=["board", "key", "value"],
        update_fields=["people"],
    )


def _of_past_periods(now: datetime) -> Q:
    """Return the condition for entries of weeks and months that are over in every time zone."""
    is_past = Q(pk__in=[])
    for board in PERIODS:
        is_past |= Q(board=board, key__lt=min(key for each, key in live_keys(now) if each is board))
    return is_past


def _lock(*, wait: bool) -> bool:
    """Take the lock of entries and buckets until the transaction ends; return whether it was free.

    On SQLite, which has one writer at a time, it always is.
    """
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
