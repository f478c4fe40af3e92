"""Transports: the protocol, its error, and the transports for mail and the console."""

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import make_msgid
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Protocol

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation

from common.call_timeout import call_with_timeout
from notifications.channels.smtp import EmailBackend

logger = logging.getLogger(__name__)

MAIL_TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. Telegram sends `data` (at most 64 bytes) back when it is tapped."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send.

    `text` is plain text, at most 1,024 characters if there is a `photo` (a PNG). `columns` is the number of buttons in
    a row. `unsubscribe_url` is the page that ends mails of this kind, also by a POST request (RFC 8058).
    """

    text: str
    subject: str = ""
    buttons: Sequence[Button] = field(default=())
    columns: int = 8
    photo: bytes | None = None
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with its recipient (a chat id or a mail address) and the earliest time of sending (time.monotonic)."""

    address: str
    message: Message
    is_email: bool = False
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result for a message that Telegram or the mail server accepted."""

    message_id: int | None = None


class TransportError(Exception):
    """The result for a message that was not accepted, or perhaps was (`uncertain`).

    `permanent`: another attempt would fail too. `unreachable`: every message to this address would fail.
    `retry_after`: the delay in seconds that the server demands. `uncertain`: the message may have been accepted.
    `moved_to`: the new id of the chat. `unavailable`: the server or the network accepts no messages now.
    `internal`: an unexpected error in our code, before anything was sent.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        unreachable: bool = False,
        retry_after: float | None = None,
        uncertain: bool = False,
        moved_to: int | None = None,
        unavailable: bool = False,
        internal: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unreachable = unreachable
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.moved_to = moved_to
        self.unavailable = unavailable
        self.internal = internal


class Transport(Protocol):
    """Sends messages."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        """Send each message no earlier than its time; return one result per message, in order. Raise nothing."""
        ...


class ConsoleTransport:
    """Prints messages for Telegram if no bot is configured."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        for each in outgoing:
            buttons = " ".join(f"[{button.label}]" for button in each.message.buttons)
            picture = " [a picture]" if each.message.photo else ""
            print(f"Telegram to {each.address}: {each.message.text}{picture} {buttons}".rstrip(), flush=True)
        return [Accepted() for _ in outgoing]


class EmailTransport:
    """Sends mails with Django's mail settings (without EMAIL_HOST they are printed), each within MAIL_TIMEOUT."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        return [_send_within_timeout(each) for each in outgoing]


def _send_within_timeout(each: Outgoing) -> Accepted | TransportError:
    # The timeout of smtplib applies to each step of the protocol, not to the whole mail. The thread that limits the
    # whole does not inherit the active language.
    language = translation.get_language()
    server = get_connection()

    def send() -> Accepted | TransportError:
        with translation.override(language):
            return _send_mail(each, server)

    try:
        return call_with_timeout(MAIL_TIMEOUT, send)
    except TimeoutError:
        is_cancelled = isinstance(server, EmailBackend) and server.cancel()
        return TransportError("mail server: no answer in time", unavailable=True, uncertain=not is_cancelled)


def _send_mail(each: Outgoing, server: BaseEmailBackend) -> Accepted | TransportError:
    try:
        server.open()
    except Exception as error:  # any error: nothing was sent
        if not isinstance(error, (OSError, SMTPException)):
            logger.error("the connection to the mail server failed", exc_info=error)
        return TransportError(f"mail server: {type(error).__name__}", unavailable=True)
    try:
        _mail(each, server).send()
    except Exception as error:  # any error: the other mails must still be sent
        return _mail_error(error, maybe_sent=not isinstance(server, EmailBackend) or server.is_body_started)
    finally:
        with suppress(OSError, SMTPException):  # the mail was accepted even if closing fails
            server.close()
    return Accepted()


def _mail(each: Outgoing, server: BaseEmailBackend) -> EmailMessage:
    headers = {"Message-ID": make_msgid(domain="habits.invalid"), "Auto-Submitted": "auto-generated"}
    if each.message.unsubscribe_url:
        headers["List-Unsubscribe"] = f"<{each.message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    subject = re.sub(r"\s+", " ", each.message.subject)
    mail = EmailMessage(subject, each.message.text, to=[each.address], connection=server, headers=headers)
    if each.message.photo:
        mail.attach("picture.png", each.message.photo, "image/png")
    return mail


def _mail_error(error: Exception, *, maybe_sent: bool) -> TransportError:
    """Return what an error after connecting means: for this mail only, or for all mails."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return TransportError(f"refused: {codes}", permanent=all(code >= 500 for code in codes))
    if isinstance(error, SMTPDataError):
        return TransportError(f"refused: [{error.smtp_code}]", permanent=error.smtp_code >= 500)
    if isinstance(error, SMTPResponseException):
        return TransportError(f"mail server: {type(error).__name__}", unavailable=True)
    if isinstance(error, (OSError, SMTPException)):  # no answer: the server may have accepted a mail that it was sent
        return TransportError(f"mail server: {type(error).__name__}", unavailable=True, uncertain=maybe_sent)
    logger.error("a mail cannot be sent", exc_info=error)
    return TransportError(f"internal error: {type(error).__name__}", internal=True)
