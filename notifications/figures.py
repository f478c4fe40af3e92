"""The figures of delivery, read from the tables at the moment they are asked for."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min
from redis.exceptions import RedisError

from common.redis import connection, key
from notifications import heartbeats, pulse, queries, ratelimit
from notifications.models import Delivery, Digest, Reminder

LATE = timedelta(minutes=1)  # a tick comes each minute
RECENT = timedelta(hours=1)  # how far back ended messages are counted: their table is as long as its history


@dataclass(frozen=True, slots=True)
class Pending:
    """The messages of a kind and channel that are to be sent: how many, and the age of the oldest."""

    kind: str
    channel: str
    count: int
    oldest: timedelta


@dataclass(frozen=True, slots=True)
class Figures:
    """How delivery stands. Ages are None where nothing of the kind ever happened."""

    lag: timedelta
    stopped: list[str]  # see pulse.stopped
    due: dict[str, int]  # reminders and digests that a tick has to take
    late: dict[str, int]  # those of them that the last tick should have taken
    pending: list[Pending]
    waiting: dict[str, int]  # pending messages by what they wait for, apart from their turn
    recent: dict[tuple[str, str], int]  # messages queued within the last hour, by channel and state
    uncertain: int
    stepped_aside: dict[str, int]
    ages: dict[str, timedelta | None]  # since the last tick, sending, poll of the bot, and update
    workers: int


def read(*, now: datetime) -> Figures:
    """Return the figures, in a fixed number of reads of an index each."""
    plans = {"reminder": Reminder.objects.filter(next_at__lte=now), "digest": Digest.objects.filter(next_at__lte=now)}
    pending, waiting = _pending(now)
    names = (heartbeats.TICK, heartbeats.SEND, heartbeats.BOT, heartbeats.BOT_UPDATE)
    last = heartbeats.of(names)
    return Figures(
        lag=queries.lag(now=now),
        stopped=pulse.stopped(now=now),
        due={name: due.count() for name, due in plans.items()},
        late={name: due.filter(next_at__lte=now - LATE, retry_at=None).count() for name, due in plans.items()},
        pending=pending,
        waiting=waiting,
        recent=_recent(now),
        uncertain=queries.uncertain().order_by().count(),
        stepped_aside=queries.stepped_aside(now=now),
        ages={name: now - last[name] if name in last else None for name in names},
        workers=heartbeats.workers(now=now),
    )


def hold() -> timedelta | None:
    """Return for how long Telegram keeps the whole bot waiting, by Redis; None: Redis is away."""
    redis = connection()
    try:
        until = redis.get(key(ratelimit.PROBE))
        seconds, micros = redis.time()
    except RedisError:
        return None
    ahead = float(until.split()[0]) - (seconds + micros / 1_000_000) if until else 0.0
    return timedelta(seconds=min(max(0.0, ahead), ratelimit.MAX_HOLD))


def _pending(now: datetime) -> tuple[list[Pending], dict[str, int]]:
    """Return the pending messages by kind and channel, and by what they wait for. One statement."""
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
    found = [
        Pending(kind, channel, number, max(now - oldest[kind, channel], timedelta(0)))
        for (kind, channel), number in count.items()
    ]
    return found, waiting


def _recent(now: datetime) -> dict[tuple[str, str], int]:
    groups = Delivery.objects.filter(created_at__gt=now - RECENT).values_list("channel", "state")
    found = {(channel.value, state.value): 0 for channel in Delivery.Channel for state in Delivery.State}
    for channel, state, number in groups.annotate(Count("pk")).order_by():
        found[channel, state] = number
    return found
