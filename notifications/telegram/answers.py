"""What the bot answers with: sent by a thread of its own, so that whoever handles an update waits for nothing.

Messages and edits take slots of the same limits as all that is sent, each chat by itself: who writes faster than a
chat may be answered waits for their own answers only. Of what waits in a chat, a newer answer to the same words, or
newer edit of the same message, replaces the older one; what waits too long is dropped. The notices that end the
waiting of a tap need no slot.
"""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Coroutine, Hashable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from redis.exceptions import RedisError
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from notifications import ratelimit
from notifications.telegram.client import TelegramClient, longest_call, seconds
from notifications.transport import Button, Message

logger = logging.getLogger(__name__)

USEFUL_FOR = 60.0  # seconds: what a chat's pace, or Telegram, holds back for longer is dropped
MAX_REPLIES, MAX_EDITS = 5, 50  # that wait in one chat
MAX_WAITING = 5_000  # in all chats
MAX_TRIES = 3  # of an edit, which may be made twice
RETRY_AFTER = 1.0  # seconds
# For the overall pace: more than senders take, so that answers come between the messages of a long queue.
LONGEST_SLOT_WAIT = timedelta(seconds=5)
WITHOUT_REDIS = 5.0  # seconds until it is asked again
MESSAGES_AT_ONCE, NOTICES_AT_ONCE = 5, 3  # together the client's connections


@dataclass(frozen=True, slots=True)
class Reply:
    """A new message in a chat, in answer to what somebody wrote there."""

    chat_id: int
    message: Message
    to: str

    @property
    def key(self) -> Hashable:
        return self.to

    async def send(self, client: TelegramClient) -> None:
        await client.reply(self.chat_id, self.message)


@dataclass(frozen=True, slots=True)
class Edit:
    """What replaces a message, or with `message` None only its buttons."""

    chat_id: int
    message_id: int
    message: Message | None
    buttons: Sequence[Button] = ()
    columns: int = 4

    @property
    def key(self) -> Hashable:
        return self.message_id

    async def send(self, client: TelegramClient) -> None:
        if self.message is not None:
            await client.edit(self.chat_id, self.message_id, self.message)
        else:
            await client.edit_buttons(self.chat_id, self.message_id, self.buttons, self.columns)


@dataclass(frozen=True, slots=True)
class Notice:
    """The short notice that ends the waiting of a tap."""

    callback_id: str
    text: str


@dataclass(slots=True)
class Waiting:
    """An answer that waits for its slot, until when (time.monotonic) it is of use, and how often it failed."""

    answer: Reply | Edit
    until: float
    tries: int = 0


class Answers:
    """The answers of this process, and the thread that sends them, which starts with the first one."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._inbox: deque[Reply | Edit | Notice] = deque()
        self._unfinished = 0  # in the inbox, waiting, or being sent
        self._thread: threading.Thread | None = None
        self._sender: Sender | None = None
        self._is_ending = False
        self._pid = os.getpid()

    def put(self, answer: Reply | Edit | Notice) -> None:
        """Send the answer when it may go. Never waits; one too many in all chats is dropped."""
        with self._change:
            if self._pid != os.getpid():  # a fork has no threads of its parent's
                self._forget()
            if self._unfinished >= MAX_WAITING:
                logger.warning("an answer is dropped, %s others are waiting", self._unfinished)
                return
            self._inbox.append(answer)
            self._unfinished += 1
            if self._sender is not None:
                self._sender.wake()
            elif self._thread is None:
                self._thread = threading.Thread(target=self._run, name="telegram-answers", daemon=True)
                self._thread.start()

    def drain(self, within: float) -> bool:
        """Wait until all is sent or dropped; return whether it was within so many seconds."""
        with self._change:
            if self._pid != os.getpid():
                return True
            return self._change.wait_for(lambda: not self._unfinished, within)

    def close(self, within: float = 0.0) -> None:
        """End the thread, after so many seconds at most for what is waiting; the rest is dropped."""
        self.drain(within)
        with self._change:
            thread = self._thread if self._pid == os.getpid() else None
            self._is_ending = thread is not None
            if self._sender is not None and thread is not None:
                self._sender.end()
        if thread is not None:
            thread.join(5)

    def next(self) -> Reply | Edit | Notice | None:
        """Return the next one that was put and not taken yet."""
        return self._inbox.popleft() if self._inbox else None

    def finish(self, count: int = 1) -> None:
        """Note that so many are sent or dropped."""
        with self._change:
            self._unfinished -= count
            if not self._unfinished:
                self._change.notify_all()

    def _run(self) -> None:
        """Send until it is closed. Where Telegram's client cannot be made, what waits is dropped."""
        try:
            client = TelegramClient()
            try:
                client.run(self._serve(client))
            finally:
                client.close()
        except Exception:  # the next answer starts another thread
            logger.exception("answers cannot be sent")
        finally:
            with self._change:
                if self._unfinished:
                    logger.warning("%s answers are dropped", self._unfinished)
                self._forget()
                self._change.notify_all()

    async def _serve(self, client: TelegramClient) -> None:
        sender = Sender(client, self)
        with self._change:
            self._sender = sender
            if self._is_ending:
                sender.end()
        try:
            await sender.run()
        finally:
            with self._change:
                self._sender = None

    def _forget(self) -> None:
        self._pid, self._thread, self._sender, self._unfinished = os.getpid(), None, None, 0
        self._is_ending = False
        self._inbox.clear()


class Sender:
    """Sends what was put: a task for each chat that something waits in, and one for each notice. On one loop."""

    def __init__(self, client: TelegramClient, answers: Answers) -> None:
        self._client = client
        self._answers = answers
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._messages, self._notices = asyncio.Semaphore(MESSAGES_AT_ONCE), asyncio.Semaphore(NOTICES_AT_ONCE)
        self._chats: dict[int, OrderedDict[Hashable, Waiting]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._redis_due = 0.0

    def wake(self) -> None:
        """Have it take what was put (from any thread)."""
        self._loop.call_soon_threadsafe(self._take)

    def end(self) -> None:
        """Have it end at once (from any thread)."""
        self._loop.call_soon_threadsafe(self._ended.set)

    async def run(self) -> None:
        self._take()
        await self._ended.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self) -> None:
        while answer := self._answers.next():
            if isinstance(answer, Notice):
                self._start(self._end_tap(answer))
                continue
            chat = self._chats.get(answer.chat_id)
            if chat is None:
                chat = self._chats[answer.chat_id] = OrderedDict()
                self._start(self._empty(answer.chat_id, chat))
            if answer.key in chat:
                self._answers.finish()
            chat[answer.key] = Waiting(answer, time.monotonic() + USEFUL_FOR)
            self._make_room(chat, type(answer))

    def _make_room(self, chat: OrderedDict[Hashable, Waiting], kind: type) -> None:
        """Drop the oldest of a kind where too many wait in a chat."""
        of_kind = [key for key, waiting in chat.items() if isinstance(waiting.answer, kind)]
        for key in of_kind[: -(MAX_REPLIES if kind is Reply else MAX_EDITS)]:
            self._drop(chat, key)

    def _drop(self, chat: OrderedDict[Hashable, Waiting], key: Hashable) -> None:
        logger.info("chat %s: an answer that would come too late is dropped", chat.pop(key).answer.chat_id)
        self._answers.finish()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_tap(self, notice: Notice) -> None:
        try:
            async with self._notices, asyncio.timeout(longest_call().total_seconds()):
                await self._client.answer(notice.callback_id, notice.text)
        except (TelegramError, TimeoutError) as error:
            _log(error)
        except Exception:  # whatever it is, the others go on
            logger.exception("a tap cannot be answered")
        finally:
            self._answers.finish()

    async def _empty(self, chat_id: int, chat: OrderedDict[Hashable, Waiting]) -> None:
        """Send what waits in a chat, one by one, each in its slot."""
        try:
            while await self._has_slot(chat_id, chat):
                key, waiting = next(iter(chat.items()))
                del chat[key]
                again = False
                try:
                    async with self._messages:
                        again = await self._send(waiting)
                finally:
                    if not again or key in chat:  # a newer one has come meanwhile
                        self._answers.finish()
                    else:
                        chat[key] = waiting
                        chat.move_to_end(key, last=False)
                if again:
                    await asyncio.sleep(RETRY_AFTER)
                elif time.monotonic() < self._redis_due:
                    await asyncio.sleep(ratelimit.CHAT_INTERVAL)
        finally:
            del self._chats[chat_id]
            self._answers.finish(len(chat))

    async def _has_slot(self, chat_id: int, chat: OrderedDict[Hashable, Waiting]) -> bool:
        """Wait for the chat's next slot; False once nothing waits in the chat any more."""
        while chat:
            slot = self._slot(chat_id)
            at = time.monotonic() + slot.wait
            for key in [key for key, waiting in chat.items() if waiting.until < at]:
                self._drop(chat, key)
            if slot.granted:
                await asyncio.sleep(slot.wait)
                return bool(chat)
            if chat:
                await asyncio.sleep(slot.wait)
        return False

    def _slot(self, chat_id: int) -> ratelimit.Slot:
        """Ask for a slot among all that is sent; without Redis answers go all the same, a second apart."""
        if time.monotonic() >= self._redis_due:
            try:
                [slot] = ratelimit.reserve([chat_id], max_wait=LONGEST_SLOT_WAIT)
            except RedisError as error:
                logger.warning("answered without a slot, Redis is away: %s", error)
                self._redis_due = time.monotonic() + WITHOUT_REDIS
            else:
                return slot
        return ratelimit.Slot(granted=True, wait=0.0)

    async def _send(self, waiting: Waiting) -> bool:
        """Send one; return whether it is to be tried again."""
        try:
            async with asyncio.timeout(longest_call().total_seconds()):
                await waiting.answer.send(self._client)
            ratelimit.note_accepted(can_resume=False)
        except RetryAfter as error:
            logger.warning("Telegram asks to wait: %s", error.message)
            ratelimit.note_rate_limited(waiting.answer.chat_id, seconds(error))
            return time.monotonic() + seconds(error) < waiting.until
        except (BadRequest, Forbidden) as error:
            _log(error)
            ratelimit.note_accepted(can_resume=False)
        except (TelegramError, TimeoutError) as error:
            _log(error)
            waiting.tries += 1
            return isinstance(waiting.answer, Edit) and waiting.tries < MAX_TRIES
        except Exception:  # whatever it is, the others go on
            logger.exception("chat %s: an answer cannot be sent", waiting.answer.chat_id)
        return False


def _log(error: TelegramError | TimeoutError) -> None:
    if not isinstance(error, BadRequest):
        logger.warning("Telegram did not answer: %s", type(error).__name__)
    elif "not modified" not in error.message.lower():
        logger.warning("Telegram refused: %s", error.message)


answers = Answers()
atexit.register(answers.close, 2.0)
