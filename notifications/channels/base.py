"""What a channel is: one way to reach people, with its limits, its rendering and the meaning of its errors."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from notifications.channels.transport import Message, Outgoing, Result, Slot
from users.models import Address, User


class Channel:
    """A channel of the registry. The defaults are those of a server without limits; a channel overrides what differs.

    The outbox calls, for each chunk of messages: `reserve`, `send`, and for the results the `note_…` methods.
    """

    name: ClassVar[str]  # in deliveries and addresses, at most 20 characters
    label: ClassVar[str] = ""  # for people; empty: the name
    is_fallback: ClassVar[bool] = False  # used only where the user asked for it (see notifications.outbox.recipients)
    stores_addresses: ClassVar[bool] = True  # addresses are rows of users.Address
    has_subscriptions: ClassVar[bool] = False  # an address stands for the user's PushSubscriptions
    max_batch_time: ClassVar[timedelta | None] = None  # for the messages of one batch; the rest waits for the next
    # Each address has a server of its own, so that one which does not answer says nothing of the others: its messages wait
    # for their address, each time for longer.
    has_own_servers: ClassVar[bool] = False
    outage_reason: ClassVar[str] = ""  # if set, an unavailable server postpones the rest of a batch for this reason
    # After this many attempts with an unknown result a message counts as sent: missing a reminder is less annoying than
    # a fourth copy of it.
    max_uncertain_tries: ClassVar[int] = 3
    not_connected: ClassVar[str] = "no address is connected"  # why a message without an address is dropped
    unreachable: ClassVar[str] = "the address is unreachable"  # why a message to such an address fails

    def pace(self) -> int | None:
        """Return how many messages a second may be sent; None: there is no limit."""
        return None

    def address_interval(self) -> timedelta | None:
        """Return how far apart messages to one address are sent; None: there is no limit."""
        return None

    def chunk_size(self) -> int:
        """Return how many messages are marked and sent at once.

        If a sender crashes, all of a chunk become uncertain, so the number is small.
        """
        return 16

    def address_of(self, user: User) -> Address:
        """Return the user's address, perhaps one that is not connected. Runs no query if the addresses are loaded."""
        return user.address(self.name)

    def render(self, message: Message, *, user: User) -> Message:
        """Return a message to a user as this channel shows it, in the active language."""
        return message

    def render_direct(self, message: Message) -> Message:
        """Return a message to an address that was named when it was queued, as this channel shows it."""
        return message

    def reserve(self, outgoing: Sequence[Outgoing]) -> list[Slot]:
        """Return when each message may be sent. Raises ChannelUnavailable."""
        return [Slot(granted=True, wait=0.0) for _ in outgoing]

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        """Send each message no earlier than its time; return one result per message, in order. Raise nothing."""
        raise NotImplementedError

    def note_rate_limited(self, address: str, seconds: float) -> None:
        """Tell all senders that the server demands a delay (`retry_after`) for an address."""
        return

    def note_unavailable(self) -> None:
        """Tell all senders that messages wait because the server is unavailable."""
        return

    def note_available(self) -> bool:
        """Tell all senders that the server answers; return whether messages that wait for that should be resumed."""
        return False
