"""`manage.py tick`: one pass of planning and sending, for hosts that run only scheduled commands."""

from typing import Any

from django.core.management.base import BaseCommand

from common import clock
from community.tasks import look_after_challenges, settle_leaderboards
from notifications import outbox
from notifications.tasks import send_all
from notifications.ticking import queue_all_due
from tracking.tasks import keep_up
from users.tasks import take_up_zone_data


class Command(BaseCommand):
    help = "Queues what is due and sends what is queued, once. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        take_up_zone_data()
        keep_up()
        look_after_challenges()
        queued = queue_all_due().queued
        send_all()
        settle_leaderboards()
        now = clock.now()
        ready, next_at = outbox.waiting(now=now)
        self.stdout.write(f"{queued} reminders queued; {ready} messages left to send")
        if next_at:
            self.stdout.write(f"the next of those put off may go at {next_at:%Y-%m-%d %H:%M:%S} UTC")
