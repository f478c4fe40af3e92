"""Routes with a secret in their path: everybody with the address can do what it is for, so no log line may have it."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

# Names of parameters that hold a secret; a test checks that their routes are declared by `secret_path`.
SECRET_NAMES = frozenset({"token", "code", "secret", "key"})

_prefixes: set[str] = set()


def secret_path(route: str, view: Callable[..., Any], name: str | None = None) -> URLPattern:
    """Return the same as `path`; from now on, log lines show `***` for what follows the route's fixed beginning."""
    prefix = route.partition("<")[0].strip("/")
    assert prefix, "a route that begins with its secret cannot be recognized in a log line"
    _prefixes.add(prefix)
    return path(route, view, name=name)


def secret_prefixes() -> frozenset[str]:
    """Return the fixed beginnings of the declared routes, such as "reset"."""
    return frozenset(_prefixes)
