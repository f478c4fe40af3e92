"""ntfy as a channel: each message is one JSON request to the user's server."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from common.outbound import connector
from common.outbound.connector import Answer, CallFailed
from notifications.channels.ntfy import rules
from notifications.channels.own_servers import (
    MAX_ANSWER,
    TIMEOUT,
    ConnectedChannel,
    failed_call,
    retry_after,
    shortened,
    title_and_body,
)
from notifications.channels.transport import Accepted, Button, Message, Result, TransportError
from notifications.models import ChannelConnection
from notifications.taps import links
from users.models import User

NTFY = "ntfy"
HIGH, NORMAL = 4, 3  # priorities


class NtfyChannel(ConnectedChannel):
    """Sends to a topic of the user's server, through the connector for addresses that users gave."""

    name = NTFY
    label = "ntfy"
    not_connected = "no topic is connected"
    unreachable = "the ntfy server refuses messages to the topic"

    def render(self, message: Message, *, user: User) -> Message:
        """Return the message with the buttons that an address can stand for, and one that opens the client for the others."""
        taps = tuple(each for each in message.buttons if each.tap is not None)[: rules.MAX_ACTIONS - 1]
        others = (Button(_("Open"), ""),) if len(taps) < len(message.buttons) else ()
        return replace(message, buttons=(*taps, *others))

    def prepare(self, connected: ChannelConnection, message: Message, *, now: datetime) -> Callable[[], Result]:
        server, topic = rules.split_address(connected.target_url)
        headers = {"Content-Type": "application/json"}
        if connected.access_token:
            headers["Authorization"] = f"Bearer {connected.access_token}"
        body = json.dumps({"topic": topic, **payload(message, now=now)}).encode()

        def publish() -> Result:
            try:
                answer = connector.post(server, body, headers, timeout=TIMEOUT, max_answer=MAX_ANSWER)
            except CallFailed as error:
                return failed_call(error)
            return result_of(answer, now=now)

        return publish


def payload(message: Message, *, now: datetime) -> dict[str, Any]:
    """Return what is published: the first line as title, the rest as text, and buttons that act without opening the app."""
    title, body = title_and_body(message.text)
    found: dict[str, Any] = {
        "message": shortened(body or title, rules.MAX_MESSAGE_BYTES),
        "priority": HIGH if message.kind == "reminder" else NORMAL,
        "tags": [message.kind] if message.kind else [],
        "click": settings.SITE_URL,
    }
    if body:
        found["title"] = shortened(title, rules.MAX_TITLE_BYTES)
    if message.buttons:
        found["actions"] = [_action(each, now) for each in message.buttons]
    return found


def result_of(answer: Answer, *, now: datetime) -> Result:
    """Return what a server's answer means. Only its own 4xx says that the message was not published."""
    if rules.is_accepted(answer.status, answer.body):
        return Accepted()
    reason = f"ntfy answered {answer.status}"
    if answer.status == 429:
        return TransportError(reason, retry_after=retry_after(answer.headers.get("retry-after"), now=now))
    if rules.is_own_refusal(answer.status, answer.body):
        return TransportError(reason, permanent=True, unreachable=answer.status in {401, 403, 404})
    return TransportError(reason, uncertain=True)


def _action(button: Button, now: datetime) -> dict[str, Any]:
    shown = {"label": button.label, "clear": True}
    if button.tap is None:
        return {"action": "view", "url": settings.SITE_URL, **shown}
    return {"action": "http", "url": links.make(button.tap, now=now), "method": "POST", **shown}
