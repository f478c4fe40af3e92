"""Keeps the bot's token out of every log line."""

import logging
import traceback


class WithoutSecret(logging.Filter):
    """Replaces `secret` in messages and traces by three asterisks; and what stands behind its colon by itself."""

    def __init__(self, secret: str = "") -> None:
        super().__init__()
        self.secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        if not self.secret:
            return True
        record.msg, record.args = self.clean(record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info))).rstrip()
            record.exc_info = None
        return True

    def clean(self, text: str) -> str:
        text = text.replace(self.secret, "***")
        behind = self.secret.partition(":")[2]
        return text.replace(behind, "***") if behind else text
