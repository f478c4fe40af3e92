"""The figures of delivery as Prometheus reads them. They come from the tables, so any web process gives all of them."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from common.cached import Cached
from notifications import delivery_stats, heartbeats
from notifications.delivery_stats import DeliveryStats

logger = logging.getLogger(__name__)

KEEP = timedelta(seconds=15)
AGES = {
    heartbeats.TICK: ("habits_tick_age_seconds", "Since a tick last did its work"),
    heartbeats.SEND: ("habits_send_age_seconds", "Since a sender last sent something or found nothing to send"),
    heartbeats.BOT: ("habits_bot_poll_age_seconds", "Since the bot last asked Telegram for updates"),
    heartbeats.BOT_UPDATE: ("habits_bot_update_age_seconds", "Since the bot was last given an update"),
}


def page(*, now: datetime, accept: str) -> tuple[bytes, str]:
    """Return the page and its content type, as the `Accept` header of a scraper asks for it."""
    registry = CollectorRegistry()
    registry.register(FigureCollector(now))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class FigureCollector(Collector):
    """Gives the figures of the last 15 seconds; without the database, that it is away."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        hold = cached_hold.get(self.now)
        yield gauge("habits_redis_up", "Whether Redis answers", float(hold is not None))
        if hold is not None:
            yield gauge(
                "habits_hold_seconds", "For how long Telegram keeps the whole bot waiting", hold.total_seconds()
            )
        try:
            found = cached_figures.get(self.now)
        except DatabaseError as error:
            logger.warning("no figures, the database does not answer: %s", type(error).__name__)
            yield gauge("habits_database_up", "Whether the database answers", 0.0)
            return
        yield gauge("habits_database_up", "Whether the database answers", 1.0)
        yield from delivery(found)


def delivery(found: DeliveryStats) -> Iterator[Metric]:
    """The gauges of the tables."""
    yield gauge("habits_lag_seconds", "Age of the oldest thing that should have happened", found.lag.total_seconds())
    yield gauge("habits_stopped", "Whether something is due and nothing moves", float(bool(found.stalled)))
    yield by("plan", "habits_due", "Plans that a tick has to take", found.due)
    yield by("plan", "habits_late", "Plans that the last tick should have taken", found.late)

    pending = GaugeMetricFamily("habits_outbox_pending", "Messages that are to be sent.", labels=["kind", "channel"])
    oldest = GaugeMetricFamily(
        "habits_outbox_oldest_seconds", "Age of the oldest message that is to be sent.", labels=["kind", "channel"]
    )
    for each in found.pending:
        pending.add_metric([each.kind, each.channel], each.count)
        oldest.add_metric([each.kind, each.channel], each.oldest.total_seconds())
    yield from (pending, oldest)
    meaning = "Messages that wait for a chat's retry_after (chat), for Telegram, Redis or the mail server (away)"
    yield by("what", "habits_outbox_waiting", f"{meaning}, or because they cannot be composed (aside)", found.waiting)
    recent = GaugeMetricFamily(
        "habits_outbox_recent", "Messages queued within the last hour.", labels=["channel", "state"]
    )
    for key, count in found.recent.items():
        recent.add_metric(key, count)
    yield recent
    yield gauge("habits_outbox_uncertain", "Messages that may have arrived twice, of those kept", found.uncertain)
    yield by("what", "habits_stepped_aside", "What cannot be planned or composed", found.failing)

    for name, (metric, meaning) in AGES.items():
        age = found.ages[name]
        if age is not None and (name != heartbeats.BOT or polls()):
            yield gauge(metric, meaning, age.total_seconds())
    yield gauge("habits_workers_alive", "Processes of workers that gave a sign within three minutes", found.workers)


def polls() -> bool:
    """Return whether there is a bot that asks Telegram; with a webhook the last time that it did grows old for good."""
    return bool(settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK_SECRET)


def gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, f"{meaning}.", value=value)


def by(label: str, name: str, meaning: str, values: dict[str, int]) -> Metric:
    """A gauge with one label and a value for each of its words."""
    family = GaugeMetricFamily(name, f"{meaning}.", labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family


cached_figures: Cached[DeliveryStats] = Cached(lambda now: delivery_stats.read(now=now), ttl=KEEP)
cached_hold: Cached[timedelta | None] = Cached(lambda now: delivery_stats.bot_hold(), ttl=KEEP)
