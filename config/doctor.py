"""What `manage.py doctor` looks at: settings, clocks, and all that the service needs, with what to mend.

A check gives a finding for each thing that is not as it should be, in a sentence that says what to do. What a check
raises is a finding as well, so that none keeps the others from being made.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from smtplib import SMTPAuthenticationError
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http.request import validate_host
from django_celery_beat.models import PeriodicTask
from redis.exceptions import RedisError, ResponseError
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from common.call_timeout import call_with_timeout
from common.redis import connection as redis_connection
from common.redis import key
from config.celery import app
from notifications import liveness, queries
from notifications.models import Digest, Heartbeat, Reminder
from notifications.telegram.client import TelegramClient, is_telegrams

logger = logging.getLogger(__name__)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
PATIENCE = timedelta(seconds=15)  # with Telegram, with the mail server
MAIL_TIMEOUT = 5  # seconds, of each step
MAX_OFFSET = timedelta(seconds=2)  # between two clocks
MAX_LAG = timedelta(minutes=5)
MIN_SECRET = 32  # characters
MIN_FREE = 500 * 2**20  # bytes on the disk of DATA_DIR
FULL = 0.9  # of Redis's memory
MAX_WAITING = 100  # updates that wait with Telegram
RECENT = timedelta(hours=1)
NEEDED = {"message", "callback_query"}  # kinds of updates


class Finding(NamedTuple):
    """What to mend, or (`is_wrong` false) what one should know."""

    text: str
    is_wrong: bool = True


Check = Callable[[datetime], Iterator[Finding]]


def examine(*, now: datetime) -> Iterator[tuple[str, list[Finding]]]:
    """Make every check; give its name and its findings."""
    for name, check in CHECKS.items():
        try:
            yield name, list(check(now))
        except Exception as error:  # whatever it is, the other checks are made
            logger.debug("the check of %s failed", name, exc_info=True)
            yield name, [Finding(f"This could not be checked ({type(error).__name__}).")]


def addresses(now: datetime) -> Iterator[Finding]:
    """SITE_URL, ALLOWED_HOSTS and DEBUG, and whether they agree."""
    site = urlsplit(settings.SITE_URL)
    host, is_local = site.hostname or "", site.hostname in LOOPBACK
    speaks = settings.TELEGRAM_BOT_TOKEN or settings.EMAIL_HOST
    if is_local and speaks:
        yield Finding(
            f"Links in mails and messages lead to {settings.SITE_URL}, which is everybody's own machine: set "
            "SITE_URL to the address that people use."
        )
    if not is_local and site.scheme == "http":
        yield Finding("Passwords travel unencrypted: serve SITE_URL by https.", is_wrong=False)
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Finding(f"ALLOWED_HOSTS refuses {host}, the host of SITE_URL: add it.")
    elif "*" in settings.ALLOWED_HOSTS and not is_local:
        yield Finding(f"ALLOWED_HOSTS answers to any name: set it to {host}.", is_wrong=False)
    if settings.DEBUG and not is_local:
        yield Finding("DEBUG shows source and settings to everybody who meets an error: set DEBUG=off.")


def secret_key(now: datetime) -> Iterator[Finding]:
    """Whether SECRET_KEY can be guessed or read."""
    key, path = settings.SECRET_KEY, Path(settings.DATA_DIR) / "secret_key"
    if len(key) < MIN_SECRET or len(set(key)) < 8 or key.startswith("django-insecure"):
        yield Finding(f"SECRET_KEY can be guessed: take one of {MIN_SECRET} random characters or more.")
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding(f"Others on this machine can read {path}: chmod 600 {path}.")


def database(now: datetime) -> Iterator[Finding]:
    """Whether the database answers, and has this code's tables."""
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if left := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
        yield Finding(f"{left} migrations are to be applied: run manage.py migrate.")


def clocks(now: datetime) -> Iterator[Finding]:
    """Whether this machine's clock agrees with the database's, which counts; and what a wrong clock left behind."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            [at] = cursor.fetchone()
        if abs(offset := datetime.now(UTC) - at) > MAX_OFFSET:
            ahead = "ahead of" if offset > timedelta(0) else "behind"
            yield Finding(
                f"This machine's clock is {abs(offset).total_seconds():.0f} s {ahead} the database's: let both "
                "be set by NTP."
            )
    soon = now + timedelta(minutes=1)
    if names := sorted(Heartbeat.objects.filter(at__gt=soon).values_list("name", flat=True)[:3]):
        yield Finding(
            f"The last signs of life ({', '.join(names)}) lie in the future: a clock was ahead. See that it is "
            "right now; the next ones replace them."
        )
    ahead_of_now = sum(model._default_manager.filter(planned_at__gt=soon).count() for model in (Reminder, Digest))
    if ahead_of_now:
        yield Finding(
            f"{ahead_of_now} plans were made by a clock that was ahead: the next ticks make them again.", is_wrong=False
        )


def beat(now: datetime) -> Iterator[Finding]:
    """Whether beat's rows let its entries run."""
    rows = {row.name: row for row in PeriodicTask.objects.filter(name__in=app.conf.beat_schedule)}
    if not rows:
        yield Finding(
            "Beat has never run here: start it (celery -A config beat), or run manage.py tick every minute.",
            is_wrong=False,
        )
    for name, row in rows.items():
        if not row.enabled:
            yield Finding(f"Beat's entry {name} is disabled: enable it in the admin, under Periodic tasks.")
        if row.last_run_at and row.last_run_at > now + timedelta(minutes=1):
            yield Finding(f"Beat noted the last run of {name} in the future, and waits until then: start beat again.")


def redis(now: datetime) -> Iterator[Finding]:
    """Whether Redis answers, has room, and keeps what it was given."""
    found = redis_connection()
    try:
        found.set(key("doctor:probe"), 1, ex=60)
    except ResponseError as error:
        yield Finding(
            f"Redis takes nothing ({str(error).split(' ')[0]}), so nothing is sent: give it more memory or disk."
        )
    except RedisError as error:
        yield Finding(f"Redis does not answer at REDIS_URL ({type(error).__name__}), so nothing is sent: start it.")
        return
    try:
        memory = found.info("memory")
    except RedisError:  # some hosts do not tell
        return
    limit, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
    # One that makes room by itself does no harm: the tables are the truth, hints and limits can be lost.
    refuses = str(memory.get("maxmemory_policy", "noeviction")) == "noeviction"
    if limit and refuses and used > FULL * limit:
        yield Finding(
            f"Redis uses {used / limit:.0%} of its memory, and refuses writes when it is full: raise maxmemory."
        )


def telegram(now: datetime) -> Iterator[Finding]:
    """Whether Telegram knows the bot, and gives its updates to this service."""
    if not settings.TELEGRAM_BOT_TOKEN:
        yield Finding("TELEGRAM_BOT_TOKEN is empty: messages are printed instead of sent.", is_wrong=False)
        return
    host = urlsplit(settings.TELEGRAM_API_BASE_URL).hostname
    try:
        info = call_with_timeout(PATIENCE, _webhook_info)
    except InvalidToken as error:
        if not is_telegrams(error):
            yield Finding(f"What answers at {host} is not the Bot API: see TELEGRAM_API_BASE_URL and proxies.")
            return
        yield Finding(
            "Telegram does not know the bot: its token was revoked or mistyped. Take TELEGRAM_BOT_TOKEN from "
            "@BotFather again."
        )
        return
    except (ImportError, ValueError) as error:  # of the HTTP client, before it asks anybody
        yield Finding(
            f"The proxy that the environment names cannot be used ({type(error).__name__}): see HTTPS_PROXY and ALL_PROXY."
        )
        return
    except (TelegramError, TimeoutError) as error:
        yield Finding(
            f"Telegram does not answer at {host} ({type(error).__name__}): see TELEGRAM_API_BASE_URL, the "
            "network, and the proxy variables."
        )
        return
    yield from _updates(info, now)


def _webhook_info() -> WebhookInfo:
    client = TelegramClient()
    try:
        client.username()
        return client.run(client.bot.get_webhook_info())
    finally:
        client.close()


def _updates(info: WebhookInfo, now: datetime) -> Iterator[Finding]:
    wanted = f"{settings.SITE_URL}/api/tg/webhook/" if settings.TELEGRAM_WEBHOOK_SECRET else ""
    if wanted and not wanted.startswith("https://"):
        yield Finding("Telegram calls https addresses only: set SITE_URL to one, or empty TELEGRAM_WEBHOOK_SECRET.")
    if info.url != wanted:
        yield Finding(
            "The bot's updates go elsewhere than TELEGRAM_WEBHOOK_SECRET says: run manage.py bot, which sets "
            "the webhook or takes it away."
        )
    if info.allowed_updates and not set(info.allowed_updates) >= NEEDED:
        yield Finding("An earlier setting of the bot keeps taps or messages from it: start the bot again.")
    failed_at = info.last_error_date
    if wanted and failed_at and now - failed_at < RECENT:
        yield Finding(
            f"Telegram could not hand over updates ({info.last_error_message}): see that SITE_URL can be reached "
            "from outside."
        )
    if info.pending_update_count > MAX_WAITING:
        yield Finding(f"{info.pending_update_count} updates wait with Telegram: see that the bot runs (manage.py bot).")


def delivery(now: datetime) -> Iterator[Finding]:
    """Whether what is due happens, and what cannot be planned or composed."""
    lag, stopped = queries.lag(now=now), liveness.stalled(now=now)
    minutes = int(lag.total_seconds() // 60)
    if "tick" in stopped:
        yield Finding(f"What is due waits for {minutes} minutes and no tick comes: see that beat and a worker run.")
    elif stopped:
        yield Finding(f"What is due waits for {minutes} minutes and nothing is sent: see what the workers log.")
    elif lag > MAX_LAG:
        yield Finding(f"Messages are {minutes} minutes late: see what the workers log, and run more of them.")
    for what, count in queries.count_failing(now=now).items():
        if count:
            yield Finding(
                f"{count} × {what} stepped aside, and is tried more and more seldom: the worker's log has why."
            )


def mail(now: datetime) -> Iterator[Finding]:
    """Whether the mail server takes us."""
    if not settings.EMAIL_HOST:
        yield Finding(
            "EMAIL_HOST is empty: mails, with the links that confirm an address, are printed only.", is_wrong=False
        )
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        call_with_timeout(PATIENCE, _open_mail)
    except SMTPAuthenticationError:
        yield Finding(f"{where} refuses EMAIL_HOST_USER with EMAIL_HOST_PASSWORD: correct them.")
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        yield Finding(
            f"No mail can be handed to {where} ({type(error).__name__}): see EMAIL_HOST, EMAIL_PORT, "
            "EMAIL_USE_TLS and EMAIL_USE_SSL."
        )


def _open_mail() -> None:
    backend = get_connection(timeout=MAIL_TIMEOUT)
    backend.open()
    backend.close()


def disk(now: datetime) -> Iterator[Finding]:
    """Whether there is room where the data are."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < MIN_FREE:
        yield Finding(f"{free // 2**20} MB are free where {settings.DATA_DIR} is: make room before writes fail.")


def monitoring(now: datetime) -> Iterator[Finding]:
    """Whether anybody is told when all this stops."""
    if not settings.HEARTBEAT_URL and not settings.METRICS_TOKEN:
        yield Finding("Nobody is told when reminders stop: set HEARTBEAT_URL, or watch /statusz/.", is_wrong=False)


CHECKS: dict[str, Check] = {
    "addresses": addresses,
    "secret key": secret_key,
    "database": database,
    "clocks": clocks,
    "beat": beat,
    "redis": redis,
    "telegram": telegram,
    "delivery": delivery,
    "mail": mail,
    "disk": disk,
    "monitoring": monitoring,
}
