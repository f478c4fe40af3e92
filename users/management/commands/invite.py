"""`manage.py invite`: make an invitation for installations where signing up needs one, and print its link."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from users import invitations


class Command(BaseCommand):
    help = "Makes an invitation, good for one account, and prints its link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("note", nargs="?", default="", help="for whom, to tell it in the list of staff")
        parser.add_argument("--days", type=int, default=invitations.DEFAULT_LIFETIME.days, help="how long it is valid")

    def handle(self, *args: Any, note: str, days: int, **options: Any) -> None:
        if not 1 <= days <= 365:
            raise CommandError("--days must be 1 to 365")
        _, code = invitations.invite(note=note[:100], now=clock.now(), lifetime=timedelta(days=days))
        self.stdout.write(invitations.link_of(code))
        if settings.REGISTRATION != invitations.INVITATION:
            self.stderr.write(f"Nobody needs it: REGISTRATION is {settings.REGISTRATION}.")
