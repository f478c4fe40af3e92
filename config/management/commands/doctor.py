"""`manage.py doctor`: check the whole service and say what to fix; exit code 1 if there is a problem."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import clock
from config import doctor


class Command(BaseCommand):
    help = "Checks settings, clocks, database, Redis, Telegram, mail and delivery, and says what to fix."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        problems = 0
        for name, findings in doctor.run_checks(now=clock.now()):
            if not findings:
                self.stdout.write(f"{name:10}  ok")
            for finding in findings:
                self.stdout.write(f"{name:10}  {'PROBLEM' if finding.is_problem else 'note'}: {finding.text}")
            problems += sum(finding.is_problem for finding in findings)
        if problems:
            raise CommandError(f"{problems} problem{'s' if problems > 1 else ''} to fix")
