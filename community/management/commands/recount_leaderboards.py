"""`manage.py recount_leaderboards`: counts all leaderboards of everyone from the tracks and reports what differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from community.leaderboard_settling import differing


class Command(BaseCommand):
    help = "Counts all leaderboards from the tracks; reports, and with --repair mends, what differs. Nothing may."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="bring it in line")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = 0
        for each in differing(now=clock.now(), repair=repair):
            found += 1
            whose = f"user {each.user_id}" if each.user_id else "people"
            board, key = each.key
            self.stdout.write(f"{board} {key}, {whose}: stored {each.stored}, counted {each.counted}")
        if found and not repair:
            raise CommandError(f"{found} figures differ; run again with --repair")
        self.stdout.write(f"{found} figures differed")
