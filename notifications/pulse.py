"""Whether reminders move at all: the one rule of /statusz/, `manage.py outbox` and the outside heartbeat.

Something that stops makes no line in any log. So the service says regularly that it moves, to HEARTBEAT_URL, and
whoever watches that address is told when it falls silent.
"""

import logging
from datetime import datetime, timedelta

import httpx
from django.conf import settings

from common.call_timeout import call_with_timeout
from notifications import heartbeats, queries

logger = logging.getLogger(__name__)

MAX_CALL = timedelta(seconds=3)  # resolving the name, connecting and the answer together


def stopped(*, now: datetime) -> list[str]:
    """Return what does not move while something is due: "tick", "send", both, or nothing.

    That is what was last done more than three minutes ago; what was never done counts once something has been due
    for as long.
    """
    lag = queries.lag(now=now)
    if not lag:
        return []
    last = heartbeats.of([heartbeats.TICK, heartbeats.SEND])
    begun = now - lag
    return [
        name for name in (heartbeats.TICK, heartbeats.SEND) if not heartbeats.is_fresh(last.get(name, begun), now=now)
    ]


def pulse(*, now: datetime) -> bool:
    """Call HEARTBEAT_URL unless something has stopped; return whether the call was made.

    For the end of a tick that did its work, outside any transaction. Takes three seconds at most; a failure is a
    log line.
    """
    if not settings.HEARTBEAT_URL:
        return False
    if quiet := stopped(now=now):
        logger.warning("no heartbeat: something is due and there was no %s for three minutes", " and no ".join(quiet))
        return False
    try:
        call_with_timeout(MAX_CALL, lambda: _call(settings.HEARTBEAT_URL))
    except TimeoutError:
        logger.warning("the heartbeat's address did not answer within %.0f s", MAX_CALL.total_seconds())
    return True


def _call(url: str) -> None:
    # Errors are named by their kind only: whoever knows the address can speak for this service.
    try:
        with httpx.Client(timeout=MAX_CALL.total_seconds()) as client, client.stream("GET", url) as answer:
            if answer.is_error:
                logger.warning("the heartbeat's address answered %s", answer.status_code)
    except Exception as error:  # a proxy that cannot be used raises what it likes, and no tick fails by it
        logger.warning("the heartbeat's address cannot be called: %s", type(error).__name__)
