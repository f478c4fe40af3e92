"""Django's SMTP backend, extended: it knows whether a mail may have been sent, and can be cancelled."""

import smtplib
import threading
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangoEmailBackend

START_BODY = 354  # the server's reply to DATA; only after it the mail itself is sent (RFC 5321, 4.1.1.4)


class EmailBackend(DjangoEmailBackend):
    """Send mails over SMTP, one mail per backend object.

    Before the body is started, the server cannot have accepted the mail, whatever fails.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_body_started = False
        self._is_cancelled = False
        self._body_lock = threading.Lock()

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        backend = self

        class Connection(super().connection_class):  # type: ignore[misc]
            def getreply(self) -> tuple[int, bytes]:
                code, message = super().getreply()
                if code == START_BODY:
                    backend._start_body()
                return code, message

        return Connection

    def cancel(self) -> bool:
        """Stop before the body is sent, from another thread; return whether that was in time."""
        with self._body_lock:
            self._is_cancelled = True
            return not self.is_body_started

    def _start_body(self) -> None:
        with self._body_lock:
            if self._is_cancelled:
                raise smtplib.SMTPServerDisconnected("cancelled")
            self.is_body_started = True
