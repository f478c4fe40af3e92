"""Statistics of delivery for the metrics page, read from the tables on demand."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from notifications.channels import registry
from notifications.models import Delivery, Digest, Reminder
from notifications.monitoring import heartbeats, liveness
from notifications.outbox import queries

LATE_AFTER = timedelta(minutes=1)  # ticks run once a minute
RECENT = timedelta(hours=1)  # limits the count of finished messages, whose number grows forever


@dataclass(frozen=True, slots=True)
class PendingGroup:
    """The pending messages of one kind and channel: their number, and the age of the oldest."""

    kind: str
    channel: str
    count: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class DeliveryStats:
    """Statistics of delivery. An age is None if the event never happened."""

    lag: timedelta
    stalled: list[str]  # see liveness.stalled
    due: dict[str, int]  # reminders and digests that the next tick has to queue
    late: dict[str, int]  # those of them that an earlier tick should have queued
    pending: list[PendingGroup]
    waiting: dict[str, int]  # pending messages by Delivery.Wait, without those that only wait for their turn
    recent: dict[tuple[str, str], int]  # messages queued within the last hour, by channel and state
    uncertain: int
    failing: dict[str, int]
    ages: dict[str, timedelta | None]  # since the last tick, sending, poll by the bot, and update
    workers: int


def read(*, now: datetime) -> DeliveryStats:
    """Return the statistics, with a fixed number of index reads."""
    plans = {"reminder": Reminder.objects.filter(next_at__lte=now), "digest": Digest.objects.filter(next_at__lte=now)}
    pending, waiting = _pending(now)
    names = (heartbeats.TICK, heartbeats.SEND, heartbeats.BOT, heartbeats.BOT_UPDATE)
    last = heartbeats.last_by_name(names)
    return DeliveryStats(
        lag=queries.lag(now=now),
        stalled=liveness.stalled(now=now),
        due={name: due.count() for name, due in plans.items()},
        late={name: due.filter(next_at__lte=now - LATE_AFTER, retry_at=None).count() for name, due in plans.items()},
        pending=pending,
        waiting=waiting,
        recent=_recent(now),
        uncertain=queries.uncertain().order_by().count(),
        failing=queries.count_failing(now=now),
        ages={name: now - last[name] if name in last else None for name in names},
        workers=heartbeats.count_workers(now=now),
    )


def _pending(now: datetime) -> tuple[list[PendingGroup], dict[str, int]]:
    """Return the pending messages by kind and channel, and their numbers by Delivery.Wait. Runs one query."""
    groups = (
        Delivery.objects.filter(state=Delivery.State.PENDING)
        .values_list("kind", "channel", "waits_for")
        .annotate(Count("pk"), Min("due_at"))
        .order_by("kind", "channel")
    )
    count: Counter[tuple[str, str]] = Counter()
    waiting = {wait.value: 0 for wait in Delivery.Wait if wait}
    oldest: dict[tuple[str, str], datetime] = {}
    for kind, channel, wait, number, due_at in groups:
        count[kind, channel] += number
        oldest[kind, channel] = min(due_at, oldest.get((kind, channel), due_at))
        if wait:
            waiting[wait] += number
    pending = [
        PendingGroup(kind, channel, number, max(now - oldest[kind, channel], timedelta(0)))
        for (kind, channel), number in count.items()
    ]
    return pending, waiting


def _recent(now: datetime) -> dict[tuple[str, str], int]:
    groups = Delivery.objects.filter(created_at__gt=now - RECENT).values_list("channel", "state")
    by_state = {(channel, state.value): 0 for channel in registry.names() for state in Delivery.State}
    for channel, state, number in groups.annotate(Count("pk")).order_by():
        by_state[channel, state] = number
    return by_state
