"""Report errors to Sentry if SENTRY_DSN is set: their type and place, never anything that a user typed.

Users trust this service with private notes, and errors quote their data: a constraint names the row, a parser the text, a
client its URL. So an event is built from an allow list of fields that only describe the code. The text of exceptions,
requests, local variables and earlier log lines are not sent.
"""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from common.logs import IDS

# Fields of the event of Sentry's client that are sent unchanged.
EVENT_FIELDS = (
    "event_id",
    "timestamp",
    "level",
    "platform",
    "logger",
    "release",
    "environment",
    "sdk",
    "modules",
    "type",
)
FRAME_FIELDS = (
    *("abs_path", "filename", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),  # lines of the code, not values
)
ERROR_FIELDS = ("type", "module", "thread_id", "mechanism")
CONTEXT_FIELDS = {"runtime": ("name", "version"), "trace": ("trace_id", "span_id", "parent_span_id", "op", "origin")}
MECHANISM_FIELDS = ("type", "handled", "exception_id", "parent_id", "is_exception_group")
COLLECT_NOTHING: Any = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}
# Sources of a transaction's name that are safe: routes and tasks. Otherwise it is a path, which may contain a token.
SAFE_NAME_SOURCES = {"route", "task", "component"}


def start(dsn: str, *, environment: str, transport: Transport | None = None) -> None:
    """Send errors to `dsn` from now on. Raise BadDsn (a ValueError) for a malformed one."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        transport=transport,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,  # they would send Redis keys and URLs
        data_collection=COLLECT_NOTHING,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        before_send=anonymous_event,
        before_send_transaction=lambda event, hint: None,
        trace_propagation_targets=[],  # no tracing headers in our requests to other services
        auto_session_tracking=False,
        send_client_reports=False,
    )


def anonymous_event(event: Event, hint: Hint) -> Event | None:
    """Return a new event with only those fields that cannot contain anything of a user."""
    found: dict[str, Any] = {key: event[key] for key in EVENT_FIELDS if key in event}  # type: ignore[literal-required]
    if (event.get("transaction_info") or {}).get("source") in SAFE_NAME_SOURCES:
        found["transaction"] = event["transaction"]
        found["transaction_info"] = event["transaction_info"]
    if "exception" in event:
        found["exception"] = {"values": [_clean_error(each) for each in _values(event["exception"])]}
    if "threads" in event:
        found["threads"] = {"values": [{"stacktrace": _clean_trace(each)} for each in _values(event["threads"])]}
    contexts = event.get("contexts") or {}
    found["contexts"] = {name: _pick(contexts[name], keys) for name, keys in CONTEXT_FIELDS.items() if name in contexts}
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        found["logentry"] = {"message": str(getattr(record, "template", record.msg))}
        found["extra"] = {name: value for name in IDS if isinstance(value := getattr(record, name, None), int)}
    return found  # type: ignore[return-value]


def _values(part: Any) -> list[Any]:
    return list(part.get("values") or []) if isinstance(part, dict) else list(part)


def _clean_error(error: Any) -> dict[str, Any]:
    """Return the error's type and place, without its message, which may quote a user."""
    kept = _pick(error, ERROR_FIELDS)
    if isinstance(kept.get("mechanism"), dict):
        kept["mechanism"] = _pick(kept["mechanism"], MECHANISM_FIELDS)
    return kept | {"stacktrace": _clean_trace(error)}


def _clean_trace(part: Any) -> dict[str, Any]:
    frames = (part.get("stacktrace") or {}).get("frames") or []
    return {"frames": [_pick(frame, FRAME_FIELDS) for frame in frames]}


def _pick(part: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: part[key] for key in keys if key in part}
