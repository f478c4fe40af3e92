"""Errors to Sentry, for those who set SENTRY_DSN: where and what kind, never what somebody typed.

People trust this service with notes on their days, and errors quote what they fail on: a constraint names the row,
a parser the text, a client its URL. So an event is put together from what is known to be the code's own; the text
of exceptions, requests, local variables and earlier log lines stay here.
"""

import logging
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event, Hint

from common.logs import IDS

# Of an event as Sentry's client makes it, what is taken over as it is.
KEPT = ("event_id", "timestamp", "level", "platform", "logger", "release", "environment", "sdk", "modules", "type")
KEPT_OF_A_FRAME = (
    *("abs_path", "filename", "module", "function", "lineno", "in_app"),
    *("pre_context", "context_line", "post_context"),  # lines of the code, not values
)
KEPT_OF_AN_ERROR = ("type", "module", "thread_id", "mechanism")
KEPT_CONTEXTS = {"runtime": ("name", "version"), "trace": ("trace_id", "span_id", "parent_span_id", "op", "origin")}
KEPT_OF_A_MECHANISM = ("type", "handled", "exception_id", "parent_id", "is_exception_group")
NOTHING: Any = {
    "user_info": False,
    "cookies": {"mode": "off"},
    "http_headers": {"request": {"mode": "off"}},
    "http_bodies": [],
    "url_query_params": {"mode": "off"},
    "database_query_data": False,
    "queues": False,
    "stack_frame_variables": False,
}
# A transaction's name that was made of a route or of a task; else it is a path, which may hold a link's token.
NAMED_BY_THE_CODE = {"route", "task", "component"}


def start(dsn: str, *, environment: str, transport: Transport | None = None) -> None:
    """Send errors to `dsn` from now on. Raises BadDsn (a ValueError) for one that is malformed."""
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        transport=transport,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,  # they would tell of Redis's keys and of URLs
        data_collection=NOTHING,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        before_send=without_values,
        before_send_transaction=lambda event, hint: None,
        trace_propagation_targets=[],  # nothing is said of us to others
        auto_session_tracking=False,
        send_client_reports=False,
    )


def without_values(event: Event, hint: Hint) -> Event | None:
    """Return a new event, made of what is known to hold nothing of anybody's."""
    found: dict[str, Any] = {key: event[key] for key in KEPT if key in event}  # type: ignore[literal-required]
    if (event.get("transaction_info") or {}).get("source") in NAMED_BY_THE_CODE:
        found["transaction"] = event["transaction"]
        found["transaction_info"] = event["transaction_info"]
    if "exception" in event:
        found["exception"] = {"values": [_error(each) for each in _values(event["exception"])]}
    if "threads" in event:
        found["threads"] = {"values": [{"stacktrace": _trace(each)} for each in _values(event["threads"])]}
    contexts = event.get("contexts") or {}
    found["contexts"] = {name: _only(contexts[name], keys) for name, keys in KEPT_CONTEXTS.items() if name in contexts}
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        found["logentry"] = {"message": str(getattr(record, "template", record.msg))}
        found["extra"] = {name: value for name in IDS if isinstance(value := getattr(record, name, None), int)}
    return found  # type: ignore[return-value]


def _values(of: Any) -> list[Any]:
    return list(of.get("values") or []) if isinstance(of, dict) else list(of)


def _error(error: Any) -> dict[str, Any]:
    """The error's kind and where it happened; its text may quote a person's."""
    kept = _only(error, KEPT_OF_AN_ERROR)
    if isinstance(kept.get("mechanism"), dict):
        kept["mechanism"] = _only(kept["mechanism"], KEPT_OF_A_MECHANISM)
    return kept | {"stacktrace": _trace(error)}


def _trace(of: Any) -> dict[str, Any]:
    frames = (of.get("stacktrace") or {}).get("frames") or []
    return {"frames": [_only(frame, KEPT_OF_A_FRAME) for frame in frames]}


def _only(of: Any, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: of[key] for key in keys if key in of}
