"""Management command: recount all streaks from the logs and report tracks whose stored values differ."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from tracking.streaks.services import find_differences


class Command(BaseCommand):
    help = (
        "Recount all streaks and strengths from the logs and report stored values that differ (there should be none)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="correct the stored values")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = 0
        for track, stored, counted in find_differences(now=clock.now(), repair=repair):
            found += 1
            self.stdout.write(f"track {track.pk}: stored {stored}, counted {counted}")
        if found and not repair:
            raise CommandError(f"{found} tracks differ. Run again with --repair to correct them.")
        self.stdout.write(f"{found} tracks differed")
