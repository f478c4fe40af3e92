"""Messages, calls and taps as typed records for tests."""

from dataclasses import dataclass
from typing import Any

from .keyboards import buttons


@dataclass(frozen=True, slots=True)
class EditRecord:
    """The content of a message from ``monotonic`` on; the first edit of a message is its original content."""

    text: str
    markup: dict[str, Any] | None
    monotonic: float
    wall: float


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message in its current state, and when it was accepted (seconds; ``monotonic`` is CLOCK_MONOTONIC).

    ``answered`` is False where the sender never got the answer, because the line was cut or it had gone.
    """

    message_id: int
    chat_id: int
    outgoing: bool
    method: str
    text: str
    entities: list[dict[str, Any]]
    markup: dict[str, Any] | None
    photo: list[dict[str, Any]] | None
    monotonic: float
    wall: float
    edits: list[EditRecord]
    deleted: bool
    answered: bool
    fault: str

    @classmethod
    def read(cls, record: dict[str, Any]) -> "MessageRecord":
        edits = [EditRecord(**edit) for edit in record["edits"]]
        return cls(**{**record, "edits": edits})

    @property
    def buttons(self) -> list[str]:
        """The texts of the message's inline buttons."""
        return [str(button["text"]) for button in buttons(self.markup)]

    @property
    def button_data(self) -> dict[str, str]:
        """The callback data of the inline buttons by their texts."""
        return {b["text"]: b["callback_data"] for b in buttons(self.markup) if "callback_data" in b}


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call of a Bot API method. ``status`` 0: it got no response; ``fault`` is the kind of fault that was played."""

    index: int
    method: str
    chat_id: str
    monotonic: float
    wall: float
    params: dict[str, Any]
    status: int
    fault: str


@dataclass(frozen=True, slots=True)
class TapRecord:
    """A tap on a button; ``answer`` has the bot's text and show_alert once the bot has answered."""

    id: str
    chat_id: int
    data: str
    answer: dict[str, Any] | None
    expired: bool
