"""The bot's commands and their buttons, by webhook and by polling, in both languages."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from notifications.bot import stamps, zones
from notifications.bot.commands import COMMANDS
from notifications.channels.telegram import ratelimit
from notifications.models import Digest
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, Deliver, both_modes_and_languages, notice, poll, rolled_back
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.tracks.services import leave
from users.models import User

pytestmark = pytest.mark.django_db

CHAT = 1001
TODAY = "2026-11-21"


@pytest.fixture(autouse=True)
def clock(telegram: FakeTelegram, settings: Settings) -> Iterator[time_machine.Traveller]:
    """Set the clock to 08:00 on a Saturday."""
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    with time_machine.travel(f"{TODAY} 08:00Z", tick=False) as traveller:
        yield traveller


def make_alice(language: str = "en") -> tuple[User, HabitTrack]:
    """Return alice, with two habits for two weeks, and the track of one that was completed on 13 days until yesterday."""
    with time_machine.travel("2026-11-07 08:00Z", tick=False):
        alice = make.person("alice", chat=True, language=language)
        track = make.track(alice, time="07:30", place="the hall", reward="a good coffee")
        make.track(alice, name="Reading", action="read")
    with time_machine.travel("2026-11-20 20:00Z", tick=False):
        days = [DayEntry(day=date(2026, 11, day), status="completed") for day in range(8, 21)]
        set_days(user=alice, track_id=track.pk, days=days, source="api", now=timezone.now())
    return alice, track


def reply_to(telegram: FakeTelegram, text: str, deliver: Deliver = poll, chat_id: int = CHAT) -> MessageRecord:
    """Send a text to the bot and return its reply."""
    telegram.send_text(chat_id, text)
    deliver(telegram)
    return telegram.messages(chat_id)[-1]


def tap(telegram: FakeTelegram, message: MessageRecord, data: str, deliver: Deliver = poll) -> MessageRecord:
    """Tap the button with this data and return the message afterwards."""
    telegram.tap(message.chat_id, message.message_id, data, stale=True)
    deliver(telegram)
    return telegram.message(message.chat_id, message.message_id)


def target(track: HabitTrack) -> str:
    """Return the reference to a track in a button's data."""
    return f"{track.pk}:{stamps.of_track(track)}"


ANSWERS = {
    "/today": ("Today, 21 November", "Сегодня, 21 ноября"),
    "/done": ("What have you done?", "Что сделано?"),
    "/done PUSH": ("🔥 Streak: 14 days", "🔥 Серия: 14 дней"),
    "/done dancing": ("Nothing due today matches “dancing”.", "нет ничего с названием «dancing»"),
    "/streaks": ("🔥 Push-ups: 13 days ⚠️ ends today", "🔥 Push-ups: 13 дней ⚠️ прервётся сегодня"),
    "/why": ("Which streak?", "Какая серия?"),
    "/why PUSH": ("✅ 8 – 20 November: 13 days\n✖ 7 November", "✅ 8 – 20 ноября: 13 дней\n✖ 7 ноября"),
    "/why dancing": ("No habit matches “dancing”.", "Нет привычки с названием «dancing»."),
    "/week": ("The last 7 days\nSuccess: 50%", "Последние 7 дней\nВыполнение: 50%"),
    "/pause": ("What do you want to pause?", "Что приостановить?"),
    "/digest": ("The weekly digest is off.", "Сводка за неделю выключена."),
    "/language": ("Your language is English.", "Ваш язык: Русский."),
    "/timezone": ("Your time zone is UTC; it is 08:00 there.", "Ваш часовой пояс — UTC; сейчас там 08:00."),
    "/timezone berlin": ("zone is now Europe/Berlin; it is 09:00", "пояс — Europe/Berlin; сейчас там 09:00"),
    "/timezone san": ("Which one is “san”?", "Что вы имеете в виду под «san»?"),
    "/timezone Atlantis": ("I do not know a city called “Atlantis”.", "Я не знаю города «Atlantis»."),
    "/help": ("/streaks – your streaks", "/streaks – ваши серии"),
    "/start": ("connected to alice", "подключён к аккаунту alice"),
    "/stop": ("Disconnect this chat from alice?", "Отключить этот чат от аккаунта alice?"),
    "/Today@test_bot": ("Today, 21 November", "Сегодня, 21 ноября"),
    "/dance": ("/help – what I can do", "/help – что я умею"),
    "how do you do?": ("/help – what I can do", "/help – что я умею"),
}


@both_modes_and_languages
def test_every_command_replies_in_the_users_language(telegram: FakeTelegram, language: str, mode: str) -> None:
    make_alice(language)
    for command, answers in ANSWERS.items():
        with rolled_back():
            assert answers[language == "ru"] in reply_to(telegram, command, MODES[mode]).text, command


# Command, the data of the tapped buttons, the last notice, and a part of the final message; each in both languages.
TAPS: list[tuple[str, list[str], tuple[str, str], tuple[str, str]]] = [
    ("/today", ["tick:{track}:2026-11-21"], ("Well done!", "Отлично!"), ("✅ 07:30 Push-ups", "✅ 07:30 Push-ups")),
    ("/done", ["did:{track}:2026-11-21"], ("Well done!", "Отлично!"), ("🎁 Your reward: a", "🎁 Ваша награда: a")),
    ("/why", ["why:{track}"], ("", ""), ("The streak is 13 days, since 8", "Серия: 13 дней, с 8 ноября.")),
    ("/pause", ["pause:all"], ("", ""), ("All habits: for how long?", "Все привычки: на какой срок?")),
    ("/pause", ["pause:all", "pause:"], ("", ""), ("What do you want to pause?", "Что приостановить?")),
    ("/pause", ["pause:all:today"], ("Paused.", "Приостановлено."), ("until 21 November", "по 21 ноября")),
    ("/pause", ["pause:{track}:week"], ("Paused.", "Приостановлено."), ("until 27 November", "по 27 ноября")),
    ("/pause", ["pause:all:open"], ("Paused.", "Приостановлено."), ("All habits: until further", "Все привычки: до")),
    ("/digest", ["digest:0"], ("", ""), ("Monday: at what time?", "Понедельник: во сколько?")),
    ("/digest", ["digest:0", "digest:"], ("", ""), ("The weekly digest is off.", "Сводка за неделю выключена.")),
    ("/digest", ["digest:0", "digest:0:9"], ("Done.", "Готово."), ("Monday, at 09:00", "Понедельник, 09:00")),
    ("/digest", ["digest:0:9", "digest:off"], ("Done.", "Готово."), ("The weekly digest is off.", "выключена.")),
    ("/language", ["language:en"], ("Done.", "Done."), ("Your language is English.",) * 2),
    ("/language", ["language:ru"], ("Готово.", "Готово."), ("Ваш язык: Русский.",) * 2),
    ("/timezone", ["timezone:Asia/Tokyo"], ("Done.", "Готово."), ("zone is now Asia/Tokyo; it is 17:00", "17:00")),
    ("/stop", ["stop:{user}"], ("Disconnected.", "Отключено."), ("Your habits are kept", "Привычки сохранены")),
    ("/stop", ["stay:{user}"], ("", ""), ("You stay connected.", "Чат остаётся подключённым.")),
]


@both_modes_and_languages
def test_every_button_edits_its_message_in_the_users_language(telegram: FakeTelegram, language: str, mode: str) -> None:
    alice, track = make_alice(language)
    names = {"track": target(track), "user": f"{alice.pk}:{stamps.of_user(alice)}"}
    for count, (command, taps, notices, texts) in enumerate(TAPS, start=1):
        with rolled_back():
            message = reply_to(telegram, command, MODES[mode])
            for data in taps:
                message = tap(telegram, message, data.format(**names), MODES[mode])
        assert notice(telegram) == notices[language == "ru"], (command, taps)
        assert texts[language == "ru"] in message.text, (command, taps)
        assert len(telegram.messages(CHAT)) == count, (command, taps)


def test_completing_a_habit_logs_the_day_and_removes_its_button(telegram: FakeTelegram) -> None:
    _, track = make_alice()
    message = reply_to(telegram, "/today")
    assert message.buttons == ["✅ Push-ups", "✅ Reading"]
    message = tap(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert message.buttons == ["✅ Reading", "↩ Undo: Push-ups"]
    log = HabitLog.objects.get(track=track, day=TODAY)
    assert (log.status, log.source) == ("completed", "telegram")


@pytest.mark.parametrize("command", ["/today", "/done", "/done PUSH"])
def test_a_tick_of_a_list_can_be_undone(telegram: FakeTelegram, command: str) -> None:
    _, track = make_alice()
    make.log(track, TODAY, "partial", amount=Decimal("0.50"), note="in the rain")
    before = HabitLog.objects.values("status", "amount", "note", "completed_at").get(track=track, day=TODAY)
    message = reply_to(telegram, command)
    if command != "/done PUSH":
        telegram.tap(CHAT, message.message_id, "✅ Push-ups")
        poll(telegram)
    log = HabitLog.objects.get(track=track, day=TODAY)
    assert (log.status, log.note) == ("completed", "in the rain")
    telegram.tap(CHAT, message.message_id, "↩ Undo: Push-ups")
    poll(telegram)
    assert notice(telegram) == "Undone."
    assert HabitLog.objects.values("status", "amount", "note", "completed_at").get(track=track, day=TODAY) == before
    assert telegram.message(CHAT, message.message_id).text.startswith("Today, 21 November")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("action", ["tick", "did"])
def test_a_second_tap_changes_nothing(telegram: FakeTelegram, action: str, mode: str) -> None:
    _, track = make_alice()
    message = reply_to(telegram, "/today")
    for _ in range(2):
        telegram.tap(CHAT, message.message_id, f"{action}:{target(track)}:{TODAY}", stale=True)
    MODES[mode](telegram)
    assert HabitLog.objects.filter(track=track, day=TODAY).count() == 1
    assert notice(telegram) == "This day is already logged."


def test_a_tap_in_yesterdays_list_logs_nothing_and_shows_todays_list(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    _, track = make_alice()
    message = reply_to(telegram, "/today")
    clock.shift(timedelta(days=1))
    message = tap(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert message.text.startswith("Today, 22 November")
    assert notice(telegram) == "That list was for another day. Here is today's."
    assert not HabitLog.objects.filter(track=track, day__gte=TODAY).exists()


@pytest.mark.parametrize(
    "data",
    [
        "tick:{track}:2026-11-21",
        "did:{track}:2026-11-21",
        "why:{track}",
        "pause:{track}:open",
        "resume:{pause}",
        "stop:{user}",
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_another_users_button_does_nothing(telegram: FakeTelegram, data: str, mode: str) -> None:
    alice, track = make_alice()
    tap(telegram, reply_to(telegram, "/pause"), "pause:all:open")
    pause = Pause.objects.get(user=alice)
    make.person("charlie", chat=True)
    message = reply_to(telegram, "/help", chat_id=1003)
    before = make.everything()
    names = {
        "track": target(track),
        "pause": f"{pause.pk}:{stamps.of_pause(pause)}",
        "user": f"{alice.pk}:{stamps.of_user(alice)}",
    }
    tap(telegram, message, data.format(**names), MODES[mode])
    assert notice(telegram) == "This button no longer works."
    assert make.everything() == before


def test_a_button_of_a_habit_that_is_no_longer_followed_does_nothing(telegram: FakeTelegram) -> None:
    make.person("alice", chat=True)
    bob = make.person("bob", chat=True)
    track = make.follower(bob, make.habit(User.objects.get(username="alice"), is_published=True))
    message = reply_to(telegram, "/today", chat_id=1002)
    leave(user=bob, track_id=track.pk, now=timezone.now())
    tap(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert notice(telegram) == "You no longer follow this habit."
    assert not HabitLog.objects.filter(track=track, day=TODAY).exists()


def test_an_update_handled_twice_is_answered_once(telegram: FakeTelegram) -> None:
    _, track = make_alice()
    telegram.send_text(CHAT, "/done push")
    [update] = telegram.pending_updates
    telegram.send_update(update)
    assert poll(telegram) == 2
    assert len(telegram.messages(CHAT)) == 1
    assert HabitLog.objects.filter(track=track, day=TODAY).count() == 1


def test_ending_a_pause_makes_yesterday_its_last_day(telegram: FakeTelegram, clock: time_machine.Traveller) -> None:
    alice, track = make_alice()
    message = tap(telegram, reply_to(telegram, "/pause"), f"pause:{target(track)}:week")
    clock.shift(timedelta(days=2))
    pause = Pause.objects.get(user=alice)
    message = tap(telegram, message, f"resume:{pause.pk}:{stamps.of_pause(pause)}")
    pause.refresh_from_db()
    assert (str(pause.first_day), str(pause.last_day)) == (TODAY, "2026-11-22")
    assert "⏸ Push-ups: until" not in message.text


def test_ending_a_pause_that_began_today_removes_it(telegram: FakeTelegram) -> None:
    make_alice()
    message = tap(telegram, reply_to(telegram, "/pause"), "pause:all:today")
    pause = Pause.objects.get()
    tap(telegram, message, f"resume:{pause.pk}:{stamps.of_pause(pause)}")
    assert not Pause.objects.exists()
    assert notice(telegram) == "Resumed."


def test_language_and_time_zone_change_the_profile(telegram: FakeTelegram) -> None:
    alice, _ = make_alice()
    reply_to(telegram, "/language Русский")
    reply_to(telegram, "/timezone Санкт-Петербург")
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("ru", "Europe/Moscow")


def test_the_digest_is_chosen_by_buttons(telegram: FakeTelegram) -> None:
    alice, _ = make_alice()
    tap(telegram, reply_to(telegram, "/digest"), "digest:2:19")
    digest = Digest.objects.get(user=alice)
    assert (digest.is_on, digest.weekday, digest.hour) == (True, 2, 19)
    assert digest.next_at == make.utc("2026-11-25 19:00")


def test_stop_disconnects_after_confirmation(telegram: FakeTelegram) -> None:
    alice, _ = make_alice()
    message = reply_to(telegram, "/stop")
    assert make.chat(alice).is_connected
    for _ in range(2):
        telegram.tap(CHAT, message.message_id, "Disconnect", stale=True)
    poll(telegram)
    assert not make.chat(alice).is_connected
    assert notice(telegram) == "Connect this chat to your account first."


def test_week_sends_a_photo(telegram: FakeTelegram) -> None:
    make_alice()
    message = reply_to(telegram, "/week")
    assert message.method == "sendPhoto"
    assert message.photo
    assert (message.photo[-1]["width"], message.photo[-1]["height"]) == (1080, 666)


def test_an_unknown_chat_gets_the_welcome(telegram: FakeTelegram, db: None) -> None:
    for command in [*(f"/{name}" for name in COMMANDS), "/start", "hello"]:
        assert reply_to(telegram, command).text.startswith("Hello! I am the bot of the Habit Tracker")


@pytest.mark.parametrize("code", ["ru", "ru-RU"])
def test_an_unknown_chat_gets_the_language_of_its_telegram_user(telegram: FakeTelegram, db: None, code: str) -> None:
    telegram.send_text(CHAT, "/start", {"id": CHAT, "first_name": "A", "language_code": code})
    poll(telegram)
    assert telegram.messages(CHAT)[-1].text.startswith("Здравствуйте!")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("code", "word"), [("en-GB", "I only talk in private chats."), ("ru", "Я отвечаю только в личных чатах.")]
)
def test_commands_in_a_group_get_a_refusal(telegram: FakeTelegram, mode: str, code: str, word: str) -> None:
    make.person("alice", chat=True)
    telegram.add_chat(-50, title="Team")
    before = make.everything()
    for name in COMMANDS:
        telegram.send_text(-50, f"/{name}", {"id": CHAT, "first_name": "A", "language_code": code})
    MODES[mode](telegram)
    assert {each.text for each in telegram.messages(-50)} == {word}
    assert make.everything() == before


@pytest.mark.parametrize("mode", MODES)
def test_a_tap_in_a_group_does_nothing(telegram: FakeTelegram, mode: str) -> None:
    _, track = make_alice()
    telegram.add_chat(-50, title="Team")
    telegram.send_text(-50, "/today", {"id": CHAT, "first_name": "A"})
    poll(telegram)
    tap(telegram, telegram.messages(-50)[-1], f"tick:{target(track)}:{TODAY}", MODES[mode])
    assert notice(telegram) == "I only talk in private chats."
    assert not HabitLog.objects.filter(track=track, day=TODAY).exists()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("mode", MODES)
def test_a_text_as_long_as_telegram_allows_is_answered(telegram: FakeTelegram, mode: str, language: str) -> None:
    make.person("alice", chat=True, language=language)
    for command in ("", "/done ", "/timezone ", "/language ", "/start "):
        answered = reply_to(telegram, command + "ы" * (4096 - len(command)), MODES[mode])
        assert 0 < len(answered.text) <= 4096
        assert not answered.text.startswith(("Something went wrong", "У нас что-то"))
    assert len(telegram.messages(CHAT)) == 5


def test_a_message_without_text_gets_the_help(telegram: FakeTelegram) -> None:
    make_alice()
    chat = {"id": CHAT, "type": "private", "first_name": "A"}
    person = {"id": CHAT, "is_bot": False, "first_name": "A"}
    dice = {"emoji": "🎲", "value": 3}
    message: dict[str, Any] = {"message_id": 999, "date": 1, "chat": chat, "from": person, "dice": dice}
    telegram.send_update({"message": message})
    poll(telegram)
    assert "/help – what I can do" in telegram.messages(CHAT)[-1].text


def test_a_long_list_is_cut_at_the_end_of_a_line(telegram: FakeTelegram) -> None:
    alice, _ = make_alice()
    for number in range(90):
        make.track(alice, name=f"{number:02} {'long ' * 30}")
    text = reply_to(telegram, "/streaks").text
    assert len(text) <= 4096
    last = text.splitlines()[-1]
    assert last.startswith("… and ") and last.endswith(" more lines")
    assert len(reply_to(telegram, "/today").buttons) == 30


def test_why_of_the_only_habit_asks_nothing(telegram: FakeTelegram) -> None:
    alice = make.person("alice", chat=True)
    make.track(alice)
    message = reply_to(telegram, "/why")
    assert message.text == (
        "Push-ups\nThere is no streak now. The habit began on 21 November.\n\n"
        "▫ 21 November: not over yet, 0 of 1 so far"
    )
    assert not message.buttons


def test_why_fits_into_one_message_with_the_newest_periods_first(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    with time_machine.travel("2026-06-21 08:00Z", tick=False):
        alice = make.person("alice", chat=True)
        track = make.track(alice)
    days = [
        DayEntry(day=date(2026, 11, 21) - timedelta(days=back), status="skipped" if back % 2 else "completed")
        for back in range(150)
    ]
    set_days(user=alice, track_id=track.pk, days=days, source="api", now=timezone.now())
    lines = reply_to(telegram, "/why").text.splitlines()
    assert len("\n".join(lines)) <= 4096
    assert lines[1].startswith("The streak is 75 days, since 26 June.")
    assert lines[3:6] == [
        "✅ 21 November: kept, 1 of 1",
        "➖ 20 November: excused, 0 of 1",
        "    Skipped: 20 November.",
    ]
    assert lines[-1].startswith("… and ")


def test_why_says_how_many_earlier_periods_there_are(telegram: FakeTelegram) -> None:
    with time_machine.travel("2025-06-21 08:00Z", tick=False):
        alice = make.person("alice", chat=True)
        track = make.track(alice)
    days = [DayEntry(day=date(2026, 11, 21) - timedelta(days=back), status="completed") for back in range(400)]
    for some in (days[:200], days[200:]):
        set_days(user=alice, track_id=track.pk, days=some, source="api", now=timezone.now())
    lines = reply_to(telegram, "/why").text.splitlines()
    assert lines[3:] == ["✅ 21 November 2025 – 21 November: 366 days", "… and 35 earlier periods"]


def test_the_data_of_every_button_fits_telegrams_limit(telegram: FakeTelegram) -> None:
    """Even with the longest names and ids. Telegram's limit is 64 bytes."""
    max_id = 10**18 - 1
    longest = max(zones.all_zones(), key=len)
    name = f"{max_id}:{'x' * 8}"
    for data in (f"tick:{name}:2026-11-21", f"pause:{name}:today", f"at:{name}:2030", f"timezone:{longest}"):
        assert len(data.encode()) <= 64


def test_the_bot_answers_without_redis(telegram: FakeTelegram, settings: Settings) -> None:
    from common.redis import connection

    make_alice()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    connection.cache_clear()
    try:
        assert reply_to(telegram, "/streaks").text.startswith("Your streaks")
    finally:
        connection.cache_clear()


@pytest.mark.parametrize("secret", ["", "hush"], ids=["polling", "webhook"])
def test_the_commands_are_registered_in_both_languages(telegram: FakeTelegram, settings: Settings, secret: str) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = secret
    if secret:
        call_command("bot")
    else:
        from notifications.bot.registration import register_commands

        register_commands()
    given = {call.params.get("language_code"): call.params for call in telegram.calls_of("setMyCommands")}
    assert set(given) == {None, "en", "ru"}
    assert all("all_private_chats" in str(params["scope"]) for params in given.values())
    assert "ваши серии" in str(given["ru"]["commands"]) or "\\u0432\\u0430\\u0448\\u0438" in str(
        given["ru"]["commands"]
    )
    for name in COMMANDS:
        assert f'"{name}"' in str(given[None]["commands"]).replace("'", '"')


@pytest.mark.parametrize(
    ("site", "button"),
    [
        ("https://habits.example.org/app", {"type": "web_app", "text": "Open"}),
        ("http://localhost:8000", {"type": "commands"}),  # Telegram opens only https addresses
    ],
)
def test_the_menu_button_opens_the_mini_app(
    telegram: FakeTelegram, settings: Settings, site: str, button: dict[str, str]
) -> None:
    from notifications.bot.registration import register_commands

    settings.SITE_URL = site
    register_commands()
    (call,) = telegram.calls_of("setChatMenuButton")
    given = (
        json.loads(call.params["menu_button"])
        if isinstance(call.params["menu_button"], str)
        else call.params["menu_button"]
    )
    page = given.pop("web_app", None)
    assert given == button
    assert page == ({"url": f"{site}/tg/"} if site.startswith("https:") else None)


def test_a_rate_limited_chat_is_held_for_all_senders(telegram: FakeTelegram) -> None:
    """If Telegram answers 429 to a reply, reminders to the chat wait as well."""
    make_alice()
    telegram.fault("flood", method="sendMessage", retry_after=600)
    telegram.send_text(CHAT, "/help")
    poll(telegram)
    assert telegram.messages(CHAT) == []
    [held, other] = ratelimit.reserve([CHAT, 1002], max_wait=timedelta(seconds=2))
    assert not held.granted and held.wait > 590
    assert other.granted
