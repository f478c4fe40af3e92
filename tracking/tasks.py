"""Celery entry points: what comes true by itself as days begin."""

from celery import shared_task
from django.utils import timezone

from tracking.standing import catch_up


@shared_task
def count_days_that_came() -> None:
    """Counts logged days that travel had moved into the future, once they come."""
    now = timezone.now()
    while catch_up(now=now):
        pass
