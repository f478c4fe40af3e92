"""What all channels share: messages, the results of sending them, and the errors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from notifications.taps.links import TapTarget


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message. Telegram sends `data` (at most 64 bytes) back when it is tapped.

    `tap`: what it does, for channels whose buttons are addresses; None: these channels leave it out. `opens`: the address
    of the Mini App, which Telegram opens instead.
    """

    label: str
    data: str
    tap: TapTarget | None = None
    opens: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send.

    `text` is plain text, at most 1,024 characters if there is a `photo` (a PNG). `columns` is the number of buttons in
    a row. `unsubscribe_url` is the page that ends mails of this kind, also by a POST request (RFC 8058). `kind`, of the
    delivery. `thread`: a later message of the same thread makes an earlier one useless; empty: none does. `expires_at`:
    from then on it is of no use.
    """

    text: str
    subject: str = ""
    buttons: Sequence[Button] = field(default=())
    columns: int = 8
    photo: bytes | None = None
    unsubscribe_url: str = ""
    kind: str = ""
    thread: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message with its channel, its address there, and the earliest time of sending (time.monotonic)."""

    channel: str
    address: str
    message: Message
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The result for a message that the channel's server accepted."""

    message_id: int | None = None


class TransportError(Exception):
    """The result for a message that was not accepted, or perhaps was (`uncertain`).

    `permanent`: another attempt would fail too. `unreachable`: every message to this address would fail.
    `retry_after`: the delay in seconds that the server demands. `uncertain`: the message may have been accepted.
    `moved_to`: the new address. `unavailable`: the server or the network accepts no messages now.
    `elsewhere`: with that, it may take long, and another channel of the user takes the message.
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
        moved_to: str | None = None,
        unavailable: bool = False,
        elsewhere: bool = False,
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
        self.elsewhere = elsewhere
        self.internal = internal


Result = Accepted | TransportError


@dataclass(frozen=True, slots=True)
class Slot:
    """Whether a message may be sent, and after how many seconds; if not granted, after how many to ask again."""

    granted: bool
    wait: float


class ChannelUnavailable(Exception):
    """Nothing can be sent on the channel now; nothing was sent."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
