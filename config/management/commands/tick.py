"""`manage.py tick`: one pass of planning and sending, for hosts that run only scheduled commands."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications.tasks import queue_all_due, send_all


class Command(BaseCommand):
    help = "Queues what is due and sends what is queued, once. Run it every minute."

    def handle(self, *args: Any, **options: Any) -> None:
        queued = queue_all_due()
        finished = send_all()
        self.stdout.write(f"{queued} reminders queued; the outbox is {'empty' if finished else 'not empty yet'}")
