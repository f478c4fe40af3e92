"""Taps on buttons: what a tap carries and shows, and the rows that its data names. The data is not trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from notifications.bot import stamps
from notifications.bot.numbers import InvalidButton, parse_number
from notifications.channels.transport import Button, Message
from notifications.models import Delivery
from notifications.outbox import queries
from tracking.models import HabitTrack
from tracking.tracks.queries import locked_track
from users.models import User


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap on a button: the user, the argument in the button's data, and the message."""

    user: User
    argument: str
    now: datetime
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class TapResult:
    """A short notice, and the message or the buttons that replace the tapped message's (None: unchanged)."""

    notice: str
    message: Message | None = None
    buttons: Sequence[Button] | None = None
    columns: int = 4


def find_reminder(tap: Tap, name: str) -> tuple[Delivery, HabitTrack]:
    """Return the user's delivery and its track, which is locked so that parallel taps run one after the other."""
    number, _sep, token = name.partition(":")
    delivery = queries.find_reminder(tap.user, delivery_id=parse_number(number), token=token)
    if delivery is None or delivery.track_id is None or not (token or _matches_message(delivery, tap)):
        raise InvalidButton
    return delivery, locked_track(tap.user, delivery.track_id)


def _matches_message(delivery: Delivery, tap: Tap) -> bool:
    """Check a button without a token, of a delivery made before tokens existed, by its chat and message id."""
    if delivery.sent_to != str(tap.chat_id):
        return False
    return delivery.uncertain or delivery.message_id == tap.message_id


def day_of(delivery: Delivery) -> date:
    """Return the local day that a reminder is about."""
    assert delivery.day is not None
    return delivery.day


def parse_day(text: str) -> date:
    """Return a day from a button's data. Raises InvalidButton if the text is not one."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidButton from error


def verify_stamp(track: HabitTrack, stamp: str) -> HabitTrack:
    """Return the track. Raises InvalidButton if the button was made for another track with the same id."""
    if stamp != stamps.of_track(track):
        raise InvalidButton
    return track
