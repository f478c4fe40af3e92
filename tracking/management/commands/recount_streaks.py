"""`manage.py recount_streaks`: counts every track's streaks from its logs and reports any that differ."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from tracking.standing import differing


class Command(BaseCommand):
    help = "Counts all streaks from the logs; reports, and with --repair mends, any that differ. None may."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="bring them in line")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = 0
        for track, stored, counted in differing(now=clock.now(), repair=repair):
            found += 1
            self.stdout.write(f"track {track.pk}: stored {stored}, counted {counted}")
        if found and not repair:
            raise CommandError(f"{found} tracks differ; run again with --repair")
        self.stdout.write(f"{found} tracks differed")
