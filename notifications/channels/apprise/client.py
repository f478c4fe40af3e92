"""Sends by Apprise, with every request through the connector for addresses that users gave.

The modules of Apprise call `requests.post`. In those that are taken (rules.MODULES) the name `requests` is replaced by an
object that has nothing but `post`, which checks, follows nothing, keeps a deadline and notes what came of each request.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, TypeGuard

import requests
from apprise import AppriseAsset
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins.base import NotifyBase

from common.errors import DomainError
from common.outbound import connector
from common.outbound.connector import CallFailed
from notifications.channels.apprise import rules
from notifications.channels.apprise.rules import Called
from notifications.channels.own_servers import MAX_ANSWER, TIMEOUT, retry_after


@dataclass(frozen=True, slots=True)
class Recording:
    """The requests of one message, and until when they may take (time.monotonic)."""

    deadline: float
    now: datetime
    calls: list[Called] = field(default_factory=list)


_recording: ContextVar[Recording] = ContextVar("recording")


class CheckedRequests:
    """Stands for the module `requests` in a module of Apprise."""

    codes = requests.codes
    RequestException = requests.RequestException
    exceptions = requests.exceptions

    @staticmethod
    def post(url: str, **options: Any) -> requests.Response:
        """Send a request by the connector. Raises RequestException; what else the caller wishes for is ignored."""
        recording = _recording.get()
        wanted = ("data", "json", "headers", "params", "auth")
        try:
            prepared = requests.Request("POST", url, **{name: options.get(name) for name in wanted}).prepare()
        except ValueError as error:
            raise requests.exceptions.InvalidURL from error
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        if not isinstance(body, bytes):
            raise requests.exceptions.InvalidURL("only text is sent")
        left = timedelta(seconds=recording.deadline - time.monotonic())
        if left <= timedelta(0):
            recording.calls.append(Called("no time was left"))
            raise requests.exceptions.Timeout
        headers = {name: _text(value) for name, value in prepared.headers.items() if name.lower() != "content-length"}
        try:
            answer = connector.post(prepared.url or url, body, headers, timeout=left, max_answer=MAX_ANSWER)
        except CallFailed as error:
            recording.calls.append(Called(error.reason, refused=error.refused, maybe_received=error.maybe_received))
            raise requests.exceptions.ConnectionError from error
        wait = retry_after(answer.headers.get("retry-after"), now=recording.now) if answer.status == 429 else 0.0
        recording.calls.append(Called(f"answered {answer.status}", status=answer.status, retry_after=wait))
        response = requests.Response()
        response.status_code, response._content, response.url = answer.status, answer.body, prepared.url or url
        response.headers.update(answer.headers)
        return response


_CHECKED = CheckedRequests()


def service_of(address: str) -> NotifyBase:
    """Return the service of Apprise for an address. Raises DomainError as rules.check_address does.

    Only its own module is imported: Apprise itself would load all of its services to find one.
    """
    scheme = rules.check_address(address)
    module: Any = import_module(f"apprise.plugins.{rules.MODULES[scheme]}")
    module.requests = _CHECKED
    service = next(each for each in vars(module).values() if _is_service(each, module.__name__))
    try:
        options = service.parse_url(address)
        found = service(**options, asset=AppriseAsset(app_id="Habit Tracker", async_mode=False)) if options else None
    except (AppriseImproperlyConfigured, TypeError, ValueError):
        found = None
    if found is None:
        raise DomainError("invalid_url", "This is no address of Apprise.", "url")
    found.throttle = lambda *_, **__: None  # type: ignore[method-assign]  # it sleeps
    return found


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _is_service(found: object, module: str) -> TypeGuard[type[NotifyBase]]:
    return isinstance(found, type) and issubclass(found, NotifyBase) and found.__module__ == module


def send(address: str, *, title: str, body: str, now: datetime) -> tuple[bool | None, list[Called]]:
    """Send a message; return what Apprise says, and the requests that it made. Raises DomainError."""
    service = service_of(address)
    recording = Recording(time.monotonic() + TIMEOUT.total_seconds(), now)
    token = _recording.set(recording)
    try:
        return service.notify(body=body, title=title), recording.calls
    finally:
        _recording.reset(token)
