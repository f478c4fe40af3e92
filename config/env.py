"""Read the environment and `.env`: every malformed value is one clear error that names its variable."""

import os
import re
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import environ
from django.core.exceptions import ImproperlyConfigured
from limits import parse_many

T = TypeVar("T")
D = TypeVar("D")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def load(path: Path) -> None:
    """Load the variables of a `.env` file; those already in the environment win.

    Raise ImproperlyConfigured for a line that is neither a comment nor NAME=value.
    """
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not re.match(r"\s*(#|$|(export\s+)?[A-Za-z_]\w*\s*=)", line):
            raise ImproperlyConfigured(f"line {number} of {path.name} is malformed: it is not NAME=value")
    environ.Env.read_env(path)


# Tests set their own environment and must not use an operator's secrets.
if os.environ.get("DJANGO_READ_DOT_ENV", "on") == "on":
    load(BASE_DIR / ".env")


def read(name: str, cast: Callable[[str], T], default: D) -> T | D:
    """Return the variable `name` after `cast`, or `default` if it is unset or empty. Raise ImproperlyConfigured."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return cast(raw)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} is malformed: {error}") from error


def boolean(raw: str) -> bool:
    """Return the boolean for on/off, true/false, yes/no or 1/0."""
    word = raw.lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"'{raw}' is neither on nor off")


def int_between(minimum: int, maximum: int) -> Callable[[str], int]:
    """Return a cast to an integer between `minimum` and `maximum`, both included."""

    def cast(raw: str) -> int:
        number = int(raw)
        if not minimum <= number <= maximum:
            raise ValueError(f"{number} is not between {minimum} and {maximum}")
        return number

    return cast


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a cast to one of the choices, ignoring case."""

    def cast(raw: str) -> str:
        if raw.lower() not in choices:
            raise ValueError(f"'{raw}' is not one of {', '.join(choices)}")
        return raw.lower()

    return cast


def matching(pattern: str, description: str) -> Callable[[str], str]:
    """Return a cast to a text that matches a pattern as a whole."""

    def cast(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError(f"it must consist of {description}")
        return raw

    return cast


def rate(raw: str) -> str:
    """Return a rate such as 60/minute or 3/10 minutes, or several as 10/minute;60/hour, unchanged."""
    try:
        parse_many(raw)
    except ValueError as error:
        raise ValueError(f"'{raw}' is no rate such as 60/minute") from error
    return raw


def comma_separated(raw: str) -> list[str]:
    """Return the items of a comma-separated list."""
    return [word.strip() for word in raw.split(",") if word.strip()]


def url(*schemes: str) -> Callable[[str], str]:
    """Return a cast to a URL with one of the schemes, without a trailing slash."""

    def cast(raw: str) -> str:
        if not any(raw.startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"it must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw.rstrip("/")

    return cast


def database(raw: str) -> dict[str, Any]:
    """Return Django's database settings for a DATABASE_URL of SQLite or PostgreSQL."""
    settings: dict[str, Any] = environ.Env.db_url_config(raw)
    if settings.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ValueError("it must start with sqlite:/// or postgres://")
    if not settings.get("NAME"):
        raise ValueError("it names no database")
    if settings["ENGINE"] == "django.db.backends.postgresql":
        settings["ENGINE"] = "common.postgresql"  # Django's backend with timeouts
    return settings


def compose_database_url() -> str | None:
    """Return the URL made from the POSTGRES_* variables, with special characters escaped; None without POSTGRES_HOST."""
    host = os.environ.get("POSTGRES_HOST", "")
    if not host:
        return None
    user, password, name = (
        quote(os.environ.get(key) or "habits", safe="") for key in ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    )
    port = read("POSTGRES_PORT", int_between(1, 65535), 5432)
    return f"postgres://{user}:{password}@{host}:{port}/{name}"


def load_or_create_secret(folder: Path) -> str:
    """Return the secret key stored in `folder`; create it on first use."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as fresh:  # mode 0600
            fresh.write(secrets.token_urlsafe(50))
        # A hard link fails if the file exists, so all processes that start at the same time use the same key.
        try:
            os.link(fresh.name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh.name)
    return path.read_text().strip()
