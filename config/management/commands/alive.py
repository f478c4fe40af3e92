"""`manage.py alive worker|beat`: whether one of this machine works; for health checks of containers."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from notifications import heartbeats

SILENT_FOR = timedelta(minutes=3)


class Command(BaseCommand):
    help = "Exits with 1 unless a worker (or beat) of this machine has noted within three minutes that it works."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=[heartbeats.WORKER, heartbeats.BEAT])

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        at, now = heartbeats.last_at_by_prefix(heartbeats.machine_prefix(role)), clock.now()
        if at is None or now - at > SILENT_FOR:
            raise CommandError(f"no {role} of this machine has worked since {at or 'ever'}")
        self.stdout.write(f"{role}: {(now - at).total_seconds():.0f} s ago")
