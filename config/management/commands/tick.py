"""`manage.py tick`: do the work of beat and the workers once, for hosts that run only scheduled commands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import clock
from config import single_pass
from notifications.outbox import services as outbox


class Command(BaseCommand):
    help = "Does everything that is due, once: queues reminders, sends messages and cleans up. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        failed = single_pass.run_due(now=clock.now())
        ready, next_at = outbox.ready_and_next(now=clock.now())
        self.stdout.write(f"messages left to send: {ready}")
        if next_at:
            self.stdout.write(f"the next postponed message can be sent at {next_at:%Y-%m-%d %H:%M:%S} UTC")
        if failed:
            raise CommandError(f"failed, the next pass retries: {', '.join(failed)}")
