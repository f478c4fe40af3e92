"""Log lines as text or JSON, always without the bot's token."""

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

IDS = ("delivery", "user", "track")  # ids that a line may carry: logger.info(…, extra={"delivery": 1})


class SecretFilter(logging.Filter):
    """Replaces the secret, and the part after its colon, by `***` in messages, tracebacks and extra fields.

    The message before its values were filled in stays in `record.template`, for Sentry, which must not get values.
    """

    def __init__(self, secret: str = "") -> None:
        super().__init__()
        self.secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        if not self.secret:
            return True
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


def redacted(text: str, secret: str) -> str:
    """Return the text without the bot's token, also where its colon is escaped (as in a URL)."""
    if not secret:
        return text
    text = text.replace(secret, "***")
    after_colon = secret.partition(":")[2]
    return text.replace(after_colon, "***") if after_colon else text


STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "template"}
