"""Log lines: as text or as JSON, and without the bot's token."""

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

IDS = ("delivery", "user", "track")  # what a line may be about: logger.info(…, extra={"delivery": 1})


class WithoutSecret(logging.Filter):
    """Replaces `secret` in messages, traces and extras by three asterisks; and what stands behind its colon by itself.

    What the line said before its values were filled in stays in `record.template`, for readers who must not see
    values at all.
    """

    def __init__(self, secret: str = "") -> None:
        super().__init__()
        self.secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        if not self.secret:
            return True
        record.template = self.clean(str(record.msg))
        record.msg, record.args = self.clean(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info))).rstrip()
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        for name, value in vars(record).items():
            if name not in STANDARD and isinstance(value, str):
                setattr(record, name, self.clean(value))
        return True

    def clean(self, text: str) -> str:
        return without(text, self.secret)


class JSONLine(JsonFormatter):
    """A line as one JSON object: time, level, logger, message, the ids that it is about, and an error's trace.

    Other extras stay out: libraries attach whole requests.
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
        return without(super().format(record), self.secret)


def without(text: str, secret: str) -> str:
    """Return the text with a bot's token made unreadable, also where its colon is written otherwise."""
    if not secret:
        return text
    text = text.replace(secret, "***")
    behind = secret.partition(":")[2]
    return text.replace(behind, "***") if behind else text


STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "template"}
