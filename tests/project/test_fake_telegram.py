"""The fake Telegram against python-telegram-bot's own client, over HTTP."""

import asyncio
import base64
import http.client
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from tests.fake_telegram import DEFAULT_TOKEN, FakeTelegram
from tests.fake_telegram.hosts import PROJECT
from tests.waiting import STUCK

ALICE, BOB, GROUP = 1001, 1002, -5001
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAFElEQVR4nGP8z8DAwMDAxAADCBYAG10BBQWVvN4AAAAASUVORK5CYII="
)
KEYBOARD = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("Done", callback_data="done:7"),
            InlineKeyboardButton("Skip", callback_data="skip:7"),
        ]
    ]
)
Ask = Callable[[Bot], Awaitable[Any]]


@pytest.fixture(scope="module")
def running() -> Iterator[FakeTelegram]:
    with FakeTelegram.in_thread() as fake:
        yield fake


@pytest.fixture
def fake(running: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> FakeTelegram:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    running.reset()
    running.send_text(ALICE, "/start", {"id": ALICE, "first_name": "Alice", "language_code": "en"})
    return running


def make_bot(fake: FakeTelegram, token: str = DEFAULT_TOKEN, *, read_timeout: float = 5.0) -> Bot:
    def requests() -> HTTPXRequest:
        return HTTPXRequest(connection_pool_size=8, read_timeout=read_timeout, httpx_kwargs={"verify": False})

    return Bot(
        token,
        base_url=fake.base_url,
        base_file_url=fake.base_file_url,
        request=requests(),
        get_updates_request=requests(),
    )


def ask(fake: FakeTelegram, *steps: Ask, token: str = DEFAULT_TOKEN, read_timeout: float = 5.0) -> Any:
    """Run the steps in order with one Bot; return the result of the last one."""

    async def run() -> Any:
        async with make_bot(fake, token, read_timeout=read_timeout) as bot:
            result = None
            for step in steps:
                result = await step(bot)
            return result

    return asyncio.run(run())


def refusal(fake: FakeTelegram, step: Ask, error: type[TelegramError]) -> str:
    """Run a step that must raise exactly this error; return its text."""
    with pytest.raises(error) as caught:
        ask(fake, step)
    assert type(caught.value) is error
    return str(caught.value)


def hello(bot: Bot) -> Awaitable[Message]:
    return bot.send_message(ALICE, "hello")


def post(fake: FakeTelegram, path: str, **how: Any) -> httpx.Response:
    return httpx.post(f"{fake.url}{path}", **how)


# Tokens and paths


def test_get_me_names_the_bot(fake: FakeTelegram) -> None:
    me = ask(fake, lambda bot: bot.get_me())
    assert me.is_bot
    assert me.id == int(DEFAULT_TOKEN.partition(":")[0])
    assert me.username == "habits_bot"


def test_a_wrong_token_is_unauthorized(fake: FakeTelegram) -> None:
    answer = post(fake, "/bot1000000001:wrong/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
    with pytest.raises(InvalidToken):
        ask(fake, hello, token="1000000001:wrong")


@pytest.mark.parametrize("path", ["/botnonsense/getMe", "/bot/getMe", f"/bot{DEFAULT_TOKEN}/getNothing", "/x"])
def test_a_malformed_token_or_path_is_not_found(fake: FakeTelegram, path: str) -> None:
    answer = post(fake, path)
    assert answer.status_code == 404
    assert answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}


@pytest.mark.parametrize(
    "how",
    [
        {"data": {"chat_id": ALICE, "text": "two words & more"}},
        {"json": {"chat_id": ALICE, "text": "two words & more"}},
        {"params": {"chat_id": ALICE, "text": "two words & more"}},
        {"files": {"chat_id": (None, str(ALICE)), "text": (None, "two words & more")}},
    ],
    ids=["form", "json", "query", "multipart"],
)
def test_parameters_come_in_any_form(fake: FakeTelegram, how: dict[str, Any]) -> None:
    assert post(fake, f"/bot{DEFAULT_TOKEN}/SENDMESSAGE", **how).json()["ok"]
    assert fake.messages(ALICE)[-1].text == "two words & more"


def test_get_and_post_are_equivalent(fake: FakeTelegram) -> None:
    answer = httpx.get(f"{fake.url}/bot{DEFAULT_TOKEN}/sendMessage", params={"chat_id": ALICE, "text": "hi"})
    assert answer.json()["result"]["text"] == "hi"


def test_a_chunked_body_is_read(fake: FakeTelegram) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"chat_id": 1001, '
        yield b'"text": "in parts"}'

    headers = {"Content-Type": "application/json"}
    answer = post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", content=parts(), headers=headers)
    assert answer.json()["result"]["text"] == "in parts"


def test_a_body_that_is_not_json_is_a_bad_request(fake: FakeTelegram) -> None:
    headers = {"Content-Type": "application/json"}
    answer = post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", content=b"{nonsense", headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)


@pytest.mark.parametrize(
    "wrong",
    [
        {"entities": [{"type": "bold"}]},
        {"entities": 7},
        {"reply_markup": [1]},
        {"reply_markup": "{"},
        {"reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
        {"reply_markup": {"inline_keyboard": [[{"text": "x"}]]}},
        {"reply_parameters": 7},
        {"chat_id": "nobody"},
        {"chat_id": None},
    ],
    ids=str,
)
def test_invalid_parameters_are_refused(fake: FakeTelegram, wrong: dict[str, Any]) -> None:
    given = {"chat_id": ALICE, "text": "x"} | wrong
    assert post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", json=given).status_code == 400
    assert fake.messages(ALICE) == []


def test_connections_stay_open_and_take_several_requests_at_once(fake: FakeTelegram) -> None:
    address = urlsplit(fake.url)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=STUCK)
    line.connect()
    request = f"GET /bot{DEFAULT_TOKEN}/getMe HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    line.sock.sendall(request * 3)
    stream = line.sock.makefile("rb")
    for _ in range(3):
        head = b"".join(iter(stream.readline, b"\r\n")).decode()
        assert head.startswith("HTTP/1.1 200 OK")
        assert json.loads(stream.read(int(head.lower().split("content-length: ")[1].split()[0])))["ok"]
    stream.close()
    line.close()


# Messages


def test_a_sent_message_is_recorded_with_its_text_markup_and_time(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "Push-ups?", reply_markup=KEYBOARD))
    record = fake.wait_for_message(ALICE)
    assert record.text == sent.text == "Push-ups?"
    assert record.message_id == sent.message_id
    assert record.buttons == ["Done", "Skip"]
    assert record.button_data == {"Done": "done:7", "Skip": "skip:7"}
    assert sent.reply_markup == KEYBOARD
    assert sent.chat.type == "private"
    assert sent.chat.first_name == "Alice"
    assert int(record.wall) == int(sent.date.timestamp())
    assert record.answered
    assert fake.calls[-1].method == "sendMessage"
    assert fake.calls[-1].status == 200
    assert fake.calls[-1].monotonic <= record.monotonic


def test_a_chat_exists_once_a_user_has_written(fake: FakeTelegram) -> None:
    assert refusal(fake, lambda bot: bot.send_message(BOB, "hi"), BadRequest) == "Chat not found"
    fake.send_text(BOB, "hello bot")
    ask(fake, lambda bot: bot.send_message(BOB, "hi"))
    fake.set_status(BOB, "gone")
    assert refusal(fake, lambda bot: bot.send_message(BOB, "hi"), BadRequest) == "Chat not found"
    fake.add_chat(BOB)
    ask(fake, lambda bot: bot.send_message(BOB, "hi"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Message text is empty"),
        (" \n ", "Text must be non-empty"),
        ("x" * 4097, "Message is too long"),
    ],
)
def test_a_text_has_1_to_4096_characters(fake: FakeTelegram, text: str, why: str) -> None:
    assert refusal(fake, lambda bot: bot.send_message(ALICE, text), BadRequest) == why
    assert fake.messages(ALICE) == []


def test_a_text_of_4096_characters_is_sent(fake: FakeTelegram) -> None:
    ask(fake, lambda bot: bot.send_message(ALICE, "ы" * 4096))
    assert len(fake.messages(ALICE)[0].text) == 4096


@pytest.mark.parametrize(
    ("mode", "raw"),
    [
        ("HTML", "Well <b>done <i>you</i></b>! 1 &lt; 2 <a href='https://example.com/'>more</a>"),
        ("MarkdownV2", "Well *done _you_*\\! 1 < 2 [more](https://example.com/)"),
    ],
)
def test_a_parse_mode_gives_plain_text_and_entities(fake: FakeTelegram, mode: str, raw: str) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, raw, parse_mode=mode))
    assert sent.text == "Well done you! 1 < 2 more"
    found = {entity.type: sent.parse_entity(entity) for entity in sent.entities}
    assert found == {"bold": "done you", "italic": "you", "text_link": "more"}


def test_entities_count_utf16_units(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "🔥🔥 <b>день</b>", parse_mode="HTML"))
    assert (sent.entities[0].offset, sent.entities[0].length) == (5, 4)
    assert sent.parse_entity(sent.entities[0]) == "день"


@pytest.mark.parametrize(
    ("mode", "raw", "why"),
    [
        ("HTML", "<b>x", "Can't parse entities: can't find end tag corresponding to start tag \"b\""),
        ("HTML", "<x>y</x>", 'Can\'t parse entities: unsupported start tag "x" at byte offset 0'),
        ("HTML", "a < b", "Can't parse entities: unclosed start tag at byte offset 2"),
        ("HTML", "<b>x</i>", "Can't parse entities: unmatched end tag at byte offset 4"),
        ("MarkdownV2", "Done.", "Can't parse entities: character '.' is reserved and must be escaped"),
        ("MarkdownV2", "*x", "Can't parse entities: can't find end of Bold entity at byte offset 0"),
        ("Markdown", "_x", "Can't parse entities: can't find end of the entity starting at byte offset 0"),
        ("nonsense", "x", "Unsupported parse_mode"),
    ],
)
def test_broken_markup_is_refused(fake: FakeTelegram, mode: str, raw: str, why: str) -> None:
    text = refusal(fake, lambda bot: bot.send_message(ALICE, raw, parse_mode=mode), BadRequest)
    assert text.lower().startswith(why.lower())


@pytest.mark.parametrize("data", ["x" * 65, "ы" * 33])
def test_callback_data_has_at_most_64_bytes(fake: FakeTelegram, data: str) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Done", callback_data=data)]])
    why = refusal(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=markup), BadRequest)
    assert why == "Button_data_invalid"


def test_a_reply_shows_what_it_answers(fake: FakeTelegram) -> None:
    number = fake.send_text(ALICE, "question")
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "answer", reply_to_message_id=number))
    assert sent.reply_to_message.text == "question"
    why = refusal(fake, lambda bot: bot.send_message(ALICE, "x", reply_to_message_id=99999), BadRequest)
    assert why == "Message to be replied not found"


def test_a_photo_is_kept_with_its_caption(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_photo(ALICE, PNG, caption="Your <b>week</b>", parse_mode="HTML"))
    assert (sent.photo[0].width, sent.photo[0].height) == (3, 2)
    assert sent.caption == "Your week"
    assert fake.wait_for_message(ALICE, contains="week").photo

    async def download(bot: Bot) -> bytes:
        return bytes(await (await bot.get_file(sent.photo[0].file_id)).download_as_bytearray())

    assert ask(fake, download) == PNG
    again = ask(fake, lambda bot: bot.send_photo(ALICE, sent.photo[0].file_id))
    assert again.photo[0].file_id == sent.photo[0].file_id
    assert refusal(fake, lambda bot: bot.send_photo(ALICE, b"no picture"), BadRequest) == "Image_process_failed"


# Edits


def test_an_edit_changes_the_message_and_keeps_its_history(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "Push-ups?", reply_markup=KEYBOARD))
    edited = ask(fake, lambda bot: bot.edit_message_text("Done!", ALICE, sent.message_id))
    assert edited.text == "Done!"
    assert edited.reply_markup is None
    assert edited.edit_date is not None
    record = fake.wait_for_edit(ALICE, sent.message_id)
    assert [edit.text for edit in record.edits] == ["Push-ups?", "Done!"]
    assert record.buttons == []
    assert record.edits[0].monotonic < record.edits[1].monotonic


def test_an_edit_that_changes_nothing_is_refused(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYBOARD))

    def same(bot: Bot) -> Awaitable[Any]:
        return bot.edit_message_text("x", ALICE, sent.message_id, reply_markup=KEYBOARD)

    def same_markup(bot: Bot) -> Awaitable[Any]:
        return bot.edit_message_reply_markup(ALICE, sent.message_id, reply_markup=KEYBOARD)

    assert refusal(fake, same, BadRequest).startswith("Message is not modified: specified new message content")
    assert refusal(fake, same_markup, BadRequest).startswith("Message is not modified")
    assert fake.message(ALICE, sent.message_id).edits == []


def test_only_the_bots_own_messages_can_be_edited(fake: FakeTelegram) -> None:
    unknown = refusal(fake, lambda bot: bot.edit_message_text("x", ALICE, 99999), BadRequest)
    assert unknown == "Message to edit not found"
    number = fake.send_text(ALICE, "mine")
    assert refusal(fake, lambda bot: bot.edit_message_text("x", ALICE, number), BadRequest) == (
        "Message can't be edited"
    )


def test_the_buttons_alone_can_be_changed(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYBOARD))
    ask(fake, lambda bot: bot.edit_message_reply_markup(ALICE, sent.message_id))
    record = fake.message(ALICE, sent.message_id)
    assert (record.text, record.buttons) == ("x", [])


def test_a_deleted_message_is_gone(fake: FakeTelegram) -> None:
    sent = ask(fake, hello)
    assert ask(fake, lambda bot: bot.delete_message(ALICE, sent.message_id))
    assert fake.message(ALICE, sent.message_id).deleted
    why = refusal(fake, lambda bot: bot.delete_message(ALICE, sent.message_id), BadRequest)
    assert why == "Message to delete not found"
    assert refusal(fake, lambda bot: bot.edit_message_text("x", ALICE, sent.message_id), BadRequest) == (
        "Message to edit not found"
    )


# Buttons


def test_a_tap_arrives_as_a_callback_query_and_is_answered_once(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "Push-ups?", reply_markup=KEYBOARD))
    query_id = fake.tap(ALICE, sent.message_id, "Done")
    update: Update = ask(fake, lambda bot: bot.get_updates())[-1]
    assert update.callback_query is not None
    assert update.callback_query.id == query_id
    assert update.callback_query.data == "done:7"
    assert update.callback_query.from_user.first_name == "Alice"
    assert update.effective_message is not None
    assert update.effective_message.text == "Push-ups?"
    assert ask(fake, lambda bot: bot.answer_callback_query(query_id, "Well done"))
    assert fake.wait_for_answer(query_id).answer == {"text": "Well done", "show_alert": False}
    again = refusal(fake, lambda bot: bot.answer_callback_query(query_id), BadRequest)
    assert again == "Query is too old and response timeout expired or query id is invalid"


def test_an_unknown_or_expired_query_is_refused(fake: FakeTelegram) -> None:
    assert "Query is too old" in refusal(fake, lambda bot: bot.answer_callback_query("17"), BadRequest)
    ask(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYBOARD))
    query_id = fake.tap(ALICE, None, "skip:7")
    assert fake.expire_taps() == 1
    assert "Query is too old" in refusal(fake, lambda bot: bot.answer_callback_query(query_id), BadRequest)


def test_only_a_shown_button_can_be_tapped_unless_the_screen_is_old(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYBOARD))
    ask(fake, lambda bot: bot.edit_message_text("done", ALICE, sent.message_id))
    with pytest.raises(ValueError, match="no button 'Done'"):
        fake.tap(ALICE, sent.message_id, "Done")
    fake.tap(ALICE, sent.message_id, "Done", stale=True)
    assert fake.taps[-1].data == "done:7"


def test_a_tap_on_a_deleted_message_has_an_inaccessible_message(fake: FakeTelegram) -> None:
    sent = ask(fake, lambda bot: bot.send_message(ALICE, "x", reply_markup=KEYBOARD))
    ask(fake, lambda bot: bot.delete_message(ALICE, sent.message_id))
    fake.tap(ALICE, sent.message_id, "Done", stale=True)
    update: Update = ask(fake, lambda bot: bot.get_updates())[-1]
    assert update.callback_query is not None
    assert update.callback_query.message is not None
    assert not update.callback_query.message.is_accessible


def test_somebody_else_can_tap_in_a_group(fake: FakeTelegram) -> None:
    fake.add_chat(GROUP, title="Runners")
    ask(fake, lambda bot: bot.send_message(GROUP, "x", reply_markup=KEYBOARD))
    fake.tap(GROUP, None, "Done", user={"id": BOB, "first_name": "Bob"})
    update: Update = ask(fake, lambda bot: bot.get_updates())[-1]
    assert update.effective_user is not None
    assert update.effective_user.id == BOB
    assert update.effective_chat is not None
    assert (update.effective_chat.type, update.effective_chat.title) == ("group", "Runners")


# Chats to which the bot cannot write


def test_a_blocked_bot_gets_an_update_and_cannot_write(fake: FakeTelegram) -> None:
    fake.set_status(ALICE, "blocked")
    assert refusal(fake, hello, Forbidden) == "Forbidden: bot was blocked by the user"
    update: Update = ask(fake, lambda bot: bot.get_updates())[-1]
    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"
    fake.send_text(ALICE, "/start")
    ask(fake, hello)


def test_a_deactivated_user_can_not_be_written_to(fake: FakeTelegram) -> None:
    fake.set_status(ALICE, "deactivated")
    assert refusal(fake, hello, Forbidden) == "Forbidden: user is deactivated"


def test_a_group_that_migrated_names_its_new_id(fake: FakeTelegram) -> None:
    fake.send_text(GROUP, "/start", {"id": ALICE, "first_name": "Alice"})
    new = fake.migrate(GROUP)
    with pytest.raises(ChatMigrated) as caught:
        ask(fake, lambda bot: bot.send_message(GROUP, "hi"))
    assert caught.value.new_chat_id == new
    updates = ask(fake, lambda bot: bot.get_updates())
    assert updates[-2].message.migrate_to_chat_id == new
    assert updates[-1].message.migrate_from_chat_id == GROUP
    assert ask(fake, lambda bot: bot.send_message(new, "hi")).chat.type == "supergroup"


# getUpdates


def test_updates_come_until_an_offset_confirms_them(fake: FakeTelegram) -> None:
    fake.send_text(ALICE, "/start TOKEN")
    updates = ask(fake, lambda bot: bot.get_updates())
    assert [update.message.text for update in updates] == ["/start", "/start TOKEN"]
    assert updates[-1].message.parse_entities(["bot_command"]) == {updates[-1].message.entities[0]: "/start"}
    assert ask(fake, lambda bot: bot.get_updates()) == updates
    last = updates[-1].update_id
    assert ask(fake, lambda bot: bot.get_updates(offset=last)) == (updates[-1],)
    assert ask(fake, lambda bot: bot.get_updates(offset=last + 1)) == ()
    assert ask(fake, lambda bot: bot.get_updates(offset=1)) == ()
    assert fake.pending_updates == []


def test_a_negative_offset_keeps_only_the_last(fake: FakeTelegram) -> None:
    fake.send_text(ALICE, "second")
    fake.send_text(ALICE, "third")
    assert [u.message.text for u in ask(fake, lambda bot: bot.get_updates(offset=-1))] == ["third"]
    assert len(fake.pending_updates) == 1


def test_limit_and_allowed_updates_are_kept(fake: FakeTelegram) -> None:
    fake.send_text(ALICE, "second")
    assert len(ask(fake, lambda bot: bot.get_updates(limit=1))) == 1
    ask(fake, lambda bot: bot.get_updates(allowed_updates=["callback_query"]))
    before = len(fake.pending_updates)
    fake.send_text(ALICE, "not wanted")
    assert len(fake.pending_updates) == before


def test_a_long_poll_waits_for_an_update(fake: FakeTelegram) -> None:
    async def poll(bot: Bot) -> str:
        first = await bot.get_updates()
        waiting = asyncio.create_task(bot.get_updates(offset=first[-1].update_id + 1, timeout=30))
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["polling"] == 1)
        assert not waiting.done()
        await asyncio.to_thread(fake.send_text, ALICE, "now")
        return str((await waiting)[0].message.text)  # type: ignore[union-attr]

    assert ask(fake, poll) == "now"


def test_a_second_long_poll_ends_the_first_with_a_conflict(fake: FakeTelegram) -> None:
    async def poll_twice(bot: Bot) -> None:
        first = await bot.get_updates()
        after = first[-1].update_id + 1
        older = asyncio.create_task(bot.get_updates(offset=after, timeout=30))
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["polling"] == 1)
        newer = asyncio.create_task(bot.get_updates(offset=after, timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await older
        await asyncio.to_thread(fake.send_text, ALICE, "now")
        assert len(await newer) == 1

    ask(fake, poll_twice)


def test_a_disconnected_poller_is_noticed(fake: FakeTelegram) -> None:
    async def leave(bot: Bot) -> None:
        first = await bot.get_updates()
        waiting = asyncio.create_task(bot.get_updates(offset=first[-1].update_id + 1, timeout=30))
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["polling"] == 1)
        waiting.cancel()
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["polling"] == 0)

    ask(fake, leave)


def test_an_update_can_come_twice(fake: FakeTelegram) -> None:
    first = ask(fake, lambda bot: bot.get_updates())[0]
    ask(fake, lambda bot: bot.get_updates(offset=first.update_id + 1))
    fake.send_update(first.to_dict())
    again = ask(fake, lambda bot: bot.get_updates(offset=first.update_id + 1))
    assert again == (first,)
    assert ask(fake, lambda bot: bot.get_updates(offset=first.update_id + 1)) == ()


# Webhooks


class Hook:
    """A web server that answers with the given statuses, then with 200, and stores the posted data."""

    def __init__(self, *statuses: int) -> None:
        self.posted: queue.Queue[tuple[dict[str, str], dict[str, Any]]] = queue.Queue()
        self.statuses = list(statuses)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hook.posted.put((dict(self.headers), body))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/tg/webhook/"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __enter__(self) -> "Hook":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_webhook_is_posted_to_with_its_secret(fake: FakeTelegram) -> None:
    with Hook() as hook:
        ask(fake, lambda bot: bot.set_webhook(hook.url, secret_token="s3cret", drop_pending_updates=True))
        fake.send_text(ALICE, "by webhook")
        headers, update = hook.posted.get(timeout=STUCK)
        assert headers["X-Telegram-Bot-Api-Secret-Token"] == "s3cret"
        assert headers["Content-Type"] == "application/json"
        assert update["message"]["text"] == "by webhook"
        fake.wait_until(lambda: not fake.pending_updates)
        info = ask(fake, lambda bot: bot.get_webhook_info())
        assert (info.url, info.pending_update_count, info.last_error_message) == (hook.url, 0, None)
        ask(fake, lambda bot: bot.delete_webhook())
        assert ask(fake, lambda bot: bot.get_webhook_info()).url == ""


def test_a_refused_update_is_posted_again_in_order(fake: FakeTelegram) -> None:
    with Hook(500, 403) as hook:
        ask(fake, lambda bot: bot.set_webhook(hook.url, drop_pending_updates=True))
        fake.send_text(ALICE, "first")
        fake.send_text(ALICE, "second")
        texts = [hook.posted.get(timeout=STUCK)[1]["message"]["text"] for _ in range(4)]
        assert texts == ["first", "first", "first", "second"]
        info = ask(fake, lambda bot: bot.get_webhook_info())
        assert info.last_error_message == "Wrong response from the webhook: 403 Forbidden"
        ask(fake, lambda bot: bot.delete_webhook())


def test_polling_and_a_webhook_exclude_each_other(fake: FakeTelegram) -> None:
    async def both(bot: Bot) -> None:
        first = await bot.get_updates()
        waiting = asyncio.create_task(bot.get_updates(offset=first[-1].update_id + 1, timeout=30))
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["polling"] == 1)
        await bot.set_webhook("http://127.0.0.1:9/")
        with pytest.raises(Conflict, match="terminated by setWebhook request"):
            await waiting
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        await bot.get_updates()

    ask(fake, both)


@pytest.mark.parametrize(("url", "secret"), [("nonsense", ""), ("https://example.com/", "not allowed!")])
def test_a_bad_webhook_is_refused(fake: FakeTelegram, url: str, secret: str) -> None:
    refusal(fake, lambda bot: bot.set_webhook(url, secret_token=secret), BadRequest)


# Commands


def test_commands_are_kept_by_language(fake: FakeTelegram) -> None:
    english, russian = [BotCommand("today", "What is due")], [BotCommand("today", "Что на сегодня")]
    assert ask(
        fake,
        lambda bot: bot.set_my_commands(english),
        lambda bot: bot.set_my_commands(russian, language_code="ru"),
    )
    assert ask(fake, lambda bot: bot.get_my_commands()) == tuple(english)
    assert ask(fake, lambda bot: bot.get_my_commands(language_code="ru")) == tuple(russian)
    bad = [BotCommand("Today", "Capital letters are not allowed")]
    assert refusal(fake, lambda bot: bot.set_my_commands(bad), BadRequest) == "Bot_command_invalid"


# Faults


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "blocked"}, Forbidden),
        ({"kind": "deactivated"}, Forbidden),
        ({"kind": "chat_not_found"}, BadRequest),
        ({"kind": "bad_request", "description": "wrong type of chat"}, BadRequest),
        ({"kind": "server_error", "status": 500}, NetworkError),
        ({"kind": "server_error", "status": 502}, NetworkError),
        ({"kind": "server_error", "status": 502, "html": True}, NetworkError),
        ({"kind": "cut_before"}, NetworkError),
        ({"kind": "error", "status": 409, "description": "Conflict: whatever"}, Conflict),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else value.__name__,
)
def test_a_fault_raises_its_error_once(fake: FakeTelegram, fault: dict[str, Any], error: type[TelegramError]) -> None:
    fake.fault(**fault, method="sendMessage")
    refusal(fake, hello, error)
    assert fake.messages(ALICE) == []
    ask(fake, hello)
    assert fake.counters[f"faults.{fault['kind']}"] == 1
    assert fake.faults[0]["played"] == 1


@pytest.mark.parametrize("seconds", [3, 36000])
def test_a_flood_says_how_long_to_wait(fake: FakeTelegram, seconds: int) -> None:
    fake.fault("flood", retry_after=seconds)
    answer = post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", data={"chat_id": ALICE, "text": "x"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(seconds)
    assert answer.json()["parameters"] == {"retry_after": seconds}
    fake.fault("flood", retry_after=seconds, method="sendMessage")
    with pytest.raises(RetryAfter) as caught:
        ask(fake, hello)
    assert caught.value.retry_after == timedelta(seconds=seconds)


def test_a_migration_can_be_played(fake: FakeTelegram) -> None:
    fake.fault("migrate", migrate_to=-1001234, method="sendMessage")
    assert "-1001234" in refusal(fake, hello, ChatMigrated)


def test_an_html_error_looks_like_a_proxys_page(fake: FakeTelegram) -> None:
    fake.fault("server_error", status=502, html=True)
    answer = post(fake, f"/bot{DEFAULT_TOKEN}/getMe")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert "<h1>502 Bad Gateway</h1>" in answer.text


def test_a_connection_cut_after_accepting_keeps_the_message(fake: FakeTelegram) -> None:
    fake.fault("cut_after", method="sendMessage")
    refusal(fake, hello, NetworkError)
    record = fake.wait_for_message(ALICE)
    assert (record.text, record.answered, record.fault) == ("hello", False, "cut_after")
    assert fake.calls_of("sendMessage")[-1].status == 0


@pytest.mark.parametrize(("status", "html"), [(500, False), (502, True), (504, True)])
def test_a_server_error_after_accepting_keeps_the_message(fake: FakeTelegram, status: int, html: bool) -> None:
    fake.fault("server_error", status=status, html=html, after=True, method="sendMessage")
    refusal(fake, hello, NetworkError)
    record = fake.wait_for_message(ALICE)
    assert (record.text, record.answered, record.fault) == ("hello", False, "server_error")
    assert fake.calls_of("sendMessage")[-1].status == status


def test_a_hanging_call_times_out_and_is_not_accepted(fake: FakeTelegram) -> None:
    fake.fault("hang", method="sendMessage")
    with pytest.raises(TimedOut):
        ask(fake, hello, read_timeout=0.3)
    fake.wait_until(lambda: fake.counters["hanging"] == 0)
    assert fake.messages(ALICE) == []


def test_a_call_can_hang_after_it_was_accepted(fake: FakeTelegram) -> None:
    fake.fault("hang", after=True, method="sendMessage")
    with pytest.raises(TimedOut):
        ask(fake, hello, read_timeout=0.3)
    fake.wait_until(lambda: fake.counters["hanging"] == 0)
    assert [message.answered for message in fake.messages(ALICE)] == [False]


def test_a_hanging_call_continues_when_released_or_after_its_time(fake: FakeTelegram) -> None:
    async def hang(bot: Bot) -> None:
        sending = asyncio.create_task(bot.send_message(ALICE, "released"))
        await asyncio.to_thread(fake.wait_until, lambda: fake.counters["hanging"] == 1)
        assert not fake.messages(ALICE)
        assert await asyncio.to_thread(fake.release) == 1
        assert (await sending).text == "released"

    fake.fault("hang", method="sendMessage")
    ask(fake, hang)
    fake.fault("hang", seconds=0.05, method="sendMessage")
    assert ask(fake, hello).text == "hello"


def test_latency_delays_every_response(fake: FakeTelegram) -> None:
    fake.fault("latency", seconds=0.05)
    ask(fake, hello, hello)
    calls = fake.calls_of("sendMessage")
    accepted = fake.messages(ALICE)
    assert all(m.monotonic - c.monotonic >= 0.049 for c, m in zip(calls, accepted, strict=True))
    fake.clear_faults()
    played = fake.faults[0]["played"]
    ask(fake, hello)
    assert fake.faults[0]["played"] == played


def test_a_fault_affects_only_matching_calls(fake: FakeTelegram) -> None:
    fake.send_text(BOB, "/start")
    fake.fault("blocked", chat_id=BOB, method=["sendMessage", "sendPhoto"], contains="digest", skip=1)
    ask(
        fake,
        hello,
        lambda bot: bot.send_message(BOB, "reminder"),
        lambda bot: bot.send_message(BOB, "digest 1"),
    )
    refusal(fake, lambda bot: bot.send_message(BOB, "digest 2"), Forbidden)
    ask(fake, lambda bot: bot.send_message(BOB, "digest 3"))


def test_a_seed_makes_probabilities_repeatable(fake: FakeTelegram) -> None:
    def statuses() -> list[int]:
        fault = fake.fault("flood", times="all", probability=0.3, seed=7)
        with httpx.Client() as client:
            url = f"{fake.url}/bot{DEFAULT_TOKEN}/getMe"
            found = [client.get(url).status_code for _ in range(60)]
        fake.clear_faults(fault)
        return found

    first = statuses()
    assert statuses() == first
    assert 8 <= first.count(429) <= 30


# Limits


def test_a_31st_message_in_a_second_is_refused_and_counted(fake: FakeTelegram) -> None:
    fake.limit(overall=30, per_chat=0, window=60.0, retry_after=4)
    for _ in range(30):
        assert post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", json={"chat_id": ALICE, "text": "x"}).is_success
    with pytest.raises(RetryAfter) as caught:
        ask(fake, hello)
    assert caught.value.retry_after == timedelta(seconds=4)
    assert fake.refused_by_limits == 1
    assert len(fake.messages()) == 30


def test_a_second_message_to_a_chat_within_a_second_is_refused(fake: FakeTelegram) -> None:
    fake.send_text(BOB, "/start")
    fake.limit(overall=30, per_chat=1, window=60.0)
    ask(fake, hello, lambda bot: bot.send_message(BOB, "hello"))
    refusal(fake, hello, RetryAfter)
    assert (fake.counters["limits.refused_overall"], fake.counters["limits.refused_per_chat"]) == (0, 1)


def test_the_window_slides(fake: FakeTelegram) -> None:
    fake.limit(overall=0, per_chat=1, window=0.05)
    ask(fake, hello)

    def retry() -> bool:
        return post(fake, f"/bot{DEFAULT_TOKEN}/sendMessage", json={"chat_id": ALICE, "text": "x"}).is_success

    assert any(retry() for _ in range(1000))
    first, second = fake.messages(ALICE)
    assert second.monotonic - first.monotonic >= 0.05


# The fake itself


def test_a_timed_out_wait_names_what_is_missing(fake: FakeTelegram) -> None:
    with pytest.raises(TimeoutError, match="a message 'streak' to chat 1001 did not come"):
        fake.wait_for_message(ALICE, timeout=0.05, contains="streak")


def test_reset_clears_everything_but_the_counters_of_ids(fake: FakeTelegram) -> None:
    before = ask(fake, hello).message_id
    fake.reset()
    assert (fake.messages(), fake.calls, fake.pending_updates) == ([], [], [])
    fake.send_text(ALICE, "/start")
    assert ask(fake, hello).message_id > before


def test_every_control_route_is_explained(fake: FakeTelegram) -> None:
    routes = httpx.get(f"{fake.url}/control/").json()
    assert "/control/send" in routes
    assert all(routes.values())
    assert httpx.get(f"{fake.url}/control/nothing").status_code == 404


def test_its_process_ends_with_its_parent() -> None:
    with FakeTelegram.in_process() as fake:
        fake.send_text(ALICE, "/start")
        ask(fake, hello)
        assert fake.wait_for_message(ALICE).text == "hello"
    with pytest.raises(OSError):
        fake.control("counters")


def test_it_logs_readable_lines_when_started_manually() -> None:
    command = [sys.executable, "-m", "tests.fake_telegram", "--port", "0"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        fake = FakeTelegram(process.stdout.readline().split()[-1])
        try:
            fake.send_text(ALICE, "/start", {"id": ALICE, "first_name": "Alice"})
            ask(fake, lambda bot: bot.send_message(ALICE, "Push-ups?", reply_markup=KEYBOARD))
            fake.tap(ALICE, None, "Done")
        finally:
            process.terminate()
        log = process.stdout.read()
    assert "Alice wrote in chat 1001: /start" in log
    assert "@habits_bot sent 2 in chat 1001: Push-ups?  [Done] [Skip]" in log
    assert "Alice tapped 'done:7' in chat 1001" in log


def test_a_busy_port_is_a_clear_message(fake: FakeTelegram) -> None:
    command = [sys.executable, "-m", "tests.fake_telegram", "--port", str(urlsplit(fake.url).port)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr
