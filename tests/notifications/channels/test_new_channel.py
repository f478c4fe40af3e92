"""A new channel is one module and one line in the registry: here a class that keeps its messages in memory."""

from collections.abc import Iterator, Sequence

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from notifications.channels import registry
from notifications.channels.base import Channel
from notifications.channels.telegram.chats import connect_chat
from notifications.channels.transport import Accepted, ChannelUnavailable, Outgoing, Result, Slot, TransportError
from notifications.models import Delivery
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users import addresses
from users.models import Address, User

pytestmark = pytest.mark.django_db


class MemoryChannel(Channel):
    """Keeps what it sends. `results` are the answers to the next messages; without one a message is accepted."""

    name = "memory"
    unreachable = "the room is gone"

    def __init__(self) -> None:
        self.sent: list[Outgoing] = []
        self.results: list[Result] = []
        self.held: list[tuple[str, float]] = []
        self.is_away = False

    def reserve(self, outgoing: Sequence[Outgoing]) -> list[Slot]:
        if self.is_away:
            raise ChannelUnavailable("the rooms are closed")
        return super().reserve(outgoing)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Result]:
        self.sent += outgoing
        return [self.results.pop() if self.results else Accepted(len(self.sent)) for _ in outgoing]

    def note_rate_limited(self, address: str, seconds: float) -> None:
        self.held.append((address, seconds))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> MemoryChannel:
    """The new channel, registered after Telegram and before mail."""
    channel = MemoryChannel()
    telegram, *_, email = registry.CHANNELS
    monkeypatch.setattr(registry, "CHANNELS", [telegram, channel, email])
    return channel


@pytest.fixture
def due(memory: MemoryChannel, telegram: FakeTelegram, settings: Settings) -> Iterator[HabitTrack]:
    """Alice's track with a due reminder; her only address is a room on the new channel."""
    settings.REQUIRE_TELEGRAM = False
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        alice = make.person("alice")
        track = make.track(alice, time="07:30")
        addresses.connect(user=alice, channel="memory", address="room 7", confirmed=True, now=timezone.now())
        [told] = make.mails()  # about the new address, whatever its channel
        assert "room 7" in told.body
        clock.move_to("2026-11-21 07:30Z")
        queue_all_due()
        mail.outbox.clear()
        yield track


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def room() -> Address:
    return Address.objects.get(channel="memory")


def send_later(minute: str) -> None:
    with time_machine.travel(f"2026-11-21 {minute}Z", tick=False):
        send_all()


def test_a_reminder_goes_to_the_users_only_address(due: HabitTrack, memory: MemoryChannel) -> None:
    send_all()
    [sent] = memory.sent
    assert (sent.address, sent.message.text) == ("room 7", "⏰ I will do ten push-ups at 07:30")
    row = reminder()
    assert (row.state, row.channel, row.address, row.sent_to, row.message_id) == (
        "sent",
        "memory",
        *["room 7"] * 2,
        1,
    )
    [listed] = make.client(due.user).get("/api/notifications/?channel=memory").json()["results"]
    assert listed["channel"] == "memory"


def test_the_first_channel_of_the_registry_is_preferred(
    due: HabitTrack, memory: MemoryChannel, telegram: FakeTelegram
) -> None:
    connect_chat(user=due.user, chat_id=1001, confirmed=True, now=timezone.now())
    send_all()
    assert (reminder().channel, len(telegram.messages(1001)), memory.sent) == ("telegram", 1, [])


def test_an_address_that_telegram_refuses_gives_way_to_the_next(
    due: HabitTrack, memory: MemoryChannel, telegram: FakeTelegram
) -> None:
    connect_chat(user=due.user, chat_id=1001, confirmed=True, now=timezone.now())
    telegram.fault("blocked", method="sendMessage")
    send_all()
    assert (reminder().state, reminder().channel, len(memory.sent)) == ("sent", "memory", 1)


def test_a_refused_message_fails_and_its_address_is_unreachable(due: HabitTrack, memory: MemoryChannel) -> None:
    memory.results = [TransportError("no such room", permanent=True, unreachable=True)]
    send_all()
    assert (reminder().state, reminder().reason, len(memory.sent)) == ("failed", "no such room", 1)
    assert room().unreachable_since is not None
    Delivery.objects.update(state="pending", lease=None)
    send_all()
    assert (reminder().state, reminder().reason, len(memory.sent)) == ("failed", "the room is gone", 1)


def test_a_refused_message_goes_by_mail_if_enabled(due: HabitTrack, memory: MemoryChannel) -> None:
    User.objects.update(reminders_by_email=True)
    memory.results = [TransportError("no such room", permanent=True, unreachable=True)]
    send_all()
    assert (reminder().state, reminder().channel, len(mail.outbox)) == ("sent", "email", 1)


def test_a_demanded_delay_postpones_the_message(due: HabitTrack, memory: MemoryChannel) -> None:
    memory.results = [TransportError("too many", retry_after=600)]
    send_all()
    assert (reminder().state, reminder().waits_for, reminder().attempts) == ("pending", "chat", 0)
    assert memory.held == [("room 7", 600)]
    send_later("07:39")
    assert len(memory.sent) == 1
    send_later("07:41")
    assert (reminder().state, len(memory.sent)) == ("sent", 2)


def test_an_unavailable_channel_postpones_the_message(due: HabitTrack, memory: MemoryChannel) -> None:
    memory.is_away = True
    send_all()
    assert (reminder().reason, reminder().waits_for, memory.sent) == ("the rooms are closed", "away", [])
    memory.is_away = False
    send_later("07:31")
    assert (reminder().state, reminder().attempts) == ("sent", 0)


def test_uncertain_results_end_after_the_channels_number_of_tries(
    due: HabitTrack, memory: MemoryChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryChannel, "max_uncertain_tries", 1)
    memory.results = [TransportError("cut", uncertain=True)]
    send_all()
    assert (reminder().state, reminder().uncertain, reminder().sent_to) == ("sent", True, "room 7")
