"""Log lines as text or JSON, always without secrets: the bot's token, and those of paths and queries."""

import logging
import re
import traceback
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from common.secret_paths import secret_prefixes

IDS = ("delivery", "user", "track")  # ids that a line may carry: logger.info(…, extra={"delivery": 1})


class SecretFilter(logging.Filter):
    """Replaces secrets by `***` in messages, tracebacks and extra fields: those of `redacted`.

    The message before its values were filled in stays in `record.template`, for Sentry, which must not get values.
    """

    def __init__(self, secret: str = "") -> None:
        super().__init__()
        self.secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "template"):  # another handler may have filtered the record before
            record.template = self.redact(str(record.msg))
        record.msg, record.args = self.redact(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = self.redact("".join(traceback.format_exception(*record.exc_info))).rstrip()
        if record.stack_info:
            record.stack_info = self.redact(record.stack_info)
        for name, value in vars(record).items():
            if name not in STANDARD_FIELDS and isinstance(value, str):
                setattr(record, name, self.redact(value))
        return True

    def redact(self, text: str) -> str:
        return redacted(text, self.secret)


class StrangersMistake(logging.Filter):
    """Makes an error that only says what a stranger sent a warning of one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
        return True


class JSONLine(JsonFormatter):
    """Formats a line as one JSON object: time, level, logger, message, the ids in `IDS`, and an error's traceback.

    Other extra fields are left out: libraries attach whole requests.
    """

    def __init__(self, secret: str = "") -> None:
        super().__init__(json_ensure_ascii=False)
        self.secret = secret

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        log_data |= {name: getattr(record, name) for name in IDS if hasattr(record, name)}
        if trace := message_dict.get("exc_info"):
            log_data["trace"] = trace
        if stack := message_dict.get("stack_info"):
            log_data["stack"] = stack

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record), self.secret)


# Secrets that are recognized by their form, wherever they stand, with what is shown instead.
FORMS = (
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "***"),  # an access or refresh token
    (re.compile(r"ht[kp]_[0-9A-Za-z]{8,}"), "***"),  # a key
    (re.compile(r"\b[0-9a-z]{1,13}-[0-9a-z]{6,7}-[0-9a-f]{32}\b"), "***"),  # the token of a mailed link
    (re.compile(r"(\bBearer\s+)[^\s\"']+", re.IGNORECASE), r"\1***"),
    (re.compile(r"(://)[^\s/@\"']+@"), r"\1***@"),  # the name and password of an address
    (re.compile(r"(/[^\s?\"']*\?)[^\s\"']+"), r"\1***"),  # the query of a path
)


def redacted(text: str, secret: str) -> str:
    """Return the text without secrets.

    These are the bot's token, also where its colon is escaped (as in a URL); what follows the beginning of a route
    declared by `secret_path`, up to the end of the path; every query; and what has one of the FORMS.
    """
    if secret:
        text = text.replace(secret, "***")
        if after_colon := secret.partition(":")[2]:
            text = text.replace(after_colon, "***")
    if "/" in text and (prefixes := secret_prefixes()):
        text = _after(prefixes).sub(r"\1***", text)
    for form, shown in FORMS:
        text = form.sub(shown, text)
    return text


@cache
def _after(prefixes: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern for what follows these beginnings of paths, however the request spelled them.

    A path may contain spaces, so it ends at a quote, at the end of the line, or before the protocol of a request line.
    """
    slash = r"(?:/|%2F)"
    names = "|".join(re.escape(prefix).replace("/", f"{slash}+") for prefix in sorted(prefixes))
    return re.compile(rf"({slash}(?:{names}){slash}+)[^\"'\n]+?(?=\s+HTTP/|[\"'\n]|$)", re.IGNORECASE)


STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "template"}
