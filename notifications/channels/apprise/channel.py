"""Apprise as a channel: one message to the service that the user's address names. The address is a secret."""

from collections.abc import Callable
from datetime import datetime

from common.errors import DomainError
from notifications.channels.apprise import rules
from notifications.channels.apprise.rules import Called, Outcome
from notifications.channels.own_servers import ConnectedChannel, shortened, title_and_body
from notifications.channels.transport import Accepted, Message, Result, TransportError
from notifications.models import ChannelConnection
from notifications.taps import links

APPRISE = "apprise"


class AppriseChannel(ConnectedChannel):
    """Sends by a service that Apprise knows, through the connector for addresses that users gave."""

    name = APPRISE
    label = "Apprise"
    not_connected = "no service is connected"
    unreachable = "the service refuses messages"

    def prepare(self, connected: ChannelConnection, message: Message, *, now: datetime) -> Callable[[], Result]:
        # Imported when it is first needed: it takes a second and much memory, and few use it.
        from notifications.channels.apprise import client

        title, body = title_and_body(message.text)
        text = with_links(body or title, message, now=now)

        def send() -> Result:
            try:
                answer, calls = client.send(connected.target_url, title=title if body else "", body=text, now=now)
            except DomainError as error:
                return TransportError(error.message, permanent=True, unreachable=True)
            return result_of(answer, calls)

        return send


def with_links(text: str, message: Message, *, now: datetime) -> str:
    """Return the text with the addresses that stand for buttons, one in a line."""
    lines = [f"{each.label}: {links.make(each.tap, now=now)}" for each in message.buttons if each.tap is not None]
    room = rules.MAX_TEXT_BYTES - len("\n".join(["", "", *lines]).encode())
    return "\n\n".join(part for part in (shortened(text, room), "\n".join(lines)) if part)


def result_of(answer: bool | None, calls: list[Called]) -> Result:
    """Return what Apprise's answer and its requests mean for a message."""
    outcome = rules.outcome_of(answer, calls)
    reason = f"Apprise: {calls[-1].reason}" if calls else "Apprise cannot send this"
    match outcome:
        case Outcome.SENT:
            return Accepted()
        case Outcome.UNCERTAIN:
            return TransportError(reason, uncertain=True)
        case Outcome.LATER:
            return TransportError(reason, retry_after=max(each.retry_after for each in calls))
        case Outcome.AWAY:
            return TransportError(reason, unavailable=True)
    return TransportError(reason, permanent=True, unreachable=outcome == Outcome.FORBIDDEN)
