"""The bot's commands and the buttons of its answers: in both modes, in both languages."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from notifications import ratelimit
from notifications.models import Digest
from notifications.telegram import stamps, zones
from notifications.telegram.commands import COMMANDS
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, Deliver, notice, poll, undone
from tracking.days import Said, set_days
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.services import leave
from users.models import User

pytestmark = pytest.mark.django_db

CHAT = 1001
TODAY = "2026-11-21"


@pytest.fixture(autouse=True)
def clock(telegram: FakeTelegram, settings: Settings) -> Iterator[time_machine.Traveller]:
    """08:00 of a Saturday."""
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    with time_machine.travel(f"{TODAY} 08:00Z", tick=False) as traveller:
        yield traveller


def world(language: str = "en") -> tuple[User, HabitTrack]:
    """Alice with two habits since two weeks, of which one has a streak that ended yesterday at the latest."""
    with time_machine.travel("2026-11-07 08:00Z", tick=False):
        alice = make.person("alice", chat=True, language=language)
        track = make.track(alice, time="07:30", place="the hall", reward="a good coffee")
        make.track(alice, name="Reading", action="read")
    with time_machine.travel("2026-11-20 20:00Z", tick=False):
        days = [Said(day=date(2026, 11, day), status="completed") for day in range(8, 21)]
        set_days(user=alice, track_id=track.pk, days=days, source="api", now=timezone.now())
    return alice, track


def said(telegram: FakeTelegram, text: str, deliver: Deliver = poll, chat_id: int = CHAT) -> MessageRecord:
    """What the bot answers to a text."""
    telegram.send_text(chat_id, text)
    deliver(telegram)
    return telegram.messages(chat_id)[-1]


def tapped(telegram: FakeTelegram, message: MessageRecord, data: str, deliver: Deliver = poll) -> MessageRecord:
    """The message after a tap on the button with that data."""
    telegram.tap(message.chat_id, message.message_id, data, stale=True)
    deliver(telegram)
    return telegram.message(message.chat_id, message.message_id)


def target(track: HabitTrack) -> str:
    """A track in a button's data."""
    return f"{track.pk}:{stamps.of_track(track)}"


ANSWERS = {
    "/today": ("Today, 21 November", "Сегодня, 21 ноября"),
    "/done": ("What have you done?", "Что сделано?"),
    "/done PUSH": ("🔥 Streak: 14 days", "🔥 Серия: 14 дней"),
    "/done dancing": ("Nothing that is due is called “dancing”.", "нет ничего с названием «dancing»"),
    "/streaks": ("🔥 Push-ups: 13 days ⚠️ ends today", "🔥 Push-ups: 13 дней ⚠️ прервётся сегодня"),
    "/week": ("The last 7 days\nSuccess: 50%", "Последние 7 дней\nУспех: 50%"),
    "/pause": ("What do you want to pause?", "Что приостановить?"),
    "/digest": ("The weekly digest is off.", "Сводка за неделю выключена."),
    "/language": ("I speak English with you.", "Язык нашего общения: Русский."),
    "/timezone": ("Your time zone is UTC; it is 08:00 there.", "Ваш часовой пояс – UTC; сейчас там 08:00."),
    "/timezone berlin": ("zone is Europe/Berlin now; it is 09:00", "пояс – Europe/Berlin; сейчас там 09:00"),
    "/timezone san": ("Which one is “san”?", "Какой из поясов вам нужен («san»)?"),
    "/timezone Atlantis": ("I know no city called “Atlantis”.", "Я не знаю города «Atlantis»."),
    "/help": ("/streaks – your streaks", "/streaks – ваши серии"),
    "/start": ("connected to alice", "подключён к аккаунту alice"),
    "/stop": ("Disconnect this chat from alice?", "Отключить этот чат от аккаунта alice?"),
    "/Today@test_bot": ("Today, 21 November", "Сегодня, 21 ноября"),
    "/dance": ("/help – what I can do", "/help – что я умею"),
    "how do you do?": ("/help – what I can do", "/help – что я умею"),
}


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("command", ANSWERS)
def test_every_command_answers_in_the_persons_language(telegram: FakeTelegram, command: str, language: str) -> None:
    world(language)
    for deliver in MODES.values():
        with undone():
            assert ANSWERS[command][language == "ru"] in said(telegram, command, deliver).text


# Command, the data of the buttons that are tapped, the notice of the last, and what the message says then.
TAPS: list[tuple[str, list[str], tuple[str, str], tuple[str, str]]] = [
    ("/today", ["tick:{track}:2026-11-21"], ("Well done!", "Отлично!"), ("✅ 07:30 Push-ups", "✅ 07:30 Push-ups")),
    ("/done", ["did:{track}:2026-11-21"], ("Well done!", "Отлично!"), ("🎁 Your reward: a", "🎁 Ваша награда: a")),
    ("/pause", ["pause:all"], ("", ""), ("All habits: for how long?", "Все привычки: на сколько?")),
    ("/pause", ["pause:all", "pause:"], ("", ""), ("What do you want to pause?", "Что приостановить?")),
    ("/pause", ["pause:all:today"], ("Paused.", "Приостановлено."), ("until 21 November", "по 21 ноября")),
    ("/pause", ["pause:{track}:week"], ("Paused.", "Приостановлено."), ("until 27 November", "по 27 ноября")),
    ("/pause", ["pause:all:open"], ("Paused.", "Приостановлено."), ("All habits: until further", "Все привычки: до")),
    ("/digest", ["digest:0"], ("", ""), ("Monday: at what time?", "Понедельник: во сколько?")),
    ("/digest", ["digest:0", "digest:"], ("", ""), ("The weekly digest is off.", "Сводка за неделю выключена.")),
    ("/digest", ["digest:0", "digest:0:9"], ("Done.", "Готово."), ("Monday, at 09:00", "Понедельник, в 09:00")),
    ("/digest", ["digest:0:9", "digest:off"], ("Done.", "Готово."), ("The weekly digest is off.", "выключена.")),
    ("/language", ["language:en"], ("Done.", "Done."), ("I speak English with you.",) * 2),
    ("/language", ["language:ru"], ("Готово.", "Готово."), ("Язык нашего общения: Русский.",) * 2),
    ("/timezone", ["timezone:Asia/Tokyo"], ("Done.", "Готово."), ("zone is Asia/Tokyo now; it is 17:00", "17:00")),
    ("/stop", ["stop:{user}"], ("Disconnected.", "Отключено."), ("Your habits are kept", "Привычки сохранены")),
    ("/stop", ["stay:{user}"], ("", ""), ("You stay connected.", "Чат остаётся подключённым.")),
]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    ("command", "taps", "notices", "texts"), TAPS, ids=[" ".join([each[0], *each[1]]) for each in TAPS]
)
def test_every_button_edits_its_message_in_the_persons_language(
    telegram: FakeTelegram,
    command: str,
    taps: list[str],
    notices: tuple[str, str],
    texts: tuple[str, str],
    language: str,
) -> None:
    alice, track = world(language)
    for count, deliver in enumerate(MODES.values(), start=1):
        with undone():
            message = said(telegram, command, deliver)
            for data in taps:
                message = tapped(
                    telegram,
                    message,
                    data.format(track=target(track), user=f"{alice.pk}:{stamps.of_user(alice)}"),
                    deliver,
                )
        assert notice(telegram) == notices[language == "ru"]
        assert texts[language == "ru"] in message.text
        assert len(telegram.messages(CHAT)) == count


def test_a_tick_logs_the_day_and_takes_its_button_away(telegram: FakeTelegram) -> None:
    _, track = world()
    message = said(telegram, "/today")
    assert message.buttons == ["✅ Push-ups", "✅ Reading"]
    message = tapped(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert message.buttons == ["✅ Reading"]
    log = HabitLog.objects.get(track=track, day=TODAY)
    assert (log.status, log.source) == ("completed", "telegram")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("action", ["tick", "did"])
def test_a_second_tap_changes_nothing(telegram: FakeTelegram, action: str, mode: str) -> None:
    _, track = world()
    message = said(telegram, "/today")
    for _ in range(2):
        telegram.tap(CHAT, message.message_id, f"{action}:{target(track)}:{TODAY}", stale=True)
    MODES[mode](telegram)
    assert HabitLog.objects.filter(track=track, day=TODAY).count() == 1
    assert notice(telegram) == "That day is settled already."


def test_a_list_of_yesterday_makes_room_for_todays_and_ticks_nothing(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    _, track = world()
    message = said(telegram, "/today")
    clock.shift(timedelta(days=1))
    message = tapped(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert message.text.startswith("Today, 22 November")
    assert notice(telegram) == "That list was of another day; here is today's."
    assert not HabitLog.objects.filter(track=track, day__gte=TODAY).exists()


@pytest.mark.parametrize(
    "data", ["tick:{track}:2026-11-21", "did:{track}:2026-11-21", "pause:{track}:open", "resume:{pause}", "stop:{user}"]
)
@pytest.mark.parametrize("mode", MODES)
def test_another_persons_button_does_nothing(telegram: FakeTelegram, data: str, mode: str) -> None:
    alice, track = world()
    tapped(telegram, said(telegram, "/pause"), "pause:all:open")
    pause = Pause.objects.get(user=alice)
    make.person("charlie", chat=True)
    message = said(telegram, "/help", chat_id=1003)
    before = make.everything()
    names = {
        "track": target(track),
        "pause": f"{pause.pk}:{stamps.of_pause(pause)}",
        "user": f"{alice.pk}:{stamps.of_user(alice)}",
    }
    tapped(telegram, message, data.format(**names), MODES[mode])
    assert notice(telegram) == "This button no longer works."
    assert make.everything() == before


def test_the_tick_of_a_habit_that_was_left_does_nothing(telegram: FakeTelegram) -> None:
    make.person("alice", chat=True)
    bob = make.person("bob", chat=True)
    track = make.follower(bob, make.habit(User.objects.get(username="alice"), is_published=True))
    message = said(telegram, "/today", chat_id=1002)
    leave(user=bob, track_id=track.pk, now=timezone.now())
    tapped(telegram, message, f"tick:{target(track)}:{TODAY}")
    assert notice(telegram) == "You no longer follow this habit."
    assert not HabitLog.objects.filter(track=track, day=TODAY).exists()


def test_an_update_handled_twice_is_answered_once(telegram: FakeTelegram) -> None:
    _, track = world()
    telegram.send_text(CHAT, "/done push")
    [update] = telegram.pending_updates
    telegram.send_update(update)
    assert poll(telegram) == 2
    assert len(telegram.messages(CHAT)) == 1
    assert HabitLog.objects.filter(track=track, day=TODAY).count() == 1


def test_a_pause_is_ended_with_yesterday(telegram: FakeTelegram, clock: time_machine.Traveller) -> None:
    alice, track = world()
    message = tapped(telegram, said(telegram, "/pause"), f"pause:{target(track)}:week")
    clock.shift(timedelta(days=2))
    pause = Pause.objects.get(user=alice)
    message = tapped(telegram, message, f"resume:{pause.pk}:{stamps.of_pause(pause)}")
    pause.refresh_from_db()
    assert (str(pause.first_day), str(pause.last_day)) == (TODAY, "2026-11-22")
    assert "⏸ Push-ups: until" not in message.text


def test_a_pause_of_today_that_is_ended_leaves_nothing(telegram: FakeTelegram) -> None:
    world()
    message = tapped(telegram, said(telegram, "/pause"), "pause:all:today")
    pause = Pause.objects.get()
    tapped(telegram, message, f"resume:{pause.pk}:{stamps.of_pause(pause)}")
    assert not Pause.objects.exists()
    assert notice(telegram) == "It goes on."


def test_language_and_time_zone_are_the_profiles(telegram: FakeTelegram) -> None:
    alice, _ = world()
    said(telegram, "/language Русский")
    said(telegram, "/timezone Санкт-Петербург")
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("ru", "Europe/Moscow")


def test_the_digest_is_chosen_by_buttons(telegram: FakeTelegram) -> None:
    alice, _ = world()
    tapped(telegram, said(telegram, "/digest"), "digest:2:19")
    digest = Digest.objects.get(user=alice)
    assert (digest.is_on, digest.weekday, digest.hour) == (True, 2, 19)
    assert digest.next_at == make.utc("2026-11-25 19:00")


def test_stop_disconnects_after_it_was_confirmed(telegram: FakeTelegram) -> None:
    alice, _ = world()
    message = said(telegram, "/stop")
    assert User.objects.get(pk=alice.pk).chat_connected
    for _ in range(2):
        telegram.tap(CHAT, message.message_id, "Disconnect", stale=True)
    poll(telegram)
    assert not User.objects.get(pk=alice.pk).chat_connected
    assert notice(telegram) == "Connect this chat to your account first."


def test_the_week_comes_as_a_picture_for_chats(telegram: FakeTelegram) -> None:
    world()
    message = said(telegram, "/week")
    assert message.method == "sendPhoto"
    assert message.photo
    assert (message.photo[-1]["width"], message.photo[-1]["height"]) == (1080, 666)


def test_a_stranger_gets_the_welcome(telegram: FakeTelegram, db: None) -> None:
    for command in [*(f"/{name}" for name in COMMANDS), "/start", "hello"]:
        assert said(telegram, command).text.startswith("Hello! I am the bot of a Habit Tracker")


@pytest.mark.parametrize("code", ["ru", "ru-RU"])
def test_a_stranger_is_answered_in_their_own_language(telegram: FakeTelegram, db: None, code: str) -> None:
    telegram.send_text(CHAT, "/start", {"id": CHAT, "first_name": "A", "language_code": code})
    poll(telegram)
    assert telegram.messages(CHAT)[-1].text.startswith("Здравствуйте!")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("code", "word"), [("en-GB", "I only talk in private chats."), ("ru", "Я разговариваю только в личных чатах.")]
)
def test_a_group_chat_gets_no_more_than_a_word(telegram: FakeTelegram, mode: str, code: str, word: str) -> None:
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
    _, track = world()
    telegram.add_chat(-50, title="Team")
    telegram.send_text(-50, "/today", {"id": CHAT, "first_name": "A"})
    poll(telegram)
    tapped(telegram, telegram.messages(-50)[-1], f"tick:{target(track)}:{TODAY}", MODES[mode])
    assert notice(telegram) == "I only talk in private chats."
    assert not HabitLog.objects.filter(track=track, day=TODAY).exists()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("mode", MODES)
def test_a_text_as_long_as_telegram_allows_is_answered(telegram: FakeTelegram, mode: str, language: str) -> None:
    make.person("alice", chat=True, language=language)
    for command in ("", "/done ", "/timezone ", "/language ", "/start "):
        answered = said(telegram, command + "ы" * (4096 - len(command)), MODES[mode])
        assert 0 < len(answered.text) <= 4096
        assert not answered.text.startswith(("Something went wrong", "У нас что-то"))
    assert len(telegram.messages(CHAT)) == 5


def test_what_is_no_text_gets_help(telegram: FakeTelegram) -> None:
    world()
    chat = {"id": CHAT, "type": "private", "first_name": "A"}
    person = {"id": CHAT, "is_bot": False, "first_name": "A"}
    dice = {"emoji": "🎲", "value": 3}
    message: dict[str, Any] = {"message_id": 999, "date": 1, "chat": chat, "from": person, "dice": dice}
    telegram.send_update({"message": message})
    poll(telegram)
    assert "/help – what I can do" in telegram.messages(CHAT)[-1].text


def test_a_list_that_is_too_long_is_cut_at_a_line(telegram: FakeTelegram) -> None:
    alice, _ = world()
    for number in range(90):
        make.track(alice, name=f"{number:02} {'long ' * 30}")
    text = said(telegram, "/streaks").text
    assert len(text) <= 4096
    last = text.splitlines()[-1]
    assert last.startswith("… and ") and last.endswith(" more lines")
    assert len(said(telegram, "/today").buttons) == 30


def test_every_buttons_data_fits(telegram: FakeTelegram) -> None:
    """The longest names and ids that there can be: 64 bytes are Telegram's limit."""
    most = 10**18 - 1
    longest = max(zones.known(), key=len)
    name = f"{most}:{'x' * 8}"
    for data in (f"tick:{name}:2026-11-21", f"pause:{name}:today", f"at:{name}:2030", f"timezone:{longest}"):
        assert len(data.encode()) <= 64


def test_without_redis_the_bot_answers_all_the_same(telegram: FakeTelegram, settings: Settings) -> None:
    from common.redis import connection

    world()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    connection.cache_clear()
    try:
        assert said(telegram, "/streaks").text.startswith("Your streaks")
    finally:
        connection.cache_clear()


@pytest.mark.parametrize("secret", ["", "hush"], ids=["polling", "webhook"])
def test_the_commands_are_registered_in_both_languages_at_the_start(
    telegram: FakeTelegram, settings: Settings, secret: str
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = secret
    if secret:
        call_command("bot")
    else:
        from notifications.telegram.registration import register_commands

        register_commands()
    given = {call.params.get("language_code"): call.params for call in telegram.calls_of("setMyCommands")}
    assert set(given) == {None, "en", "ru"}
    assert all("all_private_chats" in str(params["scope"]) for params in given.values())
    assert "ваши серии" in str(given["ru"]["commands"]) or "\\u0432\\u0430\\u0448\\u0438" in str(
        given["ru"]["commands"]
    )
    for name in COMMANDS:
        assert f'"{name}"' in str(given[None]["commands"]).replace("'", '"')


def test_who_is_to_wait_waits_with_every_sender(telegram: FakeTelegram) -> None:
    """Telegram's 429 to an answer holds the chat back from reminders as well."""
    world()
    telegram.fault("flood", method="sendMessage", retry_after=600)
    telegram.send_text(CHAT, "/help")
    poll(telegram)
    assert telegram.messages(CHAT) == []
    [held, other] = ratelimit.reserve([CHAT, 1002], max_wait=timedelta(seconds=2))
    assert not held.granted and held.wait > 590
    assert other.granted
