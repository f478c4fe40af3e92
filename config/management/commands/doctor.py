"""`manage.py doctor`: looks the whole service over and says what to mend; exit code 1 where something is wrong."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import clock
from config import doctor


class Command(BaseCommand):
    help = "Looks over settings, clocks, database, Redis, Telegram, mail and delivery, and says what to mend."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for name, findings in doctor.examine(now=clock.now()):
            if not findings:
                self.stdout.write(f"{name:10}  ok")
            for finding in findings:
                self.stdout.write(f"{name:10}  {'WRONG' if finding.is_wrong else 'note'}: {finding.text}")
            wrong += sum(finding.is_wrong for finding in findings)
        if wrong:
            raise CommandError(f"{wrong} to mend")
