"""Reads the environment (and `.env`): every malformed value is one clear error that names its variable."""

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

T = TypeVar("T")
D = TypeVar("D")

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def load(path: Path) -> None:
    """Takes up the variables of a `.env`; those of the environment win. Raises ImproperlyConfigured for a line
    that is neither a comment nor NAME=value."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not re.match(r"\s*(#|$|(export\s+)?[A-Za-z_]\w*\s*=)", line):
            raise ImproperlyConfigured(f"line {number} of {path.name} is malformed: it is not NAME=value")
    environ.Env.read_env(path)


# Tests bring their own environment and must not see an operator's secrets.
if os.environ.get("DJANGO_READ_DOT_ENV", "on") == "on":
    load(BASE_DIR / ".env")


def read(name: str, cast: Callable[[str], T], default: D) -> T | D:
    """The variable `name`, cast; `default` where it is absent or empty. Raises ImproperlyConfigured."""
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return cast(raw)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} is malformed: {error}") from error


def boolean(raw: str) -> bool:
    """on/off, true/false, yes/no, 1/0."""
    word = raw.lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"'{raw}' is neither on nor off")


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A cast to a whole number within [lowest, highest]."""

    def cast(raw: str) -> int:
        number = int(raw)
        if not lowest <= number <= highest:
            raise ValueError(f"{number} is not between {lowest} and {highest}")
        return number

    return cast


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a cast to one of the words, whatever its case."""

    def cast(raw: str) -> str:
        if raw.lower() not in choices:
            raise ValueError(f"'{raw}' is not one of {', '.join(choices)}")
        return raw.lower()

    return cast


def words(raw: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in raw.split(",") if word.strip()]


def url(*schemes: str) -> Callable[[str], str]:
    """A cast to a URL with one of the schemes, without a trailing slash."""

    def cast(raw: str) -> str:
        if not any(raw.startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"it must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw.rstrip("/")

    return cast


def database(raw: str) -> dict[str, Any]:
    """Django's database settings from a DATABASE_URL: SQLite or PostgreSQL."""
    settings: dict[str, Any] = environ.Env.db_url_config(raw)
    if settings.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        raise ValueError("it must start with sqlite:/// or postgres://")
    if not settings.get("NAME"):
        raise ValueError("it names no database")
    if settings["ENGINE"] == "django.db.backends.postgresql":
        settings["ENGINE"] = "common.postgresql"  # Django's, with deadlines
    return settings


def compose_database_url() -> str | None:
    """The URL that POSTGRES_HOST and its companions mean, with odd characters in a password made safe."""
    host = os.environ.get("POSTGRES_HOST", "")
    if not host:
        return None
    user, password, name = (
        quote(os.environ.get(key) or "habits", safe="") for key in ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB")
    )
    port = read("POSTGRES_PORT", whole(1, 65535), 5432)
    return f"postgres://{user}:{password}@{host}:{port}/{name}"


def kept_secret(folder: Path) -> str:
    """The secret key kept in `folder`, made on first use; of processes starting at once one wins."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as fresh:  # mode 0600
            fresh.write(secrets.token_urlsafe(50))
        try:
            os.link(fresh.name, path)
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh.name)
    return path.read_text().strip()
