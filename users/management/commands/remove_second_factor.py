"""`manage.py remove_second_factor EMAIL`: for staff who lost their device and their recovery codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from users import second_factor
from users.models import User


class Command(BaseCommand):
    help = "Removes a person's authenticator app and recovery codes, so that their password alone signs in again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"no account has the address {email}")
        if not second_factor.remove(user, now=clock.now()):
            raise CommandError(f"{email} has no second factor")
        self.stdout.write(f"{email} signs in to the admin with the password alone.")
