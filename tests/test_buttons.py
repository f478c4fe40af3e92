"""The buttons under a reminder: Done, Skip and Later act once, and only for the chat's own account."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from habits.services import delete_habit
from notifications.models import Delivery
from notifications.tasks import send_all
from notifications.ticking import queue_all_due
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, notice, poll, undone
from tracking.models import HabitLog, HabitTrack
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 21)


@pytest.fixture
def alice(telegram: FakeTelegram) -> User:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        return make.person("alice", chat=True)


@pytest.fixture
def morning(alice: User) -> Iterator[time_machine.Traveller]:
    """07:30 of the next day."""
    with time_machine.travel("2026-11-21 07:30Z", tick=False) as clock:
        yield clock


def asked(owner: User, telegram: FakeTelegram, **fields: object) -> tuple[HabitTrack, MessageRecord]:
    """A track of the owner's and the reminder that has arrived for it."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        track = make.track(owner, time="07:30", **fields)
    queue_all_due()
    send_all()
    assert owner.chat_id
    return track, telegram.messages(owner.chat_id)[-1]


def later(telegram: FakeTelegram, message: MessageRecord, choice: str = "") -> None:
    """Taps Later under a reminder, and one of the choices that it then shows."""
    for button in filter(None, ["Later", choice]):
        telegram.tap(message.chat_id, message.message_id, button)
        poll(telegram)


# The buttons tapped one after the other, the notice of the last, and what the message says then.
TAPS = [
    (["done"], ("Well done!", "Отлично!"), ("✅ I will do ten push-ups", "✅ Я буду do ten push-ups")),
    (["skip"], ("Skipped.", "Пропущено."), ("⏭ Skipped: I will", "⏭ Пропущено: Я буду")),
    (["later"], ("When?", "Когда?"), ("⏰ I will", "⏰ Я буду")),
    (["later", "back"], ("", ""), ("⏰ I will", "⏰ Я буду")),
    (["later", "in:30"], ("I will ask again.", "Я спрошу ещё раз."), ("🕓 Again at 08:00", "🕓 Напомню в 08:00")),
    (["later", "at:2000"], ("I will ask again.", "Я спрошу ещё раз."), ("🕓 Again at 20:00", "🕓 Напомню в 20:00")),
    (["done", "done"], ("That day is settled already.", "Этот день уже отмечен."), ("✅ I will", "✅ Я буду")),
    (["done", "skip"], ("That day is settled already.", "Этот день уже отмечен."), ("✅ I will", "✅ Я буду")),
    (["skip", "later"], ("That day is settled already.", "Этот день уже отмечен."), ("⏭ Skipped", "⏭ Пропущено")),
    (["forged"], ("This button no longer works.", "Эта кнопка больше не работает."), ("⏰ I will", "⏰ Я буду")),
]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(("taps", "notices", "texts"), TAPS, ids=[" ".join(each[0]) for each in TAPS])
def test_every_button_answers_in_both_modes_and_languages(
    alice: User,
    telegram: FakeTelegram,
    morning: time_machine.Traveller,
    settings: Settings,
    taps: list[str],
    notices: tuple[str, str],
    texts: tuple[str, str],
    language: str,
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    alice = edit_profile(user=alice, language=language, now=timezone.now())
    for deliver in MODES.values():
        with undone():
            _, message = asked(alice, telegram)
            number = next(iter(message.button_data.values())).partition(":")[2]
            for tap in taps:
                action, _sep, choice = tap.partition(":")
                data = ":".join(filter(None, [action, number, choice]))
                telegram.tap(1001, message.message_id, data, stale=True)
                deliver(telegram)
        assert notice(telegram) == notices[language == "ru"]
        assert texts[language == "ru"] in telegram.message(1001, message.message_id).text


def bot_message(telegram: FakeTelegram, chat_id: int) -> int:
    """A message of the bot's in the chat, to put a forged button under."""
    telegram.send_text(chat_id, "hello")
    poll(telegram)
    return telegram.messages(chat_id)[-1].message_id


def test_done_logs_the_day_and_the_message_says_so(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = asked(alice, telegram, place="the hall", reward="a good coffee")
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    log = HabitLog.objects.get(track=track)
    assert (log.day, log.status, log.source, log.completed_at) == (DAY, "completed", "telegram", timezone.now())
    edited = telegram.message(1001, message.message_id)
    assert edited.text == (
        "✅ I will do ten push-ups at 07:30 in the hall\n🔥 Streak: 1 day\n🎁 Your reward: a good coffee"
    )
    assert edited.buttons == []
    assert telegram.taps[-1].answer


def test_done_answers_with_the_linked_pleasant_habit(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    bath = make.habit(alice, name="A hot bath", action="take a hot bath", is_pleasant=True)
    _, message = asked(alice, telegram, linked_habit=bath.pk)
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    assert telegram.message(1001, message.message_id).text.endswith("🌿 Now enjoy: take a hot bath")


def test_a_follower_is_not_shown_the_owners_private_linked_habit(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        bath = make.habit(alice, name="A secret bath", action="take a secret bath", is_pleasant=True)
        habit = make.habit(alice, time="07:30", is_published=True, linked_habit=bath.pk)
        make.follower(make.person("bob", chat=True), habit)
    queue_all_due()
    send_all()
    message = telegram.messages(1002)[-1]
    telegram.tap(1002, message.message_id, "Done")
    poll(telegram)
    assert "secret" not in telegram.message(1002, message.message_id).text


def test_skip_says_that_the_day_does_not_count(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = asked(alice, telegram)
    telegram.tap(1001, message.message_id, "Skip")
    poll(telegram)
    assert HabitLog.objects.get(track=track).status == "skipped"
    assert telegram.message(1001, message.message_id).text.startswith("⏭ Skipped")


def test_later_asks_again_after_half_an_hour(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    later(telegram, message, "30 min")
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 08:00")
    morning.shift(timedelta(minutes=29))
    send_all()
    assert len(telegram.messages(1001, after=message.message_id)) == 0
    morning.shift(timedelta(minutes=1))
    send_all()
    [second] = telegram.messages(1001, after=message.message_id)
    assert second.buttons == ["Done", "Skip", "Later"]


def test_later_of_what_is_done_meanwhile_is_not_asked(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = asked(alice, telegram)
    later(telegram, message, "30 min")
    make.log(track, DAY)
    morning.shift(timedelta(minutes=30))
    send_all()
    assert Delivery.objects.get(key__startswith="later:").reason == "already done"


def test_later_never_goes_past_the_local_day(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    morning.move_to("2026-11-21 23:40Z")
    later(telegram, message)
    telegram.tap(1001, message.message_id, f"in:{message.button_data['Later'].partition(':')[2]}:30", stale=True)
    poll(telegram)
    assert not Delivery.objects.filter(key__startswith="later:").exists()
    assert [tap.answer and tap.answer["text"] for tap in telegram.taps] == ["The day is over by then."] * 2


@pytest.mark.parametrize("button", ["Done", "Skip"])
def test_a_button_acts_once_however_often_it_is_tapped(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, button: str
) -> None:
    track, message = asked(alice, telegram)
    data = message.button_data[button]
    for _ in range(3):
        telegram.tap(1001, message.message_id, data, stale=True)
    poll(telegram)
    assert HabitLog.objects.filter(track=track).count() == 1


def test_later_offers_what_is_left_of_the_day_and_the_way_back(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    morning.move_to("2026-11-21 17:50Z")
    later(telegram, message)
    shown = telegram.message(1001, message.message_id)
    assert shown.buttons == ["30 min", "1 h", "3 h", "20:00", "22:00", "↩ Back"]
    telegram.tap(1001, message.message_id, "↩ Back")
    poll(telegram)
    assert telegram.message(1001, message.message_id).buttons == ["Done", "Skip", "Later"]


def test_later_at_a_chosen_time_is_on_the_persons_clock(
    telegram: FakeTelegram, alice: User, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    edit_profile(user=alice, time_zone="Europe/Berlin", now=timezone.now())
    later(telegram, message, "20:00")
    assert Delivery.objects.get(key__startswith="later:").due_at == make.utc("2026-11-21 19:00")
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 20:00")


def test_of_two_times_the_one_chosen_first_stands(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    later(telegram, message)
    for button in ("1 h", "3 h"):
        telegram.tap(1001, message.message_id, button, stale=True)
    poll(telegram)
    assert Delivery.objects.get(key__startswith="later:").due_at == make.utc("2026-11-21 08:30")
    assert notice(telegram) == "I will ask again."
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 08:30")


def test_a_time_that_has_passed_meanwhile_is_not_chosen(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = asked(alice, telegram)
    later(telegram, message)
    morning.move_to("2026-11-21 12:01Z")
    telegram.tap(1001, message.message_id, "12:00")
    poll(telegram)
    assert notice(telegram) == "That time has passed."
    assert not Delivery.objects.filter(key__startswith="later:").exists()


def test_a_stale_button_does_not_undo_what_is_settled(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = asked(alice, telegram)
    make.log(track, DAY)
    telegram.tap(1001, message.message_id, "Skip")
    poll(telegram)
    assert HabitLog.objects.get(track=track).status == "completed"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("language", "words"), [("en", "This button no longer works."), ("ru", "Эта кнопка больше не работает.")]
)
def test_another_accounts_button_does_nothing(
    alice: User,
    telegram: FakeTelegram,
    morning: time_machine.Traveller,
    settings: Settings,
    mode: str,
    language: str,
    words: str,
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    track, message = asked(alice, telegram)
    make.person("charlie", chat=True, language=language)
    telegram.tap(1003, bot_message(telegram, 1003), message.button_data["Done"], stale=True)
    MODES[mode](telegram)
    assert notice(telegram) == words
    assert not HabitLog.objects.filter(track=track).exists()


@pytest.mark.parametrize(
    "data",
    [
        *("done:", "done:x", "done:999999999999999999999", "dance:1", "", "later:0", "in:1:31", "at:1:2460", "at:1:x"),
        *("tick:1", "tick:x:2026-11-21", "did:1:2026-11-21", "pause:x", "pause:all:ever", "pause:1:today", "resume:1"),
        *("language:xx", "timezone:Mars/Base", "digest:7", "digest:0:24", "digest:x", "stop:999", "stop:"),
    ],
)
def test_a_forged_button_does_nothing(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, data: str
) -> None:
    telegram.tap(1001, bot_message(telegram, 1001), data or "-", stale=True)
    before = make.everything()
    poll(telegram)
    assert notice(telegram) == "This button no longer works."
    assert make.everything() == before


def test_the_button_of_a_deleted_habit_does_nothing(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = asked(alice, telegram)
    delete_habit(owner=alice, habit_id=track.habit_id, now=timezone.now())
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    assert notice(telegram) == "This button no longer works."
