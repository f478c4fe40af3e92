"""The checks of `manage.py doctor`: settings, clocks, and everything that the service needs.

A check yields a finding for each problem, with a sentence that says what to do. An exception in a check becomes a finding
too, so that the other checks still run.
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
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http.request import validate_host
from django_celery_beat.models import PeriodicTask
from redis.exceptions import RedisError, ResponseError
from telegram import WebhookInfo
from telegram.error import InvalidToken, TelegramError

from common import running
from common.call_timeout import call_with_timeout
from common.redis import connect, key
from common.redis import connection as redis_connection
from config import env
from config.celery import app
from config.env import BASE_DIR
from config.private_files import readable_by_others
from notifications.channels.telegram.client import TelegramClient, is_from_bot_api
from notifications.models import Digest, Heartbeat, Reminder
from notifications.monitoring import liveness
from notifications.outbox import queries
from web import builds

logger = logging.getLogger(__name__)

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
CHECK_TIMEOUT = timedelta(seconds=15)  # for Telegram and the mail server
MAIL_TIMEOUT = 5  # seconds, for each step
MAX_OFFSET = timedelta(seconds=2)  # between the clocks of this machine and the database
MAX_LAG = timedelta(minutes=5)
MIN_SECRET_LENGTH = 32  # characters
MIN_FREE = 500 * 2**20  # bytes on the disk of DATA_DIR
MAX_REDIS_USE = 0.9  # of its memory limit
MAX_PENDING_UPDATES = 100  # at Telegram
RECENT = timedelta(hours=1)
REQUIRED_UPDATES = {"message", "callback_query"}


class Finding(NamedTuple):
    """A problem and how to fix it, or (`is_problem` false) something to know."""

    text: str
    is_problem: bool = True


Check = Callable[[datetime], Iterator[Finding]]


def run_checks(*, now: datetime) -> Iterator[tuple[str, list[Finding]]]:
    """Run every check; yield its name and its findings."""
    for name, check in CHECKS.items():
        try:
            yield name, list(check(now))
        except (OperationalError, InterfaceError) as error:
            # Without the error's text, which may name the user and the address of the database.
            logger.debug("the check %r failed", name, exc_info=True)
            yield (
                name,
                [Finding(f"The database cannot be reached ({type(error).__name__}): start it, or set DATABASE_URL.")],
            )
        except Exception as error:  # any error: the other checks must run
            logger.debug("the check %r failed", name, exc_info=True)
            yield name, [Finding(f"This check failed ({type(error).__name__}).")]


def addresses(now: datetime) -> Iterator[Finding]:
    """Check that SITE_URL, ALLOWED_HOSTS and DEBUG fit together."""
    site = urlsplit(settings.SITE_URL)
    host, is_local = site.hostname or "", site.hostname in LOOPBACK
    sends_links = settings.TELEGRAM_BOT_TOKEN or settings.EMAIL_HOST
    if is_local and sends_links:
        yield Finding(
            f"Links in mails and messages lead to {settings.SITE_URL}, which works only on this machine: set SITE_URL "
            "to the address that users open."
        )
    if not is_local and site.scheme == "http":
        yield Finding(
            "Passwords are sent unencrypted: serve the site over https and set SITE_URL accordingly.", is_problem=False
        )
    if site.scheme == "https" and not settings.TRUSTED_PROXIES:
        yield Finding(
            "SITE_URL is https, but no proxy is trusted: limits count everybody as one network address, and browsers are "
            "not told to use https only. Set TRUSTED_PROXIES to the number of proxies.",
            is_problem=False,
        )
    if not validate_host(host, settings.ALLOWED_HOSTS):
        yield Finding(f"ALLOWED_HOSTS does not contain {host}, the host of SITE_URL: add it.")
    elif "*" in settings.ALLOWED_HOSTS and not is_local:
        yield Finding(f"ALLOWED_HOSTS allows any host name: set it to {host}.", is_problem=False)
    if settings.DEBUG and not is_local:
        yield Finding("With DEBUG, error pages show source code and settings to everybody: set DEBUG=off.")


def secret_key(now: datetime) -> Iterator[Finding]:
    """Check that SECRET_KEY can be neither guessed nor read by others."""
    key, path = settings.SECRET_KEY, Path(settings.DATA_DIR) / "secret_key"
    if len(key) < MIN_SECRET_LENGTH or len(set(key)) < 8 or key.startswith("django-insecure"):
        yield Finding(f"SECRET_KEY can be guessed: use at least {MIN_SECRET_LENGTH} random characters.")
    if readable_by_others(path):
        yield Finding(f"Other users of this machine can read {path}: run chmod 600 {path}.")


def files(now: datetime) -> Iterator[Finding]:
    """Check that other users of this machine cannot read what is stored here."""
    if readable_by_others(folder := Path(settings.DATA_DIR)):
        yield Finding(f"Other users of this machine can enter {folder}: run chmod 700 {folder}.", is_problem=False)
    if settings.DATABASE["ENGINE"].endswith("sqlite3") and readable_by_others(file := Path(settings.DATABASE["NAME"])):
        yield Finding(f"Other users of this machine can read {file}: run chmod 600 {file}.")
    if readable_by_others(variables := BASE_DIR / ".env"):
        yield Finding(
            f"Other users of this machine can read {variables}: run chmod 600 {variables}, if it holds secrets.",
            is_problem=False,
        )


def database(now: datetime) -> Iterator[Finding]:
    """Check that the database responds and all migrations are applied."""
    connection.ensure_connection()
    executor = MigrationExecutor(connection)
    if missing := len(executor.migration_plan(executor.loader.graph.leaf_nodes())):
        yield Finding(f"Migrations that are not applied: {missing}. Run manage.py migrate.")


def clocks(now: datetime) -> Iterator[Finding]:
    """Check this machine's clock against the database's, and look for data written by a clock that ran ahead."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            [at] = cursor.fetchone()
        if abs(offset := datetime.now(UTC) - at) > MAX_OFFSET:
            ahead = "ahead of" if offset > timedelta(0) else "behind"
            yield Finding(
                f"This machine's clock is {abs(offset).total_seconds():.0f} s {ahead} the database's: synchronize both "
                "by NTP."
            )
    soon = now + timedelta(minutes=1)
    if names := sorted(Heartbeat.objects.filter(at__gt=soon).values_list("name", flat=True)[:3]):
        yield Finding(
            f"The last heartbeats ({', '.join(names)}) lie in the future: a clock ran ahead. Check that it is correct "
            "now; the next heartbeats replace them."
        )
    ahead_of_now = sum(model._default_manager.filter(planned_at__gt=soon).count() for model in (Reminder, Digest))
    if ahead_of_now:
        yield Finding(
            f"Reminders and digests planned while a clock ran ahead: {ahead_of_now}. The next ticks plan them again.",
            is_problem=False,
        )


def beat(now: datetime) -> Iterator[Finding]:
    """Check that beat's rows in the database let its entries run."""
    rows = {row.name: row for row in PeriodicTask.objects.filter(name__in=app.conf.beat_schedule)}
    if not rows:
        yield Finding(
            "Beat has never run with this database: start it (celery -A config beat), or run manage.py tick every minute.",
            is_problem=False,
        )
    for name, row in rows.items():
        if not row.enabled:
            yield Finding(f"Beat's entry {name} is disabled: enable it in the admin, under Periodic tasks.")
        if row.last_run_at and row.last_run_at > now + timedelta(minutes=1):
            yield Finding(
                f"The last run of beat's entry {name} lies in the future, and beat waits until then: restart beat."
            )


def redis(now: datetime) -> Iterator[Finding]:
    """Check that Redis responds, accepts writes and has free memory: that of `make run`, if it runs on this DATA_DIR."""
    of_supervisor = running.find_redis(Path(settings.DATA_DIR))
    client = connect(of_supervisor) if of_supervisor else redis_connection()
    try:
        client.set(key("doctor:probe"), 1, ex=60)
    except ResponseError as error:
        yield Finding(
            f"Redis accepts no writes ({str(error).split(' ')[0]}), so nothing is sent: give it more memory or disk space."
        )
    except RedisError as error:
        name = type(error).__name__
        if of_supervisor:
            yield Finding(
                f"The Redis of make run does not respond ({name}), so nothing is sent: see what make run says."
            )
        else:
            yield Finding(f"Redis does not respond at REDIS_URL ({name}), so nothing is sent: start it.")
        return
    try:
        memory = client.info("memory")
    except RedisError:  # some hosting services forbid INFO
        return
    limit, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
    # With an eviction policy a full Redis does no harm: messages and counters may be lost, the tables have the data.
    refuses = str(memory.get("maxmemory_policy", "noeviction")) == "noeviction"
    if limit and refuses and used > MAX_REDIS_USE * limit:
        yield Finding(
            f"Redis uses {used / limit:.0%} of its memory and refuses writes when it is full: raise maxmemory."
        )


def client(now: datetime) -> Iterator[Finding]:
    """Check that the web client is built: without it the site answers 503."""
    if builds.entry() is None:
        yield Finding(
            "The web client is not built, so its pages answer 503: run manage.py build_client, then restart the web process."
        )


def telegram(now: datetime) -> Iterator[Finding]:
    """Check that Telegram accepts the bot's token and sends the bot's updates to this service."""
    if not settings.TELEGRAM_BOT_TOKEN:
        yield Finding("TELEGRAM_BOT_TOKEN is empty: messages are printed instead of sent.", is_problem=False)
        return
    host = urlsplit(settings.TELEGRAM_API_BASE_URL).hostname
    try:
        info = call_with_timeout(CHECK_TIMEOUT, _webhook_info)
    except InvalidToken as error:
        if not is_from_bot_api(error):
            yield Finding(f"The server at {host} is not the Bot API: check TELEGRAM_API_BASE_URL and proxies.")
            return
        yield Finding(
            "Telegram does not accept the bot's token: it was revoked or mistyped. Get it from @BotFather again and set "
            "TELEGRAM_BOT_TOKEN."
        )
        return
    except (ImportError, ValueError) as error:  # raised by the HTTP client before it connects
        yield Finding(
            f"The proxy in the environment cannot be used ({type(error).__name__}): check HTTPS_PROXY and ALL_PROXY."
        )
        return
    except (TelegramError, TimeoutError) as error:
        yield Finding(
            f"Telegram does not respond at {host} ({type(error).__name__}): check TELEGRAM_API_BASE_URL, the network "
            "and the proxy variables."
        )
        return
    yield from _check_updates(info, now)


def _webhook_info() -> WebhookInfo:
    client = TelegramClient()
    try:
        client.get_username()
        return client.run(client.bot.get_webhook_info())
    finally:
        client.close()


def _check_updates(info: WebhookInfo, now: datetime) -> Iterator[Finding]:
    expected = f"{settings.SITE_URL}/api/tg/webhook/" if settings.TELEGRAM_WEBHOOK_SECRET else ""
    if expected and not expected.startswith("https://"):
        yield Finding(
            "Telegram calls only https addresses: set SITE_URL to one, or leave TELEGRAM_WEBHOOK_SECRET empty to poll."
        )
    if info.url != expected:
        yield Finding(
            "The bot's webhook at Telegram does not match the settings: run manage.py bot, which sets or removes it."
        )
    if info.allowed_updates and not set(info.allowed_updates) >= REQUIRED_UPDATES:
        yield Finding(
            "The bot does not receive all messages and button taps because of an old setting at Telegram: restart the bot."
        )
    failed_at = info.last_error_date
    if expected and failed_at and now - failed_at < RECENT:
        yield Finding(
            f"Telegram could not deliver updates ({info.last_error_message}): check that SITE_URL can be reached from the "
            "internet."
        )
    if info.pending_update_count > MAX_PENDING_UPDATES:
        yield Finding(
            f"Updates waiting at Telegram: {info.pending_update_count}. Check that the bot is running (manage.py bot)."
        )


def delivery(now: datetime) -> Iterator[Finding]:
    """Check that due messages are sent, and look for those that fail to be planned or composed."""
    lag, stopped = queries.lag(now=now), liveness.stalled(now=now)
    minutes = int(lag.total_seconds() // 60)
    if "tick" in stopped:
        yield Finding(
            f"Messages are {minutes} minutes late and no tick runs: check that beat and a worker are running."
        )
    elif stopped:
        yield Finding(f"Messages are {minutes} minutes late and nothing is sent: check the workers' logs.")
    elif lag > MAX_LAG:
        yield Finding(f"Messages are {minutes} minutes late: check the workers' logs, or run more workers.")
    for what, count in queries.count_failing(now=now).items():
        if count:
            yield Finding(
                f"{count} × {what} failed and is retried with growing delays: the worker's log has the error."
            )


def mail(now: datetime) -> Iterator[Finding]:
    """Check that the mail server accepts a login."""
    if not settings.EMAIL_HOST:
        yield Finding(
            "EMAIL_HOST is empty: mails, also those that confirm an address, are only printed.", is_problem=False
        )
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        call_with_timeout(CHECK_TIMEOUT, _open_mail)
    except SMTPAuthenticationError:
        yield Finding(f"{where} refuses the login with EMAIL_HOST_USER and EMAIL_HOST_PASSWORD: correct them.")
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        yield Finding(
            f"The mail server {where} cannot be used ({type(error).__name__}): check EMAIL_HOST, EMAIL_PORT, "
            "EMAIL_USE_TLS and EMAIL_USE_SSL."
        )


def _open_mail() -> None:
    backend = get_connection(timeout=MAIL_TIMEOUT)
    backend.open()
    backend.close()


def disk(now: datetime) -> Iterator[Finding]:
    """Check the free space on the disk of DATA_DIR."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < MIN_FREE:
        yield Finding(
            f"Only {free // 2**20} MB are free on the disk of {settings.DATA_DIR}: free space before writes fail."
        )


def monitoring(now: datetime) -> Iterator[Finding]:
    """Check that somebody is notified when the service stops working."""
    if not settings.HEARTBEAT_URL and not settings.METRICS_TOKEN:
        yield Finding(
            "Nobody is notified when reminders stop: set HEARTBEAT_URL, or monitor /statusz/.", is_problem=False
        )


def variables(now: datetime) -> Iterator[Finding]:
    """Check that no variable is ignored because of a spelling mistake."""
    for name, nearest in env.misspelt_names().items():
        yield Finding(f"{name} is not a variable of this service and has no effect: did you mean {nearest}?")


CHECKS: dict[str, Check] = {
    "variables": variables,
    "addresses": addresses,
    "secret key": secret_key,
    "database": database,
    "clocks": clocks,
    "beat": beat,
    "redis": redis,
    "client": client,
    "telegram": telegram,
    "delivery": delivery,
    "mail": mail,
    "disk": disk,
    "files": files,
    "monitoring": monitoring,
}
