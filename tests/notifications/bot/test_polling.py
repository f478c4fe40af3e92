"""`manage.py bot`: fetching, handling and acknowledging updates (test_main_job.py runs it as a process)."""

import os
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, cast

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings
from telegram import Update

from notifications import tasks
from notifications.bot import commands, handled_updates, polling, registration, updates
from notifications.bot import handling as bot
from notifications.bot.buttons import handle_tap
from notifications.bot.polling import Poller
from notifications.bot.responses import response_queue
from notifications.bot.taps import Tap
from notifications.channels.telegram import client as telegram_client
from notifications.models import Heartbeat
from notifications.monitoring import heartbeats
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import notice, post_update
from tests.waiting import STUCK
from tracking.models import HabitLog, HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db

FROM = {"id": 1001, "is_bot": False, "first_name": "A"}
UNREADABLE = [
    {"message": "no object"},
    {"message": {"chat": 7}},
    {"message": {"message_id": 1, "date": "yesterday", "chat": {"id": 1001, "type": "private"}}},
    {"callback_query": {"id": "1", "from": {"id": 1001}, "data": "done:1"}},
    {"my_chat_member": {"chat": {"id": 1001, "type": "private"}, "date": 10**20}},
    {"message": [1, 2]},
    *(
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 1001, "type": "private"}, "from": FROM} | part}
        for part in (
            {"date": 10**30},
            {"date": -(10**30)},
            {"date": 1e300},
            {"edit_date": 10**30},
            {"message_id": 10**30},
            {"message_id": "1"},
            {"chat": {"id": 10**30, "type": "private"}},
            {"chat": {"id": "x", "type": "private"}},
            {"chat": None},
            {"from": FROM | {"language_code": 5}},
            {"text": 5},
        )
    ),
    {"update_id": 10**30, "message": {"message_id": 1, "date": 1, "chat": {"id": 1001, "type": "private"}}},
    {"callback_query": {"id": "1", "from": FROM, "chat_instance": "1", "data": 5}},
    {"my_chat_member": {"chat": {"id": 1001, "type": "private"}, "from": FROM, "date": None}},
]


class Until:
    """A stop event for a poller that is set as soon as a condition holds. Fails the test if it never does."""

    def __init__(self, condition: Callable[[], bool]) -> None:
        self.condition = condition
        self.delays: list[float] = []
        self.fails_at = time.monotonic() + STUCK

    def is_set(self) -> bool:
        assert time.monotonic() < self.fails_at, "the condition never held"
        return self.condition()

    def wait(self, seconds: float) -> None:
        self.delays.append(seconds)


def run_until(condition: Callable[[], bool]) -> list[float]:
    """Poll until a condition holds; return the delays between the polls."""
    until = Until(condition)
    Poller(cast(threading.Event, until)).run()
    assert response_queue.drain(STUCK)
    return [delay for delay in until.delays if delay]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "POLL_SECONDS", 0)


def database_down(execute: Callable[..., Any], *query: Any) -> Any:
    """A query wrapper that simulates a lost database."""
    raise OperationalError("server closed the connection unexpectedly")


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("a bug")


def tap_in_todays_list(telegram: FakeTelegram) -> HabitTrack:
    """Return a track of alice, who has tapped its button in today's list."""
    track = make.track(make.person("alice", chat=True))
    telegram.send_text(1001, "/today")
    run_until(lambda: not telegram.pending_updates)
    telegram.tap(1001, None, "✅ Push-ups")
    return track


def test_each_update_is_answered_once(telegram: FakeTelegram) -> None:
    for text in ("one", "two", "three"):
        telegram.send_text(1001, text)
    run_until(lambda: not telegram.pending_updates)
    assert len(telegram.messages(1001)) == 3


def test_sigterm_ends_the_bot_after_the_current_update(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(update: Update, **options: Any) -> None:
        bot.handle(update, **options)
        os.kill(os.getpid(), signal.SIGTERM)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(polling, "handle", handle)
    telegram.send_text(1001, "hello")
    try:
        call_command("bot")
    finally:
        for number, what in before.items():
            signal.signal(number, what)
    assert len(telegram.messages(1001)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        *({"kind": "server_error"}, {"kind": "cut_before"}, {"kind": "flood", "retry_after": 1}),
        *({"kind": "server_error", "status": 404, "html": True}, {"kind": "error", "status": 400}),
    ],
)
@pytest.mark.parametrize("method", ["getUpdates", "deleteWebhook"])
def test_polling_continues_after_errors_of_telegram(telegram: FakeTelegram, method: str, fault: dict[str, Any]) -> None:
    telegram.fault(method=method, times=3, **fault)
    telegram.send_text(1001, "hello")
    pauses = run_until(lambda: not telegram.pending_updates)
    assert len(telegram.messages(1001)) == 1
    assert pauses == [2.0, 4.0, 8.0]


def test_polling_continues_after_internal_errors(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    """For example a malformed proxy, with which no client can be created."""
    make_client = telegram_client.TelegramClient
    left = [broken, broken]
    monkeypatch.setattr(telegram_client, "TelegramClient", lambda: (left.pop() if left else make_client)())
    telegram.send_text(1001, "hello")
    assert len(run_until(lambda: not telegram.pending_updates)) == 2
    assert len(telegram.messages(1001)) == 1


@pytest.mark.parametrize("secret", ["", "hush"], ids=["polling", "webhook"])
def test_a_revoked_token_ends_the_bot_with_exit_code_78(
    telegram: FakeTelegram, settings: Settings, secret: str
) -> None:
    """The supervisor restarts it after any other exit code."""
    settings.TELEGRAM_WEBHOOK_SECRET = secret
    telegram.fault("error", status=401, description="Unauthorized", times="all")
    with pytest.raises(CommandError, match="refuses this bot: Unauthorized") as ended:
        call_command("bot")
    assert ended.value.returncode == 78
    assert telegram.token not in str(ended.value)


def test_updates_are_answered_even_if_the_commands_cannot_be_registered(telegram: FakeTelegram) -> None:
    telegram.fault("error", status=400, method="setMyCommands", times="all")
    telegram.send_text(1001, "hello")
    assert run_until(lambda: not telegram.pending_updates) == []
    assert len(telegram.messages(1001)) == 1
    assert len(telegram.calls_of("setMyCommands")) == 1


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_an_update_that_cannot_be_parsed_is_skipped(
    telegram: FakeTelegram, caplog: pytest.LogCaptureFixture, unreadable: dict[str, Any]
) -> None:
    if "update_id" in unreadable:
        return  # Telegram's own numbering
    for update in (unreadable, unreadable):
        telegram.send_update(update)
        telegram.send_text(1001, "hello")
    run_until(lambda: not telegram.pending_updates)
    assert len(telegram.messages(1001)) >= 1
    assert "cannot be parsed and is skipped" in caplog.text
    assert "no object" not in caplog.text


@pytest.mark.parametrize("unreadable", [*UNREADABLE, {}, [], [[[]]], "text", 7, None])
def test_the_webhook_skips_updates_that_cannot_be_parsed(
    telegram: FakeTelegram, settings: Settings, unreadable: object
) -> None:
    """After any other status Telegram repeats the update for a day and holds back later ones."""
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    update = {"update_id": 7, **unreadable} if isinstance(unreadable, dict) and unreadable else unreadable
    assert post_update(update) == 200
    assert telegram.calls_of("sendMessage") == []


@pytest.mark.parametrize("unreadable", UNREADABLE)
def test_an_update_with_a_number_out_of_range_or_a_part_of_a_wrong_type_is_not_parsed(
    unreadable: dict[str, Any],
) -> None:
    assert updates.parse({"update_id": 7, **unreadable}) is None
    assert updates.get_update_id({"update_id": 7, **unreadable}) in {7, None}


def test_the_webhook_skips_a_body_that_is_too_large_or_of_another_type(
    telegram: FakeTelegram, settings: Settings
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
    for body, content_type in (("[" + "1," * 1_300_000 + "1]", "application/json"), ("a=b", "text/plain")):
        answer = make.client().post("/api/tg/webhook/", body, content_type=content_type, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("body", ["{", "", "\x00", '{"update_id": 7, "text": "half a character: \\ud83d"}'])
def test_the_webhook_skips_invalid_json(telegram: FakeTelegram, settings: Settings, body: str) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
    answer = make.client().post("/api/tg/webhook/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 200
    del headers["X-Telegram-Bot-Api-Secret-Token"]
    answer = make.client().post("/api/tg/webhook/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 403


def test_polling_names_the_kinds_of_updates_that_the_bot_handles(telegram: FakeTelegram) -> None:
    """Telegram remembers the list that another program set for the token: then taps would not arrive."""
    telegram_client.client().run(telegram_client.client().bot.get_updates(allowed_updates=["inline_query"]))
    telegram.send_text(1001, "lost: it was not wanted then")
    run_until(lambda: len(telegram.calls_of("getUpdates")) > 1)
    track = tap_in_todays_list(telegram)
    run_until(lambda: not telegram.pending_updates)
    assert HabitLog.objects.filter(track=track).count() == 1
    telegram.set_status(1001, "blocked")
    run_until(lambda: not telegram.pending_updates)
    assert make.chat(User.objects.get()).unreachable_since is not None


def test_the_webhook_is_registered_with_the_kinds_of_updates_that_the_bot_handles(
    telegram: FakeTelegram, settings: Settings
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    call_command("bot")
    [call] = telegram.calls_of("setWebhook")
    for kind in ("message", "callback_query", "my_chat_member"):
        assert kind in str(call.params["allowed_updates"])


def test_polling_removes_a_webhook_that_another_program_set(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = telegram_client.TelegramClient()
    waits = [True]

    def once_more(update: Update, **options: Any) -> None:
        bot.handle(update, **options)
        if waits.pop():
            elsewhere.run(elsewhere.bot.set_webhook("http://127.0.0.1:9/"))
            telegram.send_text(1001, "two")

    monkeypatch.setattr(polling, "handle", once_more)
    waits.insert(0, False)
    telegram.send_text(1001, "one")
    try:
        run_until(lambda: not waits)
    finally:
        elsewhere.close()
    assert len(telegram.messages(1001)) == 2


@pytest.mark.parametrize("how", ["set elsewhere", "removed", "other updates"])
def test_a_changed_or_removed_webhook_is_registered_again(
    telegram: FakeTelegram, settings: Settings, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    call_command("bot")
    tasks.recheck_webhook()
    assert len(telegram.calls_of("setWebhook")) == 1
    bot_api = telegram_client.client().bot
    calls = {
        "set elsewhere": lambda: bot_api.set_webhook("https://example.org/"),
        "removed": lambda: bot_api.delete_webhook(),
        "other updates": lambda: bot_api.set_webhook(registration.webhook_url(), allowed_updates=["message"]),
    }
    telegram_client.client().run(calls[how]())
    tasks.recheck_webhook()
    info = telegram_client.client().get_webhook_info()
    assert info.url == "http://localhost:8000/api/tg/webhook/"
    assert set(info.allowed_updates or ()) == {"message", "callback_query", "my_chat_member"}
    assert "registered again" in caplog.text


def test_errors_that_telegram_reports_for_the_webhook_are_logged(
    telegram: FakeTelegram, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    settings.SITE_URL = "http://127.0.0.1:9"
    call_command("bot")
    telegram.send_text(1001, "hello")
    telegram.wait_until(lambda: telegram.counters.get("webhook.refused"))
    tasks.recheck_webhook()
    assert "1 updates are waiting, Telegram cannot call the webhook: Connection refused" in caplog.text
    telegram.fault("server_error", method="getWebhookInfo")
    tasks.recheck_webhook()
    assert "the webhook could not be checked" in caplog.text


def test_the_webhook_is_not_checked_when_polling_is_used(telegram: FakeTelegram) -> None:
    tasks.recheck_webhook()
    assert telegram.calls == []


def test_a_tap_during_a_database_outage_takes_effect_afterwards(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = tap_in_todays_list(telegram)
    telegram.send_text(1001, "/help")
    before = len(telegram.messages(1001))
    calls: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(polling, "drop_broken_connection", lambda: calls.append(1))
        with connection.execute_wrapper(database_down):
            pauses = run_until(lambda: len(calls) >= 8)
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert len(telegram.pending_updates) == 2
    assert telegram.taps[-1].answer is None
    assert len(telegram.messages(1001)) == before
    run_until(lambda: not telegram.pending_updates)
    assert HabitLog.objects.filter(track=track).count() == 1
    assert notice(telegram) == "Well done!"
    assert len(telegram.messages(1001)) == before + 1


def test_the_webhook_refuses_a_tap_during_a_database_outage(telegram: FakeTelegram, settings: Settings) -> None:
    """Telegram repeats an update that is not answered with 200."""
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    track = tap_in_todays_list(telegram)
    [tap] = telegram.pending_updates
    with connection.execute_wrapper(database_down):
        for _ in range(bot.MAX_TRIES + 1):
            assert post_update(tap) == 503
    assert not handled_updates.is_handled(tap["update_id"])
    assert telegram.taps[-1].answer is None
    for _ in range(2):
        assert post_update(tap) == 200
    assert HabitLog.objects.filter(track=track).count() == 1
    assert response_queue.drain(STUCK)
    assert notice(telegram) == "Well done!"


def test_an_update_that_fails_by_a_bug_is_retried_before_later_ones_of_its_chat_and_blocks_no_other_chat(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After the last try it is skipped with an apology."""
    make.person("alice", chat=True)
    order: list[str] = []
    run = commands.run

    def fails_for_alice(name: str, *given: Any) -> Any:
        order.append(name)
        return broken() if name == "today" else run(name, *given)

    monkeypatch.setattr(commands, "run", fails_for_alice)
    telegram.send_text(1001, "/today")
    telegram.send_text(1001, "/streaks")
    telegram.send_text(1002, "hello")
    pauses = run_until(lambda: not telegram.pending_updates)
    assert order == ["today", "today", "today", "streaks"]
    assert pauses == [polling.RETRY_DELAY] * (bot.MAX_TRIES - 1)
    assert len(telegram.messages(1002)) == 1
    assert telegram.messages(1001)[0].text.startswith("Something went wrong on our side.")
    assert caplog.text.count("RuntimeError: a bug") == bot.MAX_TRIES


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_no_update_is_lost_by_a_temporary_error(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch, settings: Settings, is_redis_away: bool
) -> None:
    from common.redis import connection as redis

    monkeypatch.setattr(handled_updates, "_local", OrderedDict())
    track = tap_in_todays_list(telegram)
    if is_redis_away:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        redis.cache_clear()
    left = [broken] * (bot.MAX_TRIES - 1)

    def fails_at_first(action: str, tap: Tap) -> Any:
        return (left.pop() if left else handle_tap)(action, tap)

    monkeypatch.setattr(bot, "handle_tap", fails_at_first)
    try:
        run_until(lambda: not telegram.pending_updates)
    finally:
        redis.cache_clear()
    assert HabitLog.objects.filter(track=track).count() == 1
    assert notice(telegram) == "Well done!"


def test_updates_are_handled_round_robin_by_chat(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[int, str]] = []

    def handle(update: Update, **options: Any) -> None:
        assert update.message
        order.append((update.message.chat.id, update.message.text or ""))

    monkeypatch.setattr(polling, "handle", handle)
    for number in range(60):
        telegram.send_text(1001, f"{number}")
    telegram.send_text(1002, "hello")
    telegram.send_text(1002, "is anybody there?")
    run_until(lambda: not telegram.pending_updates)
    assert order[:4] == [(1001, "0"), (1002, "hello"), (1001, "1"), (1002, "is anybody there?")]
    assert [text for chat, text in order if chat == 1001] == [f"{number}" for number in range(60)]


def test_a_command_that_is_repeated_in_a_batch_runs_once(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.person("alice", chat=True)
    order: list[str] = []
    run = commands.run

    def noted(name: str, *given: Any) -> Any:
        order.append(name)
        return run(name, *given)

    monkeypatch.setattr(commands, "run", noted)
    for text in ("/week", "/week", "/done push", "/done push", "/week"):
        telegram.send_text(1001, text)
    run_until(lambda: not telegram.pending_updates)
    assert order == ["done", "done", "week"]


def test_polling_writes_heartbeats(telegram: FakeTelegram) -> None:
    """One for polls and one for handled updates, each written at most once a minute."""
    telegram.fault("server_error", method="getUpdates", times=2)
    run_until(lambda: len(telegram.calls_of("getUpdates")) > 1)
    running = heartbeats.process_name(heartbeats.POLLER)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {running}, "it runs, though Telegram fails"
    run_until(lambda: len(telegram.calls_of("getUpdates")) > 3)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {running, "bot"}
    telegram.send_text(1001, "hello")
    run_until(lambda: not telegram.pending_updates)
    assert heartbeats.last_at(heartbeats.BOT_UPDATE) is not None


def test_a_poll_that_handled_nothing_writes_no_heartbeat(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def handle(update: Update, **options: Any) -> None:
        calls.append(1)
        raise bot.NotHandled(is_database_down=True)

    monkeypatch.setattr(polling, "handle", handle)
    telegram.send_text(1001, "hello")
    run_until(lambda: len(calls) >= 3)
    assert heartbeats.last_at(heartbeats.BOT) is None


def test_the_webhook_writes_heartbeats(telegram: FakeTelegram, settings: Settings) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    telegram.send_text(1001, "hello")
    assert post_update(telegram.pending_updates[0]) == 200
    for name in (heartbeats.BOT, heartbeats.BOT_UPDATE):
        at = heartbeats.last_at(name)
        assert at is not None and (timezone.now() - at).total_seconds() < 60
