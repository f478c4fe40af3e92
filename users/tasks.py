"""Celery entry points of accounts."""

from collections.abc import Callable

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from users import cleaning, zone_data

LONGEST_RUN = 20.0  # seconds of each minute: what is sent meanwhile needs the worker as well


@shared_task
def flush_expired_tokens() -> None:
    """Removes refresh tokens that have expired."""
    if not _until_done(lambda: cleaning.remove_expired_tokens(now=clock.now())):
        wake("users.tasks.flush_expired_tokens")


@shared_task
def clear_admin_sessions() -> None:
    """Removes the admin's sessions that have expired."""
    if not _until_done(lambda: cleaning.remove_expired_sessions(now=clock.now())):
        wake("users.tasks.clear_admin_sessions")


@shared_task
def remove_unconfirmed_accounts(after: int = 0) -> None:
    """Removes accounts that were never confirmed, from an id on."""
    last: int | None = after

    def step() -> bool:
        nonlocal last
        last = cleaning.remove_unconfirmed(now=clock.now(), after=last or 0)
        return last is not None

    if not _until_done(step):
        wake("users.tasks.remove_unconfirmed_accounts", last)


@shared_task
def take_up_zone_data() -> None:
    """Takes people through a new release of the tz database, where there is one; the next minute goes on."""
    may_go_on = stopping.deadline(LONGEST_RUN)
    while may_go_on() and zone_data.take_up(now=clock.now()):
        pass


def _until_done(step: Callable[[], object]) -> bool:
    """Takes steps until one finds nothing more; False where the time was up first, or the worker was asked to end."""
    may_go_on = stopping.deadline(LONGEST_RUN)
    while step():
        if not may_go_on():
            return False
    return True
