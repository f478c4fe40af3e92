"""`manage.py recount_leaderboards`: recount the global leaderboards from the tracks and report differences."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from community.leaderboards.settling import find_differences


class Command(BaseCommand):
    help = "Recount the global leaderboards from the tracks and report differences. There should be none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="correct the stored values that differ")

    def handle(self, *args: Any, repair: bool, **options: Any) -> None:
        found = 0
        for each in find_differences(now=clock.now(), repair=repair):
            found += 1
            subject = f"user {each.user_id}" if each.user_id else "number of users"
            board, key = each.key
            self.stdout.write(f"{board} {key}, {subject}: stored {each.stored}, counted {each.counted}")
        if found and not repair:
            raise CommandError(f"{found} values differ; run again with --repair to correct them")
        self.stdout.write(f"{found} values differed")
