"""Read the environment and `.env`: every malformed value is one clear error that names its variable."""

import difflib
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from dotenv import dotenv_values
from limits import parse_many

T = TypeVar("T")
D = TypeVar("D")

BASE_DIR = Path(__file__).resolve().parent.parent
DOT_ENV = BASE_DIR / ".env"
# The variables of a database in parts: read only without DATABASE_URL, but always ours.
DATABASE_PARTS = frozenset(
    [
        *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"),
        *("DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER", "DATABASE_PASSWORD"),
    ]
)
known_names = set(DATABASE_PARTS)  # and of each variable that was read
# Variables of other programs in the same file or environment.
FOREIGN_PREFIXES = ("COMPOSE_", "DOCKER_", "PYTHON", "DJANGO_", "SENTRY_ENVIRONMENT", "SENTRY_RELEASE")
# Addresses that only machines of the same network have: loopback, private, link-local.
PRIVATE_NETWORKS = (
    "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,100.64.0.0/10,::1/128,fc00::/7,fe80::/10"
)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 (only compared with)


def load(path: Path) -> None:
    """Load the variables of a `.env` file; those already in the environment win.

    Raise ImproperlyConfigured for a line that is neither a comment nor NAME=value.
    """
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not re.match(r"\s*(#|$|(export\s+)?[A-Za-z_]\w*\s*=)", line):
            raise ImproperlyConfigured(f"line {number} of {path.name} is malformed: it is not NAME=value")
    for name, value in variables_of(path).items():
        os.environ.setdefault(name, value)


def variables_of(path: Path) -> dict[str, str]:
    """Return the variables of a `.env` file as they are written there: nothing is put in place of $NAME."""
    return {name: value or "" for name, value in dotenv_values(path, interpolate=False, encoding="utf-8").items()}


# Tests set their own environment and must not use an operator's secrets.
if os.environ.get("DJANGO_READ_DOT_ENV", "on") == "on":
    load(DOT_ENV)


def raw(name: str) -> str:
    """Return the text of the variable `name`, with its spaces; empty if it is unset."""
    known_names.add(name)
    return os.environ.get(name, "")


def read(name: str, cast: Callable[[str], T], default: D) -> T | D:
    """Return the variable `name` after `cast`, or `default` if it is unset or empty. Raise ImproperlyConfigured."""
    given = raw(name).strip()
    if not given:
        return default
    try:
        return cast(given)
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


def networks(raw: str) -> list[IPv4Network | IPv6Network]:
    """Return the networks of a comma-separated list of addresses and networks."""
    return [ip_network(word) for word in comma_separated(raw)]


def own_hosts(site_url: str, address: str) -> list[str]:
    """Return the host names of the service: that of SITE_URL, loopback names, and the address it listens on if given."""
    own = [urlsplit(site_url).hostname or "", address if address not in ANY_ADDRESS else ""]
    named = [f"[{host}]" if ":" in host else host for host in own if host]
    return list(dict.fromkeys([*named, *LOOPBACK_HOSTS]))


def url(*schemes: str) -> Callable[[str], str]:
    """Return a cast to a URL with one of the schemes, without a trailing slash."""

    def cast(raw: str) -> str:
        if not any(raw.startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"it must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw.rstrip("/")

    return cast


# The first names in the paths of the service's own pages. A proxy may remove SITE_URL's path before it passes a request on,
# and then these could not be told from it.
OWN_PATHS = frozenset(
    [
        "a",
        "admin",
        "auth",
        "api",
        "calendar",
        "check_off",
        "confirm",
        "create_habit",
        "create_user",
        "get habits",
        "get_habits",
        "get_user",
        "events",
        "habit",
        "healthz",
        "heartbeat",
        "link",
        "llms.txt",
        "login",
        "mails-off",
        "metrics",
        "readyz",
        "redoc",
        "register",
        "register_habit",
        "reset",
        "s",
        "static",
        "statusz",
        "swagger",
        "swagger.json",
        "t",
        "tg",
        "token",
        "unsubscribe",
        "worker.js",
    ]
)


def site_url(raw: str) -> str:
    """Return the address of the service, which may have a path. Raises ValueError."""
    address = url("http", "https")(raw)
    parts = urlsplit(address)
    if not parts.hostname:
        raise ValueError("it names no host")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("it can have a path, but no ?, # or @")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", parts.path):
        raise ValueError("its path can consist of letters, digits, . _ ~ and -")
    if parts.path.split("/")[1:2] and parts.path.split("/")[1] in OWN_PATHS:
        raise ValueError(
            f"its path cannot start with {parts.path.split('/')[1]}, which is a path of the service itself"
        )
    return address


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


def replica_of(primary: dict[str, Any]) -> Callable[[str], dict[str, Any]]:
    """Return a cast to the settings of a replica of a database. Only PostgreSQL has replicas."""

    def cast(raw: str) -> dict[str, Any]:
        settings = database(raw)
        if any("sqlite3" in each["ENGINE"] for each in (primary, settings)):
            raise ValueError("SQLite has no replicas")
        # In tests it is the same database.
        return settings | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "TEST": {"MIRROR": "default"}}

    return cast


def database_url_of_parts() -> str | None:
    """Return the URL made from the POSTGRES_* or DATABASE_* variables, with special characters escaped.

    None without POSTGRES_HOST (Compose also has a POSTGRES_DB) and without DATABASE_HOST and DATABASE_NAME.
    """
    if host := read("POSTGRES_HOST", str, ""):
        port = read("POSTGRES_PORT", int_between(1, 65535), 5432)
        names = [raw("POSTGRES_USER"), raw("POSTGRES_PASSWORD"), raw("POSTGRES_DB")]
        return _postgres_url(host, port, *(name or "habits" for name in names))
    host, name = read("DATABASE_HOST", str, ""), raw("DATABASE_NAME")
    user, password = raw("DATABASE_USER"), raw("DATABASE_PASSWORD")
    port = read("DATABASE_PORT", int_between(1, 65535), 5432)
    if not host and not name:
        return None
    return _postgres_url(host or "localhost", port, user or "habits", password, name or "habits")


def _postgres_url(host: str, port: int, user: str, password: str, name: str) -> str:
    user, password, name = (quote(part, safe="") for part in (user, password, name))
    login = f"{user}:{password}" if password else user
    return f"postgres://{login}@{host}:{port}/{name}"


def without_verification(redis_url: str) -> str:
    """Return the URL of a Redis-protocol server with TLS so that its certificate is not verified; others unchanged."""
    if not redis_url.startswith("rediss://") or "ssl_cert_reqs=" in redis_url:
        return redis_url
    return f"{redis_url}{'&' if '?' in redis_url else '?'}ssl_cert_reqs=none"


def load_or_create_secret(folder: Path) -> str:
    """Return the secret key stored in `folder`; create it on first use."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
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


def misspelt_names() -> dict[str, str]:
    """Return variables that are not ours but look like it, each with the nearest known name.

    Of `.env`, which is written for this service, every similar name and every name with a first word of ours; of the
    environment, which others use as well, only what is almost the same.
    """
    first_words = {name.split("_")[0] for name in known_names if "_" in name}
    found = {}
    in_file = variables_of(DOT_ENV) if os.environ.get("DJANGO_READ_DOT_ENV", "on") == "on" and DOT_ENV.is_file() else {}
    for name in sorted({*in_file, *os.environ} - known_names):
        nearest = difflib.get_close_matches(name, known_names, n=1, cutoff=0.75 if name in in_file else 0.9)
        if not nearest and name in in_file and name.split("_")[0] in first_words:
            nearest = difflib.get_close_matches(name, known_names, n=1, cutoff=0)
        if nearest and not name.startswith(FOREIGN_PREFIXES):
            found[name] = nearest[0]
    return found
