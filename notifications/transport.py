"""What carries messages: the protocol, its error, and the transports that need no Telegram."""

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

logger = logging.getLogger(__name__)

MAIL_TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` comes back when it is tapped (64 bytes at most)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Message:
    """What to send; `text` is plain, at most 1,024 characters beside a `photo` (a PNG); `columns` buttons a row.

    `turn_off`: of a mail that one asked for, the page that ends such mails, also by a POST (RFC 8058).
    """

    text: str
    subject: str = ""
    buttons: Sequence[Button] = field(default=())
    columns: int = 8
    photo: bytes | None = None
    turn_off: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message, where it goes (a chat's id or an e-mail address), and from when on (time.monotonic) it may go."""

    address: str
    message: Message
    by_mail: bool = False
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side has the message."""

    message_id: int | None = None


class TransportError(Exception):
    """A message that was not accepted, as far as one knows.

    `permanent`: trying again is of no use; `unreachable`: and neither is any other message to this address.
    `retry_after`: seconds that the other side asks for. `uncertain`: it may have been accepted all the same.
    `moved_to`: the chat's new id. `away`: the other side, or the way to it, takes no message at all for now.
    `aside`: it is this message, by a fault of ours, and nothing went out.
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
        away: bool = False,
        aside: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.unreachable = unreachable
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.moved_to = moved_to
        self.away = away
        self.aside = aside


class Transport(Protocol):
    """Sends messages at once, each at its own time; one result each, in order. Raises nothing."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]: ...


class ConsoleTransport:
    """Prints messages for Telegram, where no bot is configured."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        for each in outgoing:
            buttons = " ".join(f"[{button.label}]" for button in each.message.buttons)
            picture = " [a picture]" if each.message.photo else ""
            print(f"Telegram to {each.address}: {each.message.text}{picture} {buttons}".rstrip(), flush=True)
        return [Accepted() for _ in outgoing]


class EmailTransport:
    """Sends mails by Django's mail settings (with no host these print), each within MAIL_TIMEOUT as a whole."""

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        return [_in_time(each) for each in outgoing]


def _in_time(each: Outgoing) -> Accepted | TransportError:
    """Send one mail; give it up when its time is over, since a step of SMTP knows only its own limit."""
    language = translation.get_language()

    def send() -> Accepted | TransportError:
        with translation.override(language):
            return _send_mail(each)

    try:
        return call_with_timeout(MAIL_TIMEOUT, send)
    except TimeoutError:
        return TransportError("mail server: no answer in time", away=True, uncertain=True)


def _send_mail(each: Outgoing) -> Accepted | TransportError:
    try:
        server = get_connection()
        server.open()
    except Exception as error:  # nothing was sent, whatever it is
        if not isinstance(error, (OSError, SMTPException)):
            logger.error("the mail server cannot be talked to", exc_info=error)
        return TransportError(f"mail server: {type(error).__name__}", away=True)
    try:
        _mail(each, server).send()
    except Exception as error:  # whatever it is, it must not take the others with it
        return _refused(error)
    finally:
        with suppress(OSError, SMTPException):  # a mail that was accepted stays accepted
            server.close()
    return Accepted()


def _mail(each: Outgoing, server: BaseEmailBackend) -> EmailMessage:
    headers = {"Message-ID": make_msgid(domain="habits.invalid"), "Auto-Submitted": "auto-generated"}
    if each.message.turn_off:
        headers["List-Unsubscribe"] = f"<{each.message.turn_off}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    subject = re.sub(r"\s+", " ", each.message.subject)
    mail = EmailMessage(subject, each.message.text, to=[each.address], connection=server, headers=headers)
    if each.message.photo:
        mail.attach("picture.png", each.message.photo, "image/png")
    return mail


def _refused(error: Exception) -> TransportError:
    """What an error means that came after the mail server had answered once: for this mail, or for all."""
    if isinstance(error, SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return TransportError(f"refused: {codes}", permanent=all(code >= 500 for code in codes))
    if isinstance(error, SMTPDataError):
        return TransportError(f"refused: [{error.smtp_code}]", permanent=error.smtp_code >= 500)
    if isinstance(error, SMTPResponseException):
        return TransportError(f"mail server: {type(error).__name__}", away=True)
    if isinstance(error, (OSError, SMTPException)):  # without an answer nobody knows whether it has the mail
        return TransportError(f"mail server: {type(error).__name__}", away=True, uncertain=True)
    logger.error("a mail cannot be sent", exc_info=error)
    return TransportError(f"internal error: {type(error).__name__}", aside=True)
