"""`manage.py outbox`: how the outbox stands, with exit code 1 where nothing moves; on request, sends again what failed,
or removes what is old."""

from argparse import ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common import clock
from notifications import heartbeats, outbox, pulse, queries
from notifications.models import Delivery

SHOWN = 20


def instant(text: str) -> datetime:
    """An ISO 8601 instant; without an offset, UTC."""
    found = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not an instant like 2026-11-21T08:00Z")
    return found if found.tzinfo else timezone.make_aware(found)


class Command(BaseCommand):
    help = "Shows how the outbox stands; requeues what failed or expired, or purges what is old, on request."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--requeue", nargs="+", type=int, metavar="ID", help="send these after all")
        parser.add_argument("--requeue-failed", action="store_true", help="send after all what failed; needs --since")
        parser.add_argument("--requeue-expired", action="store_true", help="the same for what expired; needs --since")
        parser.add_argument("--since", type=instant, metavar="INSTANT", help="what was due from then on")
        parser.add_argument(
            "--purge", action="store_true", help="remove what is older than DELIVERIES_KEPT_DAYS, never what is pending"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        states = [
            state
            for state, asked in [
                (Delivery.State.FAILED, options["requeue_failed"]),
                (Delivery.State.EXPIRED, options["requeue_expired"]),
            ]
            if asked
        ]
        if states and options["since"] is None:
            raise CommandError("--requeue-failed and --requeue-expired need --since")
        if options["requeue"]:
            self._requeue(Delivery.objects.filter(pk__in=options["requeue"]), now)
        if states:
            self._requeue(Delivery.objects.filter(state__in=states, due_at__gte=options["since"]), now)
        if options["purge"]:
            self._purge(now)
        self._show(now)
        acted = bool(states or options["requeue"] or options["purge"])  # then the exit code speaks of that
        if not acted and (stopped := pulse.stopped(now=now)):
            raise CommandError(f"something is due, and there was no {' and no '.join(stopped)} for three minutes")

    def _requeue(self, deliveries: Any, now: datetime) -> None:
        self.stdout.write(f"{outbox.requeue(deliveries, now=now)} messages queued again")

    def _purge(self, now: datetime) -> None:
        count, step = 0, outbox.Purged(0, 0, is_last=False)
        while not step.is_last:
            step = outbox.purge(before=now - settings.DELIVERIES_KEPT_FOR, after=step.last)
            count += step.removed
        self.stdout.write(f"{count} messages removed")

    def _show(self, now: datetime) -> None:
        behind = queries.lag(now=now)
        ready, next_at = outbox.waiting(now=now)
        self.stdout.write(f"lag: {_rounded(behind)} ({ready} messages could be sent now)")
        if next_at:
            self.stdout.write(f"the next of those put off may go at {next_at:%Y-%m-%d %H:%M:%S} UTC")
        last = heartbeats.of([heartbeats.TICK, heartbeats.SEND])
        for name in (heartbeats.TICK, heartbeats.SEND):
            when = f"{_rounded(now - last[name])} ago" if name in last else "never"
            self.stdout.write(f"last {name}: {when}")
        for what, count in queries.stepped_aside(now=now).items():
            if count:
                self.stdout.write(f"{what}s that stepped aside: {count}")
        for kind, channel, state, count in queries.counts():
            self.stdout.write(f"{kind:20} {channel:9} {state:8} {count:>9}")
        uncertain = queries.uncertain()
        self.stdout.write(f"uncertain: {uncertain.count()}")
        for delivery in uncertain[:SHOWN]:
            self.stdout.write(f"  {delivery.pk} {delivery.key} {delivery.state} {delivery.reason}".rstrip())


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))
