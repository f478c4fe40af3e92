"""Log lines as text or JSON, with ids and without the bot's token."""

import io
import json
import logging
import logging.config
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from common.logs import JSONLine, SecretFilter

TOKEN = "123456:AAE-a_token"


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def logger(written: io.StringIO, format: str) -> logging.Logger:
    """Return a logger with the service's filter and formatter; the bot's token is TOKEN."""
    handler = logging.StreamHandler(written)
    handler.addFilter(SecretFilter(TOKEN))
    formatters: Any = settings.LOGGING["formatters"]
    line = formatters["text"]["format"]
    handler.setFormatter(JSONLine(TOKEN) if format == "json" else logging.Formatter(line))
    found = logging.Logger("notifications.outbox.sending")
    found.addHandler(handler)
    return found


def test_a_json_line_is_one_object_with_its_ids(written: io.StringIO) -> None:
    extra = {"delivery": 5, "user": 7, "track": 9, "request": object()}
    logger(written, "json").warning("delivery %s\nfailed: %s", 5, "доставка", extra=extra)
    [line] = written.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "WARNING",
        "logger": "notifications.outbox.sending",
        "message": "delivery 5\nfailed: доставка",
        "delivery": 5,
        "user": 7,
        "track": 9,
    }


def test_the_traceback_of_an_error_is_a_field(written: io.StringIO) -> None:
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        logger(written, "json").exception("no plan")
    found = json.loads(written.getvalue())
    assert found["trace"].startswith("Traceback") and "a bug" in found["trace"]


def test_a_text_line_has_the_usual_format(written: io.StringIO) -> None:
    logger(written, "text").warning("delivery %s failed", 5, extra={"delivery": 5})
    assert written.getvalue().endswith(" WARNING notifications.outbox.sending: delivery 5 failed\n")


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize("colon", [":", "%3A"])
def test_the_token_is_in_no_part_of_a_line(written: io.StringIO, format: str, colon: str) -> None:
    url = f"https://api.telegram.org/bot{TOKEN.replace(':', colon)}/sendMessage"
    log = logger(written, format)
    log.warning("no answer from %s", url, extra={"delivery": url, "track": url}, stack_info=True)
    log.warning({"asked": url})
    try:
        raise RuntimeError(url)
    except RuntimeError:
        log.exception("no plan")
        log.error("no plan either", exc_info=True, extra={"user": {"at": [url]}})
    assert "no answer from" in written.getvalue() and "RuntimeError" in written.getvalue()
    assert TOKEN.partition(":")[2] not in written.getvalue()


def test_other_handlers_still_get_the_error_and_the_template() -> None:
    try:
        raise RuntimeError(TOKEN)
    except RuntimeError as error:
        about: Any = (RuntimeError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "delivery %s of %s", (5, TOKEN), about)
    assert SecretFilter(TOKEN).filter(record)
    assert record.exc_info == about
    assert record.template == "delivery %s of %s"  # type: ignore[attr-defined]
    assert record.getMessage() == "delivery 5 of ***"


SHOW = "import django; django.setup(); import logging; logging.getLogger('x').warning('seen', extra={'track': 3})"


@pytest.mark.parametrize(("format", "ending"), [("text", "WARNING x: seen\n"), ("JSON", '"track": 3}\n')])
def test_the_format_is_a_setting(format: str, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", format)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    shown = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert shown.stderr.endswith(ending)


def test_an_unknown_format_is_a_clear_error_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")
    shown = subprocess.run([sys.executable, "-c", "import config.settings"], capture_output=True, text=True)
    assert "LOG_FORMAT is malformed: 'xml' is not one of text, json" in shown.stderr
