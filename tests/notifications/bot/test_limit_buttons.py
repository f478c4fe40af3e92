"""Limit habits in Telegram: reminders say how much is left, and buttons count what happened, each tap once."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings

from notifications.models import Delivery, Reminder
from notifications.outbox.limit_messages import NOT_COUNTED, answer_buttons, reminder_buttons, steps
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, Deliver, both_modes_and_languages, notice, poll, rolled_back
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from tracking.streaks.services import recount_due_tracks

pytestmark = pytest.mark.django_db

CHAT = 1001
FRIDAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def clock(telegram: FakeTelegram, settings: Settings) -> Iterator[time_machine.Traveller]:
    """Set the clock to 12:00 on a Friday."""
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as traveller:
        yield traveller


def coffee(limit: int = 3, frequency: str = "weekly", *, language: str = "en", unit: str = "cups") -> HabitTrack:
    """Return the track of a limit habit of alice since Monday, with a reminder at 12:00."""
    with time_machine.travel("2026-11-16 00:00Z", tick=False):
        alice = make.person("alice", chat=True, language=language)
        return make.limit(alice, limit, frequency, unit=unit, time="12:00")


def remind(telegram: FakeTelegram, clock: Any = None, at: str = "") -> MessageRecord | None:
    """Send what is due, at a time if one is given, and return the last message with buttons, if any is new."""
    if clock:
        clock.move_to(make.utc(at), tick=False)
    before = len(telegram.messages(CHAT))
    queue_all_due()
    send_all()
    new = [each for each in telegram.messages(CHAT)[before:] if each.button_data]
    return new[-1] if new else None


def reminded(telegram: FakeTelegram) -> MessageRecord:
    found = remind(telegram)
    assert found
    return found


def tap(telegram: FakeTelegram, message: MessageRecord, label: str, deliver: Deliver = poll) -> MessageRecord:
    """Tap the button with this label or data, also of an older state of the message, and return the message."""
    data = message.button_data.get(label, label)
    telegram.tap(message.chat_id, message.message_id, data, stale=True)
    deliver(telegram)
    return telegram.message(message.chat_id, message.message_id)


def amounts(track: HabitTrack) -> list[Decimal | None]:
    return list(track.logs.order_by("day").values_list("amount", flat=True))


@pytest.mark.parametrize(
    ("limit", "frequency", "language", "lines"),
    [
        (3, "weekly", "en", ["⏰ I will keep to my limit: Coffee", "2 of 3 cups left this week."]),
        (3, "weekly", "ru", ["⏰ Я буду соблюдать лимит: Coffee", "Осталось 2 из 3 cups на этой неделе."]),
        (3, "daily", "en", ["⏰ I will keep to my limit: Coffee", "3 of 3 cups left today.", "🔥 Streak: 4 days"]),
        (20, "monthly", "ru", ["⏰ Я буду соблюдать лимит: Coffee", "Осталось 19 из 20 cups в этом месяце."]),
    ],
)
def test_a_reminder_says_how_much_is_left(
    telegram: FakeTelegram, limit: int, frequency: str, language: str, lines: list[str]
) -> None:
    track = coffee(limit, frequency, language=language)
    make.log(track, "2026-11-18", "counted", amount=Decimal(1))
    assert reminded(telegram).text.splitlines()[: len(lines)] == lines


@pytest.mark.parametrize(
    ("language", "line"), [("en", "Nothing so far this week."), ("ru", "Пока ничего на этой неделе.")]
)
def test_of_a_limit_of_0_it_says_that_nothing_has_happened(telegram: FakeTelegram, language: str, line: str) -> None:
    coffee(0, language=language)
    assert line in reminded(telegram).text


def test_it_is_planned_on_every_day(telegram: FakeTelegram, clock: time_machine.Traveller) -> None:
    track = coffee(3)
    days = []
    for day in range(20, 27):
        clock.move_to(make.utc(f"2026-11-{day} 12:00"), tick=False)
        assert remind(telegram)
        days.append(Delivery.objects.filter(track=track).latest("due_at").day)
    assert days == [date(2026, 11, day) for day in range(20, 27)]
    assert Reminder.objects.get(track=track).next_day == date(2026, 11, 27)


def test_it_comes_also_on_a_day_that_is_counted_and_once_the_limit_is_reached(telegram: FakeTelegram) -> None:
    make.log(coffee(3), FRIDAY, "counted", amount=Decimal(3))
    assert "0 of 3 cups left this week." in reminded(telegram).text


def _exceeded(track: HabitTrack) -> None:
    make.log(track, "2026-11-17", "counted", amount=Decimal(4))


def _skipped(track: HabitTrack) -> None:
    make.log(track, FRIDAY, "skipped")


def _paused(track: HabitTrack) -> None:
    now = timezone.now()
    pauses.add(user=track.user, track_id=track.pk, first_day=FRIDAY, last_day=FRIDAY, now=now)


@pytest.mark.parametrize(
    ("said", "reason"), [(_exceeded, "over the limit"), (_skipped, "skipped"), (_paused, "paused")]
)
def test_it_is_dropped_with_its_reason_once_the_limit_is_exceeded_or_the_day_does_not_count(
    telegram: FakeTelegram, said: Any, reason: str
) -> None:
    track = coffee(3)
    queue_all_due()
    said(track)
    assert remind(telegram) is None
    dropped = Delivery.objects.get(track=track, day=FRIDAY, kind=Delivery.Kind.REMINDER)
    assert (dropped.state, dropped.reason) == (Delivery.State.DROPPED, reason)


def test_after_an_exceeded_week_the_next_one_is_reminded_again(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    _exceeded(coffee(3))
    assert remind(telegram) is None
    message = remind(telegram, clock, "2026-11-23 12:00")
    assert message and "3 of 3 cups left this week." in message.text


TAPS = [
    (["+1"], ("Counted.", "Учтено."), ("1 of 3 cups this week.", "1 из 3 cups на этой неделе."), ["1.00"]),
    (["+1", "+1"], ("Counted.", "Учтено."), ("2 of 3 cups this week.", "2 из 3 cups на этой неделе."), ["2.00"]),
    (["+1"] * 4, ("Counted.", "Учтено."), ("Over the limit: 4 of 3 cups", "Лимит превышен: 4 из 3 cups"), ["4.00"]),
    (["none"], ("Counted.", "Учтено."), ("0 of 3 cups this week.", "0 из 3 cups на этой неделе."), ["0.00"]),
    (["none", "+1"], ("Counted.", "Учтено."), ("1 of 3 cups this week.", "1 из 3 cups на этой неделе."), ["1.00"]),
    (["+1", "undo"], ("Undone.", "Отменено."), ("0 of 3 cups this week.", "0 из 3 cups на этой неделе."), []),
    (["none", "undo"], ("Undone.", "Отменено."), ("0 of 3 cups this week.", "0 из 3 cups на этой неделе."), []),
    (["+1", "+1", "undo"], ("Undone.", "Отменено."), ("1 of 3 cups", "1 из 3 cups"), ["1.00"]),
    (["skip"], ("Skipped.", "Пропущено."), ("⏭ Skipped: I will keep to", "⏭ Пропущено: Я буду соблюдать"), [None]),
    (["skip", "undo"], ("Undone.", "Отменено."), ("⏰ I will keep to my limit", "⏰ Я буду соблюдать лимит"), []),
    (["later", "back"], ("", ""), ("⏰ I will keep to my limit", "⏰ Я буду соблюдать лимит"), []),
    (
        ["later", "30"],
        ("I will remind you again.", "Я напомню ещё раз."),
        ("🕓 Again at 12:30", "🕓 Напомню в 12:30"),
        [],
    ),
]


@both_modes_and_languages
@pytest.mark.parametrize(("taps", "notices", "texts", "left"), TAPS, ids=[" ".join(each[0]) for each in TAPS])
def test_every_button_works_in_both_modes_and_languages(
    telegram: FakeTelegram,
    taps: list[str],
    notices: tuple[str, str],
    texts: tuple[str, str],
    left: list[str | None],
    language: str,
    mode: str,
) -> None:
    track = coffee(3, language=language)
    actions = {"+1": "more:", "none": "none:", "skip": "skip:", "later": "later:", "back": "back:", "30": "in:"}
    message = reminded(telegram)
    for name in taps:
        starts = ("less:", "undo:") if name == "undo" else actions[name]
        data = next(each for each in message.button_data.values() if each.startswith(starts))
        message = tap(telegram, message, data, MODES[mode])
    assert notice(telegram) == notices[language == "ru"]
    assert texts[language == "ru"] in message.text
    assert [None if each is None else str(each) for each in amounts(track)] == left


def test_a_double_tap_counts_once(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = reminded(telegram)
    for _ in range(3):
        telegram.tap(CHAT, message.message_id, message.button_data["+1"], stale=True)
    poll(telegram)
    assert amounts(track) == [Decimal(1)]
    assert notice(telegram) == "This day was changed since."
    assert "1 of 3 cups this week." in telegram.message(CHAT, message.message_id).text


def test_a_tap_under_an_older_state_changes_nothing(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = reminded(telegram)
    first = dict(message.button_data)
    make.log(track, FRIDAY, "counted", amount=Decimal(2), note="in the office")
    for label in ("+1", "Nothing today", "Skip"):
        before = make.everything()["tracking.HabitLog"]
        tap(telegram, message, first[label])
        assert notice(telegram) in {"This day was changed since.", "This day is already logged."}
        assert make.everything()["tracking.HabitLog"] == before


def test_undo_leaves_a_day_alone_that_was_changed_since(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = tap(telegram, reminded(telegram), "+1")
    undo = message.button_data["↩ Undo"]
    for amount, note in ((2, ""), (1, "now with a note")):
        make.log(track, FRIDAY, "counted", amount=Decimal(amount), note=note)
        tap(telegram, message, undo)
        assert notice(telegram) == "This day was changed since."
        assert amounts(track) == [Decimal(amount)]


def test_the_undo_of_an_earlier_count_does_not_take_back_a_later_one(telegram: FakeTelegram) -> None:
    track = coffee(3)
    first = tap(telegram, reminded(telegram), "+1")
    earlier = first.button_data["↩ Undo"]
    message = tap(telegram, first, "+1")
    message = tap(telegram, message, earlier)
    assert (notice(telegram), amounts(track)) == ("This day was changed since.", [Decimal(2)])


def test_undo_of_the_first_count_does_not_delete_a_note_that_was_written_since(telegram: FakeTelegram) -> None:
    track = coffee(3)
    first = tap(telegram, reminded(telegram), "+1")
    earlier = first.button_data["↩ Undo"]
    make.log(track, FRIDAY, "counted", amount=Decimal(1), note="in the office")
    second = tap(telegram, first, "+1")
    tap(telegram, second, "↩ Undo")  # the day is what the first count made of it, and by Telegram
    tap(telegram, second, earlier)
    assert notice(telegram) == "This day was changed since."
    assert track.logs.get().note == "in the office"


def test_undo_keeps_the_note_that_the_day_had(telegram: FakeTelegram) -> None:
    track = coffee(3)
    make.log(track, FRIDAY, "counted", amount=Decimal(1), note="in the office")
    message = tap(telegram, tap(telegram, reminded(telegram), "+1"), "↩ Undo")
    log = track.logs.get()
    assert (log.amount, log.note) == (Decimal(1), "in the office")
    assert "Nothing today" not in message.button_data


def test_a_button_of_last_week_counts_for_its_own_day(telegram: FakeTelegram, clock: time_machine.Traveller) -> None:
    track = coffee(3)
    message = reminded(telegram)
    clock.move_to(make.utc("2026-11-24 08:00"), tick=False)
    message = tap(telegram, message, "+1")
    assert list(track.logs.values_list("day", flat=True)) == [FRIDAY]
    assert "1 of 3 cups up to 22 November." in message.text


def test_after_a_double_tap_the_next_one_can_be_counted(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = reminded(telegram)
    first = message.button_data["+1"]
    for _ in range(2):
        message = tap(telegram, message, first)
    assert tap(telegram, message, "+1").button_data["↩ Undo"].endswith(":100=200")
    assert amounts(track) == [Decimal(2)]


def test_the_buttons_of_a_habit_that_is_to_be_done_now_count_nothing(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = reminded(telegram)
    telegram.send_text(CHAT, "/today")
    poll(telegram)
    listed = telegram.messages(CHAT)[-1]
    edit = {"goal_type": "at_least", "limit_per_period": None}
    assert make.client(track.user).patch(f"/api/habits/{track.habit_id}/", edit).status_code == 200
    for shown, label in ((message, "+1"), (message, "Nothing today"), (listed, "+1 Coffee")):
        tap(telegram, shown, label)
        assert notice(telegram) == "This button no longer works."
    assert not track.logs.exists()
    assert "Done" in tap(telegram, tap(telegram, message, "Later"), "↩ Back").button_data


def test_done_of_an_old_message_does_not_complete_a_limit_habit(telegram: FakeTelegram) -> None:
    track = coffee(3)
    message = reminded(telegram)
    tap(telegram, message, message.button_data["Later"].replace("later:", "done:"))
    assert notice(telegram) == "This is a limit habit: count what happened instead."
    assert not track.logs.exists()


FORGED = ["1", "1:", "x:1", "1:x", "-1:", "1:1=", "99999999999999999999:", "1:-", "1:=-", "1:1=x", "1:=1"]


@pytest.mark.parametrize("action", ["more", "less", "none"])
def test_a_forged_button_changes_nothing(telegram: FakeTelegram, action: str) -> None:
    track = coffee(3)
    message = reminded(telegram)
    name = message.button_data["Later"].removeprefix("later:")
    make.log(track, FRIDAY, "counted", amount=Decimal(2))
    for argument in FORGED:
        tap(telegram, message, f"{action}:{name}:{argument}")
        assert amounts(track) == [Decimal(2)], argument


class TestTodaysList:
    def show(self, telegram: FakeTelegram, text: str = "/today", deliver: Deliver = poll) -> MessageRecord:
        telegram.send_text(CHAT, text)
        deliver(telegram)
        return telegram.messages(CHAT)[-1]

    @pytest.mark.parametrize(
        ("amount", "line"),
        [
            (None, "📉 12:00 Coffee (0 of 3 cups this week)"),
            (2, "📉 12:00 Coffee (2 of 3 cups this week)"),
            (4, "📉 12:00 Coffee (Over the limit: 4 of 3 cups this week)"),
        ],
    )
    def test_it_says_how_much_is_used(self, telegram: FakeTelegram, amount: int | None, line: str) -> None:
        track = coffee(3)
        if amount:
            make.log(track, FRIDAY, "counted", amount=Decimal(amount))
        text = self.show(telegram).text
        assert line in text.splitlines()
        assert "Everything is done" not in text

    def test_a_limit_habit_is_never_due(self, telegram: FakeTelegram) -> None:
        track = coffee(3)
        assert self.show(telegram, "/done").text == "Nothing else is due today."
        assert "Nothing due today matches" in self.show(telegram, "/done Coffee").text
        make.log(make.track(track.user, name="Push-ups"), FRIDAY)
        assert "Everything is done for today." in self.show(telegram).text

    def test_its_button_counts_once_and_can_be_taken_back(self, telegram: FakeTelegram) -> None:
        track = coffee(3)
        for deliver in MODES.values():
            with rolled_back():
                shown = self.show(telegram, deliver=deliver)
                plus = shown.button_data["+1 Coffee"]
                after = tap(telegram, shown, plus, deliver)
                assert (notice(telegram), amounts(track)) == ("Counted.", [Decimal(1)])
                assert "(1 of 3 cups this week)" in after.text
                tap(telegram, shown, plus, deliver)
                assert (notice(telegram), amounts(track)) == ("This day was changed since.", [Decimal(1)])
                undone = tap(telegram, after, "↩ Undo: Coffee", deliver)
                assert (notice(telegram), amounts(track)) == ("Undone.", [])
                assert "(0 of 3 cups this week)" in undone.text

    def test_a_tap_in_yesterdays_list_counts_nothing(
        self, telegram: FakeTelegram, clock: time_machine.Traveller
    ) -> None:
        track = coffee(3)
        shown = self.show(telegram)
        clock.move_to(make.utc("2026-11-21 08:00"), tick=False)
        tap(telegram, shown, "+1 Coffee")
        assert notice(telegram) == "That list was for another day. Here is today's."
        assert not track.logs.exists()

    def test_a_skipped_day_has_no_button(self, telegram: FakeTelegram) -> None:
        make.log(coffee(3), FRIDAY, "skipped")
        shown = self.show(telegram)
        assert "⏭ 12:00 Coffee" in shown.text
        assert not shown.button_data

    def test_the_streak_is_shown_as_any_other(self, telegram: FakeTelegram) -> None:
        coffee(3, "daily")
        recount_due_tracks(now=timezone.now())
        assert "🔥 Coffee: 4 days" in self.show(telegram, "/streaks").text
        assert "ends today" not in self.show(telegram, "/streaks").text
        assert "Success: 100%" in self.show(telegram, "/week").text


@pytest.mark.parametrize(
    ("limit", "found"), [(0, [1]), (10, [1]), (11, [1, 5, 10]), (100, [1, 5, 10]), (101, [10, 30, 60])]
)
def test_the_amounts_of_one_tap_follow_the_limit(limit: int, found: list[int]) -> None:
    assert list(steps(Decimal(limit))) == found


def test_the_data_of_every_button_fits_into_64_bytes() -> None:
    largest = "9999999999"
    buttons = (
        *reminder_buttons(10**12, "x" * 8, largest, Decimal(500)),
        *answer_buttons(10**12, "x" * 8, before=largest, state=largest, limit=Decimal(500)),
    )
    listed = [
        f"plus:{10**12}:{'x' * 8}:20261121:60:{largest}",
        f"minus:{10**12}:{'x' * 8}:20261121:{largest}={largest}",
    ]
    assert max(len(each) for each in [*(button.data for button in buttons), *listed]) <= 64
    assert len(NOT_COUNTED) == 1
