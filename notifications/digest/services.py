"""The weekly digest: its settings, its next instant, and queueing what is due. The only writer of digests."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from common import clock
from notifications.channels import registry
from notifications.digest.rules import WeeklyTime
from notifications.models import Delivery, Digest
from notifications.outbox import recipients
from notifications.outbox import services as outbox
from notifications.reminders import planning as plans
from notifications.reminders.occurrences import Occurrence
from users.models import User

BATCH = 500
LIFETIME = timedelta(days=1)
# A plan never reaches further: one week, or two if the zone skips the day, with a margin.
MAX_AHEAD = timedelta(days=16)
COLUMNS = ("next_at", "next_day", "planned_at", "retry_at", "failures", "last_error")


def settings_of(user: User) -> Digest:
    """Return the user's digest settings; an unsaved object with the defaults if the user never set them."""
    return Digest.objects.filter(user=user).first() or Digest(user=user)


@transaction.atomic
def update(*, user: User, is_on: bool, weekday: int | None = None, hour: int | None = None, now: datetime) -> Digest:
    """Change the settings and plan the next digest by the user's clock; return the digest.

    `weekday` (Monday is 0) and `hour` keep their value if they are None.
    """
    digest, _is_new = Digest.objects.select_for_update(of=("self",)).get_or_create(user=user)
    digest.is_on = is_on
    digest.weekday = digest.weekday if weekday is None else weekday
    digest.hour = digest.hour if hour is None else hour
    _plan(digest, user, now)
    digest.save()
    return digest


@transaction.atomic(savepoint=False)
def replan(*, user: User, now: datetime) -> None:
    """Plan the digest again after the user's zone or start of day has changed.

    A digest that is due, or that a clock which ran ahead planned, is left to the tick.
    """
    planned_ahead = plans.planned_by_fast_clock(Digest.objects.filter(user=user), now=now).values("pk")
    rows = Digest.objects.filter(user=user, next_at__gt=now).exclude(pk__in=planned_ahead)
    digest = rows.select_for_update(of=("self",)).first()
    if digest is not None:
        _plan(digest, user, now)
        digest.save()


@transaction.atomic
def replan_after_fast_clock(*, now: datetime, since: datetime | None = None) -> int:
    """Plan one batch of digests again that a clock which ran ahead had planned; return how many.

    `since` is the last instant at which the clock was right, if known. Digests that were due after it and are still
    useful are planned for that time; if one was sent already, its key in the outbox prevents a second one.
    """
    now = clock.now_at_least(now)
    after = max(since, now - LIFETIME) if since else now - LIFETIME
    too_far = Q(next_at__gt=now + MAX_AHEAD)  # for rows from before planned_at existed
    ahead = plans.planned_by_fast_clock(Digest.objects.all(), now=now, or_also=too_far).order_by("pk")
    return _plan_batch(ahead, now, lambda digest: _plan(digest, digest.user, now, after=after))


@transaction.atomic
def queue_due(*, now: datetime, uncertain_until: datetime | None = None) -> int:
    """Queue one batch of due digests, oldest first, and plan the next ones; return how many were processed.

    Ticks that run at the same time process different digests (on SQLite they wait for each other). Nothing is queued
    for a user who cannot be reached on any channel. After an unexpected error a digest is left alone until its
    `retry_at`. Digests due before `uncertain_until` are queued as uncertain.
    """
    deliveries: list[Delivery | None] = []
    due = plans.due(Digest.objects.all(), now=now).order_by("next_at", "pk")
    count = _plan_batch(due, now, lambda digest: deliveries.append(_advance(digest, now)))
    queued = [delivery for delivery in deliveries if delivery]
    for delivery in queued:
        delivery.uncertain = uncertain_until is not None and delivery.due_at <= uncertain_until
    outbox.queue(queued)
    return count


def rewind_to(delivery: Delivery) -> None:
    """Set a digest back to the occurrence of a message that a clock which ran ahead queued too early."""
    later = Digest.objects.filter(user=delivery.user_id, next_at__gt=delivery.due_at)
    later.update(next_at=delivery.due_at, next_day=delivery.day)


@transaction.atomic(savepoint=False)
def remove(*, user: User) -> None:
    """Delete the digest settings of a user whose account is being deleted."""
    Digest.objects.filter(user=user).delete()


def _plan_batch(digests: QuerySet[Digest], now: datetime, plan: Callable[[Digest], None]) -> int:
    """Lock one batch and apply `plan` to each digest, recording failures; return how many there were."""
    locked = digests.select_for_update(skip_locked=True, of=("self",))
    # Users are loaded by a second query, after the lock, so that their clock is the current one.
    batch = list(locked.prefetch_related("user__addresses")[:BATCH])
    planned, errors = [], {}
    for digest in batch:
        try:
            plan(digest)
        except Exception as error:  # any error: the other digests must still be sent
            errors[digest.pk] = error
        else:
            planned.append(digest)
    Digest.objects.bulk_update(planned, COLUMNS)
    plans.record_failures(Digest.objects.all(), errors, now=now)
    return len(batch)


def _advance(digest: Digest, now: datetime) -> Delivery | None:
    """Plan the next digest and return the delivery of the latest one; None if the user cannot be reached."""
    assert digest.next_at is not None and digest.next_day is not None
    weekly = WeeklyTime(digest.user.clock, digest.weekday, digest.hour)
    latest, missed_count = weekly.latest(Occurrence(digest.next_day, digest.next_at), now)
    _plan(digest, digest.user, now)
    if recipients.first_reachable(recipients.addresses_for(digest.user, Delivery.Kind.DIGEST)) is None:
        return None
    return Delivery(
        key=f"digest:{digest.user_id}:{latest.day}",
        kind=Delivery.Kind.DIGEST,
        channel=registry.preferred().name,
        user=digest.user,
        day=latest.day,
        missed_count=missed_count,
        due_at=latest.at,
        available_at=latest.at,
        expires_at=latest.at + LIFETIME,
    )


def _plan(digest: Digest, user: User, now: datetime, *, after: datetime | None = None) -> None:
    """Set the next occurrence after `after` (default: now) and clear earlier errors."""
    following = WeeklyTime(user.clock, digest.weekday, digest.hour).first_after(after or now) if digest.is_on else None
    digest.next_at = following.at if following else None
    digest.next_day = following.day if following else None
    digest.planned_at = now if following else None
    for name, value in plans.NO_FAILURES.items():
        setattr(digest, name, value)
