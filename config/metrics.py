"""Metrics of delivery for Prometheus. They are read from the tables, so every web process reports all of them."""

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
from integrations.transfer import queries as transfer_queries
from integrations.transfer.queries import TransferStats
from integrations.webhooks import queries
from integrations.webhooks.queries import WebhookStats
from notifications.channels.telegram import ratelimit
from notifications.monitoring import delivery_stats, heartbeats
from notifications.monitoring.delivery_stats import DeliveryStats

logger = logging.getLogger(__name__)

CACHE_FOR = timedelta(seconds=15)
AGES = {
    heartbeats.TICK: ("habits_tick_age_seconds", "Time since a tick last ran"),
    heartbeats.SEND: ("habits_send_age_seconds", "Time since a sender last sent something or found nothing to send"),
    heartbeats.BOT: ("habits_bot_poll_age_seconds", "Time since the bot last asked Telegram for updates"),
    heartbeats.BOT_UPDATE: ("habits_bot_update_age_seconds", "Time since the bot last received an update"),
}


def page(*, now: datetime, accept: str) -> tuple[bytes, str]:
    """Return the page and its content type, in the format that the scraper's `Accept` header asks for."""
    registry = CollectorRegistry()
    registry.register(MetricsCollector(now))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class MetricsCollector(Collector):
    """Collects the metrics, cached for 15 seconds; while the database is down, only that it is down."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        hold = cached_hold.get(self.now)
        yield gauge("habits_redis_up", "Whether Redis responds", float(hold is not None))
        if hold is not None:
            yield gauge(
                "habits_hold_seconds",
                "Remaining time for which Telegram makes the whole bot wait",
                hold.total_seconds(),
            )
        try:
            found = cached_figures.get(self.now)
            told = cached_webhooks.get(self.now)
            files = cached_transfers.get(self.now)
        except DatabaseError as error:
            logger.warning("no metrics, the database does not respond: %s", type(error).__name__)
            yield gauge("habits_database_up", "Whether the database responds", 0.0)
            return
        yield gauge("habits_database_up", "Whether the database responds", 1.0)
        yield from delivery(found)
        yield from webhooks(told)
        yield from transfers(files)


def delivery(found: DeliveryStats) -> Iterator[Metric]:
    """Return the metrics that are read from the tables."""
    yield gauge(
        "habits_lag_seconds", "Age of the oldest reminder, digest or message that is overdue", found.lag.total_seconds()
    )
    yield gauge("habits_stopped", "1 if something is due but nothing is planned or sent", float(bool(found.stalled)))
    yield labelled_gauge("plan", "habits_due", "Reminders and digests that are due and not queued yet", found.due)
    yield labelled_gauge(
        "plan", "habits_late", "Reminders and digests that the last tick should have queued", found.late
    )

    pending = GaugeMetricFamily(
        "habits_outbox_pending", "Messages that are still to be sent.", labels=["kind", "channel"]
    )
    oldest = GaugeMetricFamily(
        "habits_outbox_oldest_seconds",
        "Age of the oldest message that is still to be sent.",
        labels=["kind", "channel"],
    )
    for each in found.pending:
        pending.add_metric([each.kind, each.channel], each.count)
        oldest.add_metric([each.kind, each.channel], each.oldest.total_seconds())
    yield from (pending, oldest)
    meaning = "Messages that wait for a chat's retry_after (chat), for Telegram, Redis or the mail server (away)"
    yield labelled_gauge(
        "what", "habits_outbox_waiting", f"{meaning}, or because composing them failed (aside)", found.waiting
    )
    recent = GaugeMetricFamily(
        "habits_outbox_recent", "Messages queued within the last hour.", labels=["channel", "state"]
    )
    for key, count in found.recent.items():
        recent.add_metric(key, count)
    yield recent
    yield gauge("habits_outbox_uncertain", "Stored messages that may have arrived twice", found.uncertain)
    yield labelled_gauge(
        "what",
        "habits_stepped_aside",
        "Reminders, digests and messages that failed to be planned or composed",
        found.failing,
    )

    for name, (metric, meaning) in AGES.items():
        age = found.ages[name]
        if age is not None and (name != heartbeats.BOT or uses_polling()):
            yield gauge(metric, meaning, age.total_seconds())
    yield gauge(
        "habits_workers_alive", "Worker processes with a heartbeat within the last three minutes", found.workers
    )


def webhooks(found: WebhookStats) -> Iterator[Metric]:
    """Return the metrics of webhooks."""
    yield gauge(
        "habits_webhooks_lag_seconds",
        "Age of the oldest change or webhook that should have been sent",
        found.lag.total_seconds(),
    )
    yield gauge("habits_webhooks_pending", "Webhooks that are still to be sent", found.pending)
    yield labelled_gauge("state", "habits_webhook_endpoints", "Webhook endpoints by whether they work", found.endpoints)


def transfers(found: TransferStats) -> Iterator[Metric]:
    """Return the metrics of files in and out."""
    meaning = "Files that the worker is to read (reading), or to import, restore or export (running)"
    yield labelled_gauge("state", "habits_transfers", meaning, found.unfinished)
    yield gauge("habits_transfers_stuck", "Files that got no further for ten minutes", found.stuck)


def uses_polling() -> bool:
    """Return whether the bot polls Telegram. With a webhook the age of the last poll would only grow."""
    return bool(settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK_SECRET)


def gauge(name: str, meaning: str, value: float) -> Metric:
    """Return a gauge with one value."""
    return GaugeMetricFamily(name, f"{meaning}.", value=value)


def labelled_gauge(label: str, name: str, meaning: str, values: dict[str, int]) -> Metric:
    """Return a gauge with one label, and a value for each value of the label."""
    family = GaugeMetricFamily(name, f"{meaning}.", labels=[label])
    for label_value, value in values.items():
        family.add_metric([label_value], value)
    return family


cached_figures: Cached[DeliveryStats] = Cached(lambda now: delivery_stats.read(now=now), ttl=CACHE_FOR)
cached_webhooks: Cached[WebhookStats] = Cached(lambda now: queries.stats(now=now), ttl=CACHE_FOR)
cached_transfers: Cached[TransferStats] = Cached(lambda now: transfer_queries.stats(now=now), ttl=CACHE_FOR)
cached_hold: Cached[timedelta | None] = Cached(lambda now: ratelimit.remaining_hold(), ttl=CACHE_FOR)
