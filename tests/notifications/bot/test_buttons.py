"""The buttons Done, Skip and Later under a reminder take effect once, and only for the account of the chat."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone, translation
from pytest_django import Settings

from common.errors import DomainError
from common.limits import MAX_AMOUNT
from habits.services import delete_habit
from notifications.bot import buttons, undo
from notifications.bot.numbers import InvalidButton
from notifications.models import Delivery
from notifications.outbox import messages
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, both_modes_and_languages, notice, poll
from tracking.logs.content import content_of
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
    """Set the clock to 07:30 on the next day."""
    with time_machine.travel("2026-11-21 07:30Z", tick=False) as clock:
        yield clock


def receive_reminder(owner: User, telegram: FakeTelegram, **fields: object) -> tuple[HabitTrack, MessageRecord]:
    """Create a track, send its reminder, and return both."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        track = make.track(owner, time="07:30", **fields)
    queue_all_due()
    send_all()
    return track, telegram.messages(int(make.chat(owner).address or 0))[-1]


def choose_later(telegram: FakeTelegram, message: MessageRecord, choice: str = "") -> None:
    """Tap Later under a reminder, and then one of its choices."""
    for button in filter(None, ["Later", choice]):
        telegram.tap(message.chat_id, message.message_id, button)
        poll(telegram)


# The tapped buttons in order, the last notice, and a part of the final message; each in both languages.
TAPS = [
    (["done"], ("Well done!", "Отлично!"), ("✅ I will do ten push-ups", "✅ Я буду do ten push-ups")),
    (["skip"], ("Skipped.", "Пропущено."), ("⏭ Skipped: I will", "⏭ Пропущено: Я буду")),
    (["later"], ("When?", "Когда?"), ("⏰ I will", "⏰ Я буду")),
    (["later", "back"], ("", ""), ("⏰ I will", "⏰ Я буду")),
    (["done", "undo:"], ("Undone.", "Отменено."), ("⏰ I will do ten", "⏰ Я буду do ten")),
    (["skip", "undo:"], ("Undone.", "Отменено."), ("⏰ I will do ten", "⏰ Я буду do ten")),
    (
        ["undo:"],
        ("This day was changed since.", "С тех пор этот день изменили."),
        ("⏰ I will do ten", "⏰ Я буду do ten"),
    ),
    (
        ["later", "in:30"],
        ("I will remind you again.", "Я напомню ещё раз."),
        ("🕓 Again at 08:00", "🕓 Напомню в 08:00"),
    ),
    (
        ["later", "at:2000"],
        ("I will remind you again.", "Я напомню ещё раз."),
        ("🕓 Again at 20:00", "🕓 Напомню в 20:00"),
    ),
    (["done", "done"], ("This day is already logged.", "Этот день уже отмечен."), ("✅ I will", "✅ Я буду")),
    (["done", "skip"], ("This day is already logged.", "Этот день уже отмечен."), ("✅ I will", "✅ Я буду")),
    (["skip", "later"], ("This day is already logged.", "Этот день уже отмечен."), ("⏭ Skipped", "⏭ Пропущено")),
    (["forged"], ("This button no longer works.", "Эта кнопка больше не работает."), ("⏰ I will", "⏰ Я буду")),
]


@both_modes_and_languages
@pytest.mark.parametrize(("taps", "notices", "texts"), TAPS, ids=[" ".join(each[0]) for each in TAPS])
def test_every_button_works_in_both_modes_and_languages(
    alice: User,
    telegram: FakeTelegram,
    morning: time_machine.Traveller,
    settings: Settings,
    taps: list[str],
    notices: tuple[str, str],
    texts: tuple[str, str],
    language: str,
    mode: str,
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    alice = edit_profile(user=alice, language=language, now=timezone.now())
    _, message = receive_reminder(alice, telegram)
    number = next(iter(message.button_data.values())).partition(":")[2]
    for tap in taps:
        action, _sep, choice = tap.partition(":")
        data = ":".join([action, number, *([choice] if _sep else [])])
        telegram.tap(1001, message.message_id, data, stale=True)
        MODES[mode](telegram)
    assert notice(telegram) == notices[language == "ru"]
    assert texts[language == "ru"] in telegram.message(1001, message.message_id).text


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Your time zone skips this date."), ("ru", "В вашем часовом поясе этой даты нет.")]
)
def test_a_date_that_the_zone_skips_cannot_be_completed(
    alice: User, morning: time_machine.Traveller, language: str, text: str
) -> None:
    track, skipped = make.track(alice), date(2011, 12, 30)
    alice = edit_profile(user=alice, time_zone="Pacific/Apia", language=language, now=timezone.now())
    with pytest.raises(DomainError) as refusal, translation.override(language):
        buttons.complete_day(alice, track.pk, skipped, timezone.now())
    with translation.override(language):
        assert messages.error_text(refusal.value) == text
    assert not HabitLog.objects.exists()


def bot_message(telegram: FakeTelegram, chat_id: int) -> int:
    """Return the id of a message of the bot in the chat, for taps on forged buttons."""
    telegram.send_text(chat_id, "hello")
    poll(telegram)
    return telegram.messages(chat_id)[-1].message_id


def test_done_logs_the_day_and_edits_the_message(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = receive_reminder(alice, telegram, place="the hall", reward="a good coffee")
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    log = HabitLog.objects.get(track=track)
    assert (log.day, log.status, log.source, log.completed_at) == (DAY, "completed", "telegram", timezone.now())
    edited = telegram.message(1001, message.message_id)
    assert edited.text == (
        "✅ I will do ten push-ups at 07:30 in the hall\n🔥 Streak: 1 day\n🎁 Your reward: a good coffee"
    )
    assert edited.buttons == ["↩ Undo"]
    assert telegram.taps[-1].answer


def test_done_shows_the_linked_pleasant_habit(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    bath = make.habit(alice, name="A hot bath", action="take a hot bath", is_pleasant=True)
    _, message = receive_reminder(alice, telegram, linked_habit=bath.pk)
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


@pytest.mark.parametrize("button", ["Done", "Skip"])
@pytest.mark.parametrize("is_partial", [True, False])
def test_undo_brings_back_all_that_the_day_had(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, button: str, is_partial: bool
) -> None:
    track, message = receive_reminder(alice, telegram, schedule={"daily_amount": 10, "unit": "push-ups"})
    if is_partial:
        at = timezone.now() - timedelta(minutes=5, microseconds=7)
        make.log(track, DAY, "partial", amount=Decimal("2.50"), note="in the rain", completed_at=at)
    content = ("status", "amount", "note", "completed_at")
    before = list(HabitLog.objects.filter(track=track).values_list(*content))
    telegram.tap(1001, message.message_id, button)
    poll(telegram)
    log = HabitLog.objects.get(track=track)
    assert (log.status, log.note) == ("completed" if button == "Done" else "skipped", "in the rain" * is_partial)
    telegram.tap(1001, message.message_id, "↩ Undo")
    poll(telegram)
    assert list(HabitLog.objects.filter(track=track).values_list(*content)) == before
    assert telegram.message(1001, message.message_id).buttons == ["Done", "Skip", "Later"]


def test_a_reminder_opens_the_mini_app_where_telegram_can(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, settings: Settings
) -> None:
    """Also after Undo; a tap does not find it, because Telegram opens the page by itself."""
    settings.SITE_URL = "https://habits.example.org"
    _track, message = receive_reminder(alice, telegram)
    assert message.buttons == ["Done", "Skip", "Later", "Open"]
    for button in ("Done", "↩ Undo"):
        telegram.tap(1001, message.message_id, button)
        poll(telegram)
    assert telegram.message(1001, message.message_id).buttons == ["Done", "Skip", "Later", "Open"]


@pytest.mark.parametrize("change", [{"status": "missed"}, {"note": "written in the web client"}])
def test_undo_leaves_a_day_alone_that_was_changed_since(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, change: dict[str, str]
) -> None:
    track, message = receive_reminder(alice, telegram)
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    make.log(track, DAY, **{"status": "completed"} | change)
    rows = HabitLog.objects.values().get(track=track)
    telegram.tap(1001, message.message_id, "↩ Undo")
    poll(telegram)
    assert HabitLog.objects.values().get(track=track) == rows
    assert notice(telegram) == "This day was changed since."


def test_the_data_of_an_undo_button_fits_into_64_bytes() -> None:
    log = HabitLog(amount=MAX_AMOUNT, completed_at=make.utc("2099-12-31 23:59:59.999999"))
    state = undo.encode(content_of(log))
    assert undo.decode(state) == undo.PartialDay(MAX_AMOUNT, log.completed_at)
    track_ref = f"{10**12}:abcdefgh"
    assert len(f"untick:{track_ref}:20261121:{state}") <= 64
    assert len(f"undo:{10**12}:abcdefgh:{state}") <= 64


@pytest.mark.parametrize("state", ["1", "1.", "1.g", "x.1", "0.1", "1.-1", "1.fffffffffffffff"])
def test_a_forged_state_is_refused(state: str) -> None:
    with pytest.raises(InvalidButton):
        undo.decode(state)


def test_skip_logs_the_day_as_skipped(alice: User, telegram: FakeTelegram, morning: time_machine.Traveller) -> None:
    track, message = receive_reminder(alice, telegram)
    telegram.tap(1001, message.message_id, "Skip")
    poll(telegram)
    assert HabitLog.objects.get(track=track).status == "skipped"
    assert telegram.message(1001, message.message_id).text.startswith("⏭ Skipped")


def test_later_sends_another_reminder_after_half_an_hour(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message, "30 min")
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 08:00")
    morning.shift(timedelta(minutes=29))
    send_all()
    assert len(telegram.messages(1001, after=message.message_id)) == 0
    morning.shift(timedelta(minutes=1))
    send_all()
    [second] = telegram.messages(1001, after=message.message_id)
    assert second.buttons == ["Done", "Skip", "Later"]


def test_a_postponed_reminder_is_dropped_if_the_habit_is_done_first(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = receive_reminder(alice, telegram)
    choose_later(telegram, message, "30 min")
    make.log(track, DAY)
    morning.shift(timedelta(minutes=30))
    send_all()
    assert Delivery.objects.get(key__startswith="later:").reason == "already done"


def test_a_reminder_cannot_be_postponed_beyond_the_local_day(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    morning.move_to("2026-11-21 23:40Z")
    choose_later(telegram, message)
    telegram.tap(1001, message.message_id, f"in:{message.button_data['Later'].partition(':')[2]}:30", stale=True)
    poll(telegram)
    assert not Delivery.objects.filter(key__startswith="later:").exists()
    assert [tap.answer and tap.answer["text"] for tap in telegram.taps] == ["There is no time left today."] * 2


@pytest.mark.parametrize("button", ["Done", "Skip"])
def test_a_button_that_is_tapped_several_times_takes_effect_once(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, button: str
) -> None:
    track, message = receive_reminder(alice, telegram)
    data = message.button_data[button]
    for _ in range(3):
        telegram.tap(1001, message.message_id, data, stale=True)
    poll(telegram)
    assert HabitLog.objects.filter(track=track).count() == 1


def test_later_offers_the_remaining_times_of_the_day_and_a_back_button(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    morning.move_to("2026-11-21 17:50Z")
    choose_later(telegram, message)
    shown = telegram.message(1001, message.message_id)
    assert shown.buttons == ["30 min", "1 h", "3 h", "20:00", "22:00", "↩ Back"]
    telegram.tap(1001, message.message_id, "↩ Back")
    poll(telegram)
    assert telegram.message(1001, message.message_id).buttons == ["Done", "Skip", "Later"]


def test_a_chosen_time_is_in_the_users_time_zone(
    telegram: FakeTelegram, alice: User, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    edit_profile(user=alice, time_zone="Europe/Berlin", now=timezone.now())
    choose_later(telegram, message, "20:00")
    assert Delivery.objects.get(key__startswith="later:").due_at == make.utc("2026-11-21 19:00")
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 20:00")


def test_only_the_first_chosen_time_takes_effect(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message)
    for button in ("1 h", "3 h"):
        telegram.tap(1001, message.message_id, button, stale=True)
    poll(telegram)
    assert Delivery.objects.get(key__startswith="later:").due_at == make.utc("2026-11-21 08:30")
    assert notice(telegram) == "I will remind you again."
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 08:30")


def test_a_time_is_neither_offered_nor_taken_if_quiet_hours_last_until_the_day_is_over(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    make.client(alice).put("/api/channels/", {"quiet_hours": {"start": "20:00", "end": "07:00"}})
    _, message = receive_reminder(alice, telegram)
    morning.move_to("2026-11-21 19:00Z")
    choose_later(telegram, message)
    assert telegram.message(1001, message.message_id).buttons == ["30 min", "↩ Back"]
    telegram.tap(1001, message.message_id, f"in:{message.button_data['Later'].partition(':')[2]}:60", stale=True)
    poll(telegram)
    assert notice(telegram) == "There is no time left today."
    assert not Delivery.objects.filter(key__startswith="later:").exists()


def test_a_time_within_quiet_hours_is_answered_with_their_end(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    make.client(alice).put("/api/channels/", {"quiet_hours": {"start": "08:00", "end": "09:15"}})
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message, "1 h")
    assert telegram.message(1001, message.message_id).text.startswith("🕓 Again at 09:15")
    morning.move_to("2026-11-21 09:15Z")
    send_all()
    assert len(telegram.messages(1001, after=message.message_id)) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda track: track.user.pauses.create(first_day=DAY, last_day=DAY), "This habit is paused on that day."),
        (lambda track: HabitTrack.objects.update(left_at=timezone.now()), "You no longer follow this habit."),
    ],
    ids=["paused", "left"],
)
def test_what_asks_for_nothing_any_more_cannot_be_put_off(
    alice: User,
    telegram: FakeTelegram,
    morning: time_machine.Traveller,
    change: Callable[[HabitTrack], object],
    said: str,
) -> None:
    track, message = receive_reminder(alice, telegram)
    choose_later(telegram, message)
    change(track)
    telegram.tap(1001, message.message_id, "30 min")
    poll(telegram)
    assert notice(telegram) == said
    assert not Delivery.objects.filter(key__startswith="later:").exists()


def test_what_was_put_off_and_has_come_is_not_promised_again(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message)
    button = telegram.message(1001, message.message_id).button_data["30 min"]
    telegram.tap(1001, message.message_id, button)
    poll(telegram)
    morning.move_to("2026-11-21 08:00Z")
    send_all()
    telegram.tap(1001, message.message_id, button, stale=True)
    poll(telegram)
    assert notice(telegram) == "You have been reminded again already."


@pytest.mark.parametrize("state", ["dropped", "expired", "failed"])
def test_what_was_put_off_and_did_not_come_can_be_put_off_again(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller, state: str
) -> None:
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message)
    button = telegram.message(1001, message.message_id).button_data["1 h"]
    telegram.tap(1001, message.message_id, button)
    poll(telegram)
    Delivery.objects.filter(key__startswith="later:").update(state=state, reason="turned off")
    telegram.tap(1001, message.message_id, button, stale=True)
    poll(telegram)
    assert Delivery.objects.get(key__startswith="later:").state == "pending"


def test_a_time_that_has_passed_cannot_be_chosen(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    _, message = receive_reminder(alice, telegram)
    choose_later(telegram, message)
    morning.move_to("2026-11-21 12:01Z")
    telegram.tap(1001, message.message_id, "12:00")
    poll(telegram)
    assert notice(telegram) == "That time has passed."
    assert not Delivery.objects.filter(key__startswith="later:").exists()


def test_a_button_of_a_logged_day_changes_nothing(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = receive_reminder(alice, telegram)
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
    track, message = receive_reminder(alice, telegram)
    make.person("charlie", chat=True, language=language)
    telegram.tap(1003, bot_message(telegram, 1003), message.button_data["Done"], stale=True)
    MODES[mode](telegram)
    assert notice(telegram) == words
    assert not HabitLog.objects.filter(track=track).exists()


FORGED = [
    *("undo:", "undo:x:", "undo:1:x:", "untick:x:20261121:", "untick:1:x:20261121:", "untick:1:x::1.0"),
    *("done:", "done:x", "done:999999999999999999999", "dance:1", "", "later:0", "in:1:31", "at:1:2460", "at:1:x"),
    *("tick:1", "tick:x:2026-11-21", "did:1:2026-11-21", "pause:x", "pause:all:ever", "pause:1:today", "resume:1"),
    *("language:xx", "timezone:Mars/Base", "digest:7", "digest:0:24", "digest:x", "stop:999", "stop:"),
]


def test_a_forged_button_does_nothing(alice: User, telegram: FakeTelegram, morning: time_machine.Traveller) -> None:
    for data in FORGED:
        telegram.tap(1001, bot_message(telegram, 1001), data or "-", stale=True)
        before = make.everything()
        poll(telegram)
        assert notice(telegram) == "This button no longer works.", data
        assert make.everything() == before, data


def test_the_button_of_a_deleted_habit_does_nothing(
    alice: User, telegram: FakeTelegram, morning: time_machine.Traveller
) -> None:
    track, message = receive_reminder(alice, telegram)
    delete_habit(owner=alice, habit_id=track.habit_id, now=timezone.now())
    telegram.tap(1001, message.message_id, "Done")
    poll(telegram)
    assert notice(telegram) == "This button no longer works."
