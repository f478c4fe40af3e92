"""`manage.py alive worker|beat`: check that a worker (or beat) of this machine works; for containers' health checks."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from notifications.monitoring import heartbeats

MAX_AGE = timedelta(minutes=3)


class Command(BaseCommand):
    help = "Exits with 1 unless a worker (or beat) of this machine has recorded a heartbeat within three minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=[heartbeats.WORKER, heartbeats.BEAT])

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        at, now = heartbeats.last_at_by_prefix(heartbeats.machine_prefix(role)), clock.now()
        if at is None or now - at > MAX_AGE:
            raise CommandError(
                f"no heartbeat of a {role} on this machine since {at}"
                if at
                else f"no {role} has ever run on this machine"
            )
        self.stdout.write(f"{role}: {(now - at).total_seconds():.0f} s ago")
