"""Celery entry points of accounts."""

from celery import shared_task
from django.core.management import call_command


@shared_task
def flush_expired_tokens() -> None:
    """Removes refresh tokens that have expired (the library's own command)."""
    call_command("flushexpiredtokens")
