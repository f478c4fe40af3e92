"""The numbers of webhooks: when a failed one is sent again, how a breaker holds, when its user is told. Pure."""

from datetime import datetime, timedelta

from common.backoff import backoff
from common.outbound.answers import wait_asked_for

MAX_NAME_LENGTH = 100
MAX_REASON_LENGTH = 200
MAX_ANSWER_LENGTH = 1024
MAX_ENDPOINTS = 20  # of one user
SECRET_BYTES = 32
WHSEC = "whsec_"  # how a secret begins
ROTATION = timedelta(hours=24)  # for which the old secret signs as well
TIMEOUT = timedelta(seconds=15)
ATTEMPTS_KEPT_FOR = timedelta(days=30)
ENDED_KEPT_FOR = timedelta(days=1)

# The waits after the first failure, the second, …: ten attempts over 75 hours.
RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1  # of a wait, at most, is added
MAX_RETRY_AFTER = timedelta(hours=24)
MAX_WAIT = RETRIES[-1] * (1 + JITTER)  # of all waits
BREAKS_AFTER = 3  # failures in a row
WARN_AFTER = timedelta(hours=24)  # of nothing but failures
OFF_AFTER = timedelta(days=5)


def is_success(status: int) -> bool:
    """Return whether an answer says that the webhook was taken. A redirect does not."""
    return 200 <= status < 300


def next_wait(attempts: int, *, share: float) -> timedelta | None:
    """Return how long to wait after `attempts` failed attempts, None: no more. `share`: of the jitter, from 0 to 1."""
    if attempts > len(RETRIES):
        return None
    wait = RETRIES[attempts - 1]
    return wait + wait * JITTER * share


def hold(failures: int) -> timedelta:
    """Return for how long nothing is sent to an endpoint after so many failures in a row; zero: the breaker is closed."""
    return timedelta(0) if failures < BREAKS_AFTER else backoff(failures - BREAKS_AFTER + 1)


def retry_after(header: str | None, *, now: datetime) -> timedelta | None:
    """Return the wait that a Retry-After header asks for, up to MAX_RETRY_AFTER; None if it asks for none."""
    wait = wait_asked_for(header, now=now)
    return None if wait is None else min(wait, MAX_RETRY_AFTER)
