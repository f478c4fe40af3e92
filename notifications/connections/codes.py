"""The code that the first message on a channel carries. It is derived, so nothing of it is stored."""

from django.utils.crypto import constant_time_compare, salted_hmac

from notifications.connections.rules import CODE_DIGITS
from notifications.models import ChannelConnection


def code_of(connection: ChannelConnection) -> str:
    """Return the code that confirms a connection: another one for each time that one is made."""
    text = f"{connection.pk}:{connection.user_id}:{connection.address}:{connection.created_at.isoformat()}"
    digest = salted_hmac("notifications.connections.code", text, algorithm="sha256").digest()
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def matches(connection: ChannelConnection, code: str) -> bool:
    """Return whether this is the connection's code."""
    return constant_time_compare(code_of(connection), code)
