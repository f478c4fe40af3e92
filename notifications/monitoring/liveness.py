"""Whether delivery is running: the rule behind /statusz/, `manage.py outbox` and the pings to HEARTBEAT_URL.

A process that stops writes nothing to any log. Therefore the service pings HEARTBEAT_URL regularly, and an external
monitor raises the alarm when the pings stop.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.module_loading import import_string

from common.call_timeout import call_with_timeout
from notifications.monitoring import heartbeats
from notifications.outbox import queries

logger = logging.getLogger(__name__)

_jobs: dict[str, str] = {}
MAX_CALL = timedelta(seconds=3)  # for name resolution, connecting and the answer together


def stalled(*, now: datetime) -> list[str]:
    """Return which jobs are stalled while something is due: "tick", "send", those of apps above, or none.

    A job is stalled if it last ran more than three minutes ago. One that never ran is stalled as soon as something has
    been due for three minutes.
    """
    lag = queries.lag(now=now)
    lags = {heartbeats.TICK: lag, heartbeats.SEND: lag} | {
        name: import_string(path)(now=now) for name, path in _jobs.items()
    }
    due_since = {name: now - lag for name, lag in lags.items() if lag}
    if not due_since:
        return []
    last = heartbeats.last_by_name(due_since)
    return [name for name, since in due_since.items() if not heartbeats.is_fresh(last.get(name, since), now=now)]


def add_job(name: str, lag: str) -> None:
    """Watch a job of an app above: it records heartbeats of this name. `lag`: the path of its function, as queries.lag."""
    _jobs[name] = lag


def ping(*, now: datetime) -> bool:
    """Call HEARTBEAT_URL unless a job is stalled; return whether the call was made.

    Call it at the end of a successful tick, outside any transaction. It takes at most three seconds and logs failures
    instead of raising them.
    """
    if not settings.HEARTBEAT_URL:
        return False
    if names := stalled(now=now):
        logger.warning("no ping: something is due and there was no %s for three minutes", " and no ".join(names))
        return False
    try:
        call_with_timeout(MAX_CALL, lambda: _call(settings.HEARTBEAT_URL))
    except TimeoutError:
        logger.warning("HEARTBEAT_URL did not answer within %.0f s", MAX_CALL.total_seconds())
    return True


def _call(url: str) -> None:
    import httpx  # here, because beat loads this module and calls nothing

    # Log only the kind of an error, never the URL: whoever knows it can send pings for this service.
    try:
        with httpx.Client(timeout=MAX_CALL.total_seconds()) as client, client.stream("GET", url) as answer:
            if not answer.is_success:  # a redirect is not followed
                logger.warning("HEARTBEAT_URL answered %s", answer.status_code)
    except Exception as error:  # a broken proxy setting can raise anything, and must not fail the tick
        logger.warning("HEARTBEAT_URL cannot be called: %s", type(error).__name__)
