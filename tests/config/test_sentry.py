"""Errors in Sentry: type and place, and nothing that a user typed or that identifies a user."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from celery import shared_task
from django.db import DataError
from django.test import Client
from rest_framework.test import APIClient
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from common.logs import SecretFilter
from config import sentry
from tests import make
from tracking.logs import services as days
from users import pages
from users.models import User

pytestmark = pytest.mark.django_db

DSN = "https://key@sentry.example.org/1"
NOTE = "slept badly again"
TOKEN = "123456:AAE-a_token"
EMAIL = "alice@example.org"


class FakeTransport(Transport):
    """Keeps the envelopes instead of sending them."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)

    @property
    def text(self) -> str:
        """Everything that would be sent, as text."""
        return "\n".join(envelope.serialize().decode() for envelope in self.envelopes)

    @property
    def event(self) -> Any:
        """The only event."""
        [event] = [event for envelope in self.envelopes if (event := envelope.get_event())]
        return json.loads(json.dumps(event))


@pytest.fixture
def sent() -> Iterator[FakeTransport]:
    captured = FakeTransport()
    with sentry_sdk.isolation_scope():
        sentry.start(DSN, environment="test", transport=captured)
        yield captured
        sentry_sdk.get_global_scope().set_client(None)


@shared_task
def fail(note: str) -> None:
    raise RuntimeError(note)


def test_an_error_in_a_view_has_its_type_and_place_and_no_personal_data(
    alice: User, api: APIClient, sent: FakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = make.track(alice)

    def broken(*, note: str, **_: Any) -> None:
        typed = note  # a local variable
        raise DataError(f"duplicate key\nDETAIL:  Key (email, note)=({alice.email}, {typed}) already exists.")

    monkeypatch.setattr(days, "set_day", broken)
    api.raise_request_exception = False
    answer = api.put(
        f"/api/tracks/{track.pk}/logs/2026-11-21/",
        {"status": "completed", "note": f"{NOTE}, mail me at bob@example.org"},
        REMOTE_ADDR="203.0.113.7",
        HTTP_X_FORWARDED_FOR="203.0.113.8",
        HTTP_COOKIE="sessionid=abcdef123",
    )
    assert answer.status_code == 500
    event = sent.event
    error = event["exception"]["values"][-1]
    assert error["type"] == "DataError"
    assert error["stacktrace"]["frames"][-1]["function"] == "broken"
    assert event["transaction"] == "/api/tracks/{track_id}/logs/{day}/"
    typed = [NOTE, "slept", alice.email, "bob@", "203.0.113", "abcdef123", "Bearer"]
    assert [word for word in typed if word in sent.text] == []
    assert not {"request", "user", "breadcrumbs", "server_name"} & event.keys()


def test_the_token_of_a_link_is_not_sent(sent: FakeTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(pages.ConfirmPage, "dispatch", broken)
    token = f"1-abc-{'0123456789' * 2}"
    Client(raise_request_exception=False).get(f"/confirm/{token}/")
    assert sent.event["transaction"] == "/confirm/{token}/"
    assert token not in sent.text


def test_an_error_in_a_task_has_none_of_its_arguments(sent: FakeTransport) -> None:
    fail.apply(args=(NOTE,))
    event = sent.event
    assert event["transaction"].endswith("fail")
    assert event["exception"]["values"][-1]["type"] == "RuntimeError"
    assert "slept" not in sent.text


@pytest.mark.parametrize("secret", ["", TOKEN])
def test_a_logged_error_has_its_template_and_ids_only(sent: FakeTransport, secret: str) -> None:
    logger = logging.getLogger("notifications.outbox.sending")
    handler = logging.NullHandler()
    handler.handle = SecretFilter(secret).filter  # type: ignore[method-assign]  # as LOGGING has it
    logger.addHandler(handler)
    try:
        try:
            raise RuntimeError(NOTE)
        except RuntimeError:
            extra = {"delivery": 5, "user": EMAIL, "text": NOTE}
            logger.exception("delivery %s cannot be composed: %s", 5, NOTE, extra=extra)
    finally:
        logger.removeHandler(handler)
    event = sent.event
    assert event["logentry"] == {"message": "delivery %s cannot be composed: %s"}
    assert event["extra"] == {"delivery": 5}
    assert event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert "slept" not in sent.text and EMAIL not in sent.text


def test_earlier_log_lines_and_queries_are_not_sent(alice: User, sent: FakeTransport) -> None:
    logging.getLogger("notifications").warning("Telegram to 1: %s", NOTE)
    User.objects.filter(email=alice.email).exists()
    sentry_sdk.capture_exception(RuntimeError("a bug"))
    assert "slept" not in sent.text and alice.email not in sent.text


def test_requests_are_not_traced_even_if_a_header_asks_for_it(alice: User, api: APIClient, sent: FakeTransport) -> None:
    api.get("/api/habits/", HTTP_SENTRY_TRACE="771a43a4192642f0b136d5159a501700-771a43a4192642f0-1")
    assert sent.envelopes == []


@pytest.mark.parametrize(
    ("given", "expected"),
    [("not a DSN", "must start with"), ("https://no-key.example.org/1", "SENTRY_DSN is malformed")],
)
def test_a_malformed_dsn_is_a_clear_error_at_the_start(given: str, expected: str) -> None:
    env = os.environ | {"SENTRY_DSN": given}
    shown = subprocess.run([sys.executable, "-c", "import config.settings"], env=env, capture_output=True, text=True)
    assert shown.returncode == 1
    assert expected in shown.stderr
