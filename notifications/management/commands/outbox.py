"""`manage.py outbox`: shows the state of the outbox, requeues or purges messages on request.

The exit code is 1 if something is due and nothing is being queued or sent.
"""

from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common import clock
from notifications.models import ArchivedDelivery, Delivery
from notifications.monitoring import heartbeats, liveness
from notifications.outbox import archive, queries
from notifications.outbox import services as outbox

MAX_SHOWN = 20


def instant(text: str) -> datetime:
    """Parse an ISO 8601 instant or date; without an offset it is in UTC. Raises ArgumentTypeError."""
    found = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an instant like 2026-11-21T08:00Z")
    return found if found.tzinfo else timezone.make_aware(found)


class Command(BaseCommand):
    help = "Shows the state of the outbox; requeues failed or expired messages or purges old ones on request."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--requeue", nargs="+", type=int, metavar="ID", help="requeue these failed or expired messages"
        )
        parser.add_argument("--requeue-failed", action="store_true", help="requeue all failed messages; needs --since")
        parser.add_argument(
            "--requeue-expired", action="store_true", help="requeue all expired messages; needs --since"
        )
        parser.add_argument(
            "--since", type=instant, metavar="INSTANT", help="requeue only messages due at or after this instant"
        )
        parser.add_argument(
            "--purge", action="store_true", help="delete messages older than DELIVERIES_KEPT_DAYS, except pending ones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        states = [
            state
            for state, is_requested in [
                (Delivery.State.FAILED, options["requeue_failed"]),
                (Delivery.State.EXPIRED, options["requeue_expired"]),
            ]
            if is_requested
        ]
        if states and options["since"] is None:
            raise CommandError("--requeue-failed and --requeue-expired need --since")
        if options["requeue"]:
            self._requeue({"pk__in": options["requeue"]}, now)
        if states:
            self._requeue({"state__in": states, "due_at__gte": options["since"]}, now)
        if options["purge"]:
            self._purge(now)
        self._show(now)
        # After an action the exit code reports the action, not the state of the service.
        acted = bool(states or options["requeue"] or options["purge"])
        if not acted and (stalled := liveness.stalled(now=now)):
            raise CommandError(f"something is due, but there was no {' and no '.join(stalled)} for three minutes")

    def _requeue(self, chosen: dict[str, Any], now: datetime) -> None:
        count = outbox.requeue(Delivery.objects.filter(**chosen), now=now)
        count += archive.requeue(ArchivedDelivery.objects.filter(**chosen), now=now)
        self.stdout.write(f"messages requeued: {count}")

    def _purge(self, now: datetime) -> None:
        before = now - settings.DELIVERIES_KEPT_FOR
        archive.maintain(now=now, kept_from=before)
        count, step = 0, outbox.PurgeStep(0, 0, is_last=False)
        while not step.is_last:
            step = outbox.purge(before=before, after_id=step.last_id)
            count += step.removed
        while removed := archive.purge(before=before):
            count += removed
        self.stdout.write(f"messages deleted: {count}")

    def _show(self, now: datetime) -> None:
        lag = queries.lag(now=now)
        ready, next_at = outbox.ready_and_next(now=now)
        self.stdout.write(f"lag: {_rounded(lag)} (messages ready to send: {ready})")
        if next_at:
            self.stdout.write(f"the next waiting message can be sent at {next_at:%Y-%m-%d %H:%M:%S} UTC")
        last = heartbeats.last_by_name([heartbeats.TICK, heartbeats.SEND])
        for name in (heartbeats.TICK, heartbeats.SEND):
            when = f"{_rounded(now - last[name])} ago" if name in last else "never"
            self.stdout.write(f"last {name}: {when}")
        for what, count in queries.count_failing(now=now).items():
            if count:
                self.stdout.write(f"{what}s waiting after an error: {count}")
        for kind, channel, state, count in queries.counts():
            self.stdout.write(f"{kind:20} {channel:9} {state:8} {count:>9}")
        if outside := archive.ARCHIVE.count_outside():
            self.stdout.write(f"archived messages of months without a partition: {outside}")
        uncertain = queries.uncertain()
        self.stdout.write(f"uncertain: {uncertain.count()}")
        for delivery in uncertain[:MAX_SHOWN]:
            self.stdout.write(f"  {delivery.pk} {delivery.key} {delivery.state} {delivery.reason}".rstrip())


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))
