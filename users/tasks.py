"""Celery entry points of accounts."""

from collections.abc import Callable

from celery import shared_task

from common import clock, stopping
from common.wake import wake
from users import cleanup, zone_data

MAX_RUN_SECONDS = 20.0  # of each minute, so that the worker has time for sending


@shared_task
def flush_expired_tokens() -> None:
    """Remove expired sessions, devices that have not signed in for long, and challenges without an answer."""
    now = clock.now()
    steps = (cleanup.remove_expired_sessions, cleanup.remove_unused_devices, cleanup.remove_expired_challenges)
    if not _run_until_done(lambda: any(step(now=now) for step in steps)):
        wake("users.tasks.flush_expired_tokens")


@shared_task
def clear_admin_sessions() -> None:
    """Remove expired admin sessions."""
    if not _run_until_done(lambda: cleanup.remove_expired_admin_sessions(now=clock.now())):
        wake("users.tasks.clear_admin_sessions")


@shared_task
def remove_unconfirmed_accounts(after: int = 0) -> None:
    """Remove accounts that were never confirmed, with ids above `after`."""
    last: int | None = after

    def step() -> bool:
        nonlocal last
        last = cleanup.remove_unconfirmed(now=clock.now(), after=last or 0)
        return last is not None

    if not _run_until_done(step):
        wake("users.tasks.remove_unconfirmed_accounts", last)


@shared_task
def apply_zone_data_release() -> None:
    """Replan users after an update of the tz database. Does nothing if there is no new release.

    The next run, a minute later, continues where this one stopped.
    """
    has_time = stopping.deadline(MAX_RUN_SECONDS)
    while has_time() and zone_data.replan_next_user(now=clock.now()):
        pass


def _run_until_done(step: Callable[[], object]) -> bool:
    """Call `step` until it returns a false value; return False if the time is up or the worker stops before that."""
    has_time = stopping.deadline(MAX_RUN_SECONDS)
    while step():
        if not has_time():
            return False
    return True
