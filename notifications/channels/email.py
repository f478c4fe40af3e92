"""The channel for mails: to the account's own address, one at a time."""

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email.utils import make_msgid
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation
from django.utils.translation import gettext as _

from common.call_timeout import call_with_timeout
from notifications.channels.base import Channel
from notifications.channels.smtp import EmailBackend
from notifications.channels.transport import Accepted, Message, Outgoing, Result, TransportError
from users import tokens
from users.models import Address, User

logger = logging.getLogger(__name__)

EMAIL = "email"
MAIL_TIMEOUT = timedelta(seconds=20)


class EmailChannel(Channel):
    """Sends mails with Django's mail settings (without EMAIL_HOST they are printed), each within MAIL_TIMEOUT.

    The address is the account's own, once it is confirmed.
    """

    name = EMAIL
    is_fallback = True
    stores_addresses = False
    max_batch_time = timedelta(seconds=5)  # a slow mail server must not delay messages on other channels
    outage_reason = "the mail server is unavailable"
    max_uncertain_tries = 2
    not_connected = "mails are turned off"

    def chunk_size(self) -> int:
        return 1

    def address_of(self, user: User) -> Address:
        return Address(user=user, channel=EMAIL, address=user.email, confirmed=user.confirmed_at is not None)

    def render(self, message: Message, *, user: User) -> Message:
        """Return the message with a link instead of its buttons, and a link to unsubscribe."""
        parts = [message.text]
        if message.buttons:
            parts.append(_("Tick it off here:\n%(link)s") % {"link": settings.SITE_URL})
        unsubscribe_url = f"{settings.SITE_URL}/unsubscribe/{tokens.unsubscribe.make(user)}/"
        parts.append(_("To stop these mails:\n%(link)s") % {"link": unsubscribe_url})
        return replace(message, text="\n\n".join(parts), buttons=(), unsubscribe_url=unsubscribe_url)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        return [_send_within_timeout(each) for each in outgoing]


def _send_within_timeout(each: Outgoing) -> Result:
    # The timeout of smtplib applies to each step of the protocol, not to the whole mail. The thread that limits the
    # whole does not inherit the active language.
    language = translation.get_language()

    server = get_connection()

    def send() -> Result:
        with translation.override(language):
            return _send_mail(each, server)

    try:
        return call_with_timeout(MAIL_TIMEOUT, send)
    except TimeoutError:
        is_cancelled = isinstance(server, EmailBackend) and server.cancel()
        return TransportError("mail server: no answer in time", unavailable=True, uncertain=not is_cancelled)


def _send_mail(each: Outgoing, server: BaseEmailBackend) -> Result:
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
    if isinstance(error, (OSError, SMTPException)):  # no answer: the server may have accepted the mail
        return TransportError(f"mail server: {type(error).__name__}", unavailable=True, uncertain=maybe_sent)
    logger.error("a mail cannot be sent", exc_info=error)
    return TransportError(f"internal error: {type(error).__name__}", internal=True)
