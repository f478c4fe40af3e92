"""The settings that the supervisor needs, read by a process of its own: Django would double the supervisor's memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path


class MalformedSettings(RuntimeError):
    """The environment or `.env` is malformed; the message says what to change."""


@dataclass(frozen=True)
class ServiceSettings:
    """The settings of the service that decide which processes there are.

    `sqlite_file` is "" with PostgreSQL, `redis_url` if neither the environment nor `.env` names a server.
    """

    data_dir: str
    host: str
    port: int
    redis_url: str
    sqlite_file: str
    polls_telegram: bool


def load() -> ServiceSettings:
    """Return the settings. Raise MalformedSettings if the environment or `.env` is malformed."""
    command = [sys.executable, "-m", __name__]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    if read.returncode:
        raise MalformedSettings(read.stderr.strip())
    sys.stderr.write(read.stderr)
    return ServiceSettings(**json.loads(read.stdout))


def main() -> int:
    """Print the settings as JSON; return 1, with the reason on stderr, if they are malformed."""
    from django.core.exceptions import ImproperlyConfigured  # here, because only this process needs Django

    try:
        from config import env, settings  # here, because the import can fail
    except (ImproperlyConfigured, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    database = settings.DATABASE
    # With a webhook secret Telegram calls the web process instead.
    polls_telegram = bool(settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK_SECRET)
    found = ServiceSettings(
        data_dir=str(Path(settings.DATA_DIR)),
        host=env.raw("HOST").strip() or "127.0.0.1",
        port=settings.PORT,
        redis_url=settings.REDIS_URL if env.raw("REDIS_URL").strip() else "",
        sqlite_file=database["NAME"] if database["ENGINE"].endswith("sqlite3") else "",
        polls_telegram=polls_telegram,
    )
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
