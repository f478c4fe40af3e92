"""The weekly digest: its settings, its next instant, and what is due. The only writer of digests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from common import clock
from notifications import outbox, plans
from notifications.digest_times import Weekly
from notifications.models import Delivery, Digest
from notifications.occurrences import Occurrence
from users.models import User

BATCH = 500
USEFUL_FOR = timedelta(days=1)
# No plan reaches further: a week, and another where a zone skips the day.
MAX_AHEAD = timedelta(days=16)
COLUMNS = ("next_at", "next_day", "planned_at", "retry_at", "failures", "trouble")


def of(user: User) -> Digest:
    """The person's settings; those of somebody who never chose are off, and in no table."""
    return Digest.objects.filter(user=user).first() or Digest(user=user)


@transaction.atomic
def change(*, user: User, now: datetime, **settings: Any) -> Digest:
    """Sets is_on, weekday, hour, or some of them, and plans the next digest by the person's clock."""
    digest, _is_new = Digest.objects.select_for_update(of=("self",)).get_or_create(user=user)
    for name, value in settings.items():
        setattr(digest, name, value)
    _plan(digest, user, now)
    digest.save()
    return digest


@transaction.atomic
def replan(*, user: User, now: datetime) -> None:
    """Plan again by another clock; a `next_at` <= now, or one that a clock ahead planned, stays for the tick to take."""
    ahead = plans.made_ahead(Digest.objects.filter(user=user), now=now).values("pk")
    rows = Digest.objects.filter(user=user, next_at__gt=now).exclude(pk__in=ahead)
    digest = rows.select_for_update(of=("self",)).first()
    if digest is not None:
        _plan(digest, user, now)
        digest.save()


@transaction.atomic
def replan_ahead(*, now: datetime, since: datetime | None = None) -> int:
    """Plan again one batch of digests whose plan a clock made that ran ahead; return how many.

    `since`: the last instant at which the clock was right, where it is known. What came due after it was passed over,
    and is planned as far as it is still of use; what was queued all the same has its key in the outbox.
    """
    now = clock.now_at_least(now)
    after = max(since, now - USEFUL_FOR) if since else now - USEFUL_FOR
    by_far = Q(next_at__gt=now + MAX_AHEAD)  # also of before plans said when they were made
    ahead = plans.made_ahead(Digest.objects.all(), now=now, else_if=by_far).order_by("pk")
    return _each(ahead, now, lambda digest: _plan(digest, digest.user, now, after=after))


@transaction.atomic
def queue_due(*, now: datetime, uncertain_until: datetime | None = None) -> int:
    """Take one batch of due digests, oldest first: queue each one's latest occurrence, plan the next.

    Returns how many were looked at. Another tick at the same time takes others (on SQLite it waits). A person
    who can be reached on no channel is sent nothing. One that fails by a fault of ours steps aside. What came due
    until `uncertain_until` is uncertain from the start.
    """
    deliveries: list[Delivery | None] = []
    due = plans.due(Digest.objects.all(), now=now).order_by("next_at", "pk")
    found = _each(due, now, lambda digest: deliveries.append(_take(digest, now)))
    queued = [delivery for delivery in deliveries if delivery]
    for delivery in queued:
        delivery.uncertain = uncertain_until is not None and delivery.due_at <= uncertain_until
    outbox.queue(queued)
    return found


def set_back(delivery: Delivery) -> None:
    """Plan a person's digest for that message's occurrence again, which a clock that ran ahead had queued."""
    later = Digest.objects.filter(user=delivery.user_id, next_at__gt=delivery.due_at)
    later.update(next_at=delivery.due_at, next_day=delivery.day)


@transaction.atomic
def remove(*, user: User) -> None:
    """Forgets the settings of a person who leaves."""
    Digest.objects.filter(user=user).delete()


def _each(digests: QuerySet[Digest], now: datetime, plan: Callable[[Digest], None]) -> int:
    """Plan one batch, locked; those that fail step aside. Return how many there were."""
    locked = digests.select_for_update(skip_locked=True, of=("self",))
    batch = list(locked.prefetch_related("user")[:BATCH])  # people as they are once the lock is had
    planned, trouble = [], {}
    for digest in batch:
        try:
            plan(digest)
        except Exception as error:  # whatever it is, it must not take the others with it
            trouble[digest.pk] = error
        else:
            planned.append(digest)
    Digest.objects.bulk_update(planned, COLUMNS)
    plans.step_aside(Digest.objects.all(), trouble, now=now)
    return len(batch)


def _take(digest: Digest, now: datetime) -> Delivery | None:
    """The delivery of the latest occurrence; sets the next one. None where there is no way to the person."""
    assert digest.next_at is not None and digest.next_day is not None
    weekly = Weekly(digest.user.clock, digest.weekday, digest.hour)
    latest, passed_over = weekly.latest(Occurrence(digest.next_day, digest.next_at), now)
    _plan(digest, digest.user, now)
    has_chat = digest.user.chat_connected and digest.user.chat_unreachable_since is None
    if not has_chat and not digest.user.reminders_by_email:
        return None
    return Delivery(
        key=f"digest:{digest.user_id}:{latest.day}",
        kind=Delivery.Kind.DIGEST,
        channel=Delivery.Channel.TELEGRAM,
        user=digest.user,
        day=latest.day,
        passed_over=passed_over,
        due_at=latest.at,
        available_at=latest.at,
        expires_at=latest.at + USEFUL_FOR,
    )


def _plan(digest: Digest, user: User, now: datetime, *, after: datetime | None = None) -> None:
    """Set the next occurrence after now, or after an earlier instant; what failed before is forgotten."""
    following = Weekly(user.clock, digest.weekday, digest.hour).first_after(after or now) if digest.is_on else None
    digest.next_at = following.at if following else None
    digest.next_day = following.day if following else None
    digest.planned_at = now if following else None
    for name, value in plans.PLANNED_WELL.items():
        setattr(digest, name, value)
