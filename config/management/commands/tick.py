"""`manage.py tick`: one pass of what beat and the workers do, for hosts that run only scheduled commands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import clock
from config import single_pass
from notifications import outbox


class Command(BaseCommand):
    help = "Does once all that is due: plans, sends, looks after the rest, and cleans up. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = single_pass.run_due(now=clock.now())
        ready, next_at = outbox.ready_and_next(now=clock.now())
        self.stdout.write(f"{ready} messages left to send")
        if next_at:
            self.stdout.write(f"the next of those put off may go at {next_at:%Y-%m-%d %H:%M:%S} UTC")
        if failed:
            raise CommandError(f"failed, and tried again by the next pass: {', '.join(failed)}")
