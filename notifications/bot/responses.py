"""The queue of the bot's responses, and the thread that sends them.

Handling an update only puts responses into the queue, so it never waits for the Bot API. Messages and edits take
slots of the same rate limits as all other messages, one chat at a time, so a chat that writes too fast delays only its
own responses. A newer response to the same text, or a newer edit of the same message, replaces one that is still
waiting. Responses that wait too long are dropped. Notices that answer a tap need no slot.
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

from notifications.channels.telegram import ratelimit
from notifications.channels.telegram.client import TelegramClient, max_call_time, retry_after_seconds
from notifications.channels.transport import Button, Message, Slot

logger = logging.getLogger(__name__)

MAX_AGE = 60.0  # seconds: a response that is delayed for longer is dropped
MAX_REPLIES, MAX_EDITS = 5, 50  # waiting in one chat
MAX_PENDING = 5_000  # in all chats
MAX_EDIT_TRIES = 3  # only edits are retried: sending an edit twice does no harm
RETRY_DELAY = 1.0  # seconds
# Longer than what the outbox waits for, so that responses are sent between the messages of a long outbox.
MAX_SLOT_WAIT = timedelta(seconds=5)
REDIS_RETRY_DELAY = 5.0  # seconds without slots after Redis failed
MAX_CONCURRENT_MESSAGES, MAX_CONCURRENT_NOTICES = 5, 3  # together the number of the client's connections


@dataclass(frozen=True, slots=True)
class Reply:
    """A new message in a chat, in response to the text `to`."""

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
    """A replacement for a sent message, or only for its buttons if `message` is None."""

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
    """The short notice that answers a tap and ends the spinner on the button."""

    callback_id: str
    text: str


@dataclass(slots=True)
class Pending:
    """A response that waits for its slot. It is dropped at `expires_at` (time.monotonic)."""

    response: Reply | Edit
    expires_at: float
    tries: int = 0


class ResponseQueue:
    """The responses of this process. The sending thread starts with the first response."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inbox: deque[Reply | Edit | Notice] = deque()
        self._unfinished = 0  # in the inbox, waiting for a slot, or being sent
        self._thread: threading.Thread | None = None
        self._sender: Sender | None = None
        self._is_closing = False
        self._pid = os.getpid()

    def put(self, response: Reply | Edit | Notice) -> None:
        """Queue a response. Never blocks; drops the response if MAX_PENDING others are unfinished."""
        with self._condition:
            if self._pid != os.getpid():  # after a fork: the parent's threads do not exist in this process
                self._reset()
            if self._unfinished >= MAX_PENDING:
                logger.warning("a response is dropped, %s others are waiting", self._unfinished)
                return
            self._inbox.append(response)
            self._unfinished += 1
            if self._sender is not None:
                self._sender.wake()
            elif self._thread is None:
                self._thread = threading.Thread(target=self._run, name="telegram-responses", daemon=True)
                self._thread.start()

    def drain(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until every response is sent or dropped; return whether that happened."""
        with self._condition:
            if self._pid != os.getpid():
                return True
            return self._condition.wait_for(lambda: not self._unfinished, timeout)

    def close(self, timeout: float = 0.0) -> None:
        """Wait up to `timeout` seconds for the pending responses, then end the thread and drop the rest."""
        self.drain(timeout)
        with self._condition:
            thread = self._thread if self._pid == os.getpid() else None
            self._is_closing = thread is not None
            if self._sender is not None and thread is not None:
                self._sender.stop()
        if thread is not None:
            thread.join(5)

    def pop(self) -> Reply | Edit | Notice | None:
        """Remove and return the oldest response of the inbox, or None."""
        return self._inbox.popleft() if self._inbox else None

    def mark_finished(self, count: int = 1) -> None:
        """Record that `count` responses were sent or dropped."""
        with self._condition:
            self._unfinished -= count
            if not self._unfinished:
                self._condition.notify_all()

    def _run(self) -> None:
        """Send until closed. If the Telegram client cannot be created, drop what is pending."""
        try:
            client = TelegramClient()
            try:
                client.serve(self._serve(client))
            finally:
                client.close()
        except Exception:  # any error ends only this thread: the next response starts another one
            logger.exception("responses cannot be sent")
        finally:
            with self._condition:
                if self._unfinished:
                    logger.warning("%s responses are dropped", self._unfinished)
                self._reset()
                self._condition.notify_all()

    async def _serve(self, client: TelegramClient) -> None:
        sender = Sender(client, self)
        with self._condition:
            self._sender = sender
            if self._is_closing:
                sender.stop()
        try:
            await sender.run()
        finally:
            with self._condition:
                self._sender = None

    def _reset(self) -> None:
        self._pid, self._thread, self._sender, self._unfinished = os.getpid(), None, None, 0
        self._is_closing = False
        self._inbox.clear()


class Sender:
    """Sends queued responses on one event loop: one task for each chat with pending responses and for each notice."""

    def __init__(self, client: TelegramClient, queue: ResponseQueue) -> None:
        self._client = client
        self._queue = queue
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._message_limit = asyncio.Semaphore(MAX_CONCURRENT_MESSAGES)
        self._notice_limit = asyncio.Semaphore(MAX_CONCURRENT_NOTICES)
        self._chats: dict[int, OrderedDict[Hashable, Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._redis_retry_at = 0.0

    def wake(self) -> None:
        """Make the loop read the inbox. Callable from any thread."""
        self._loop.call_soon_threadsafe(self._read_inbox)

    def stop(self) -> None:
        """Make `run` end at once. Callable from any thread."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def run(self) -> None:
        """Send until `stop` is called, then cancel what is still pending."""
        self._read_inbox()
        await self._stopped.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _read_inbox(self) -> None:
        while response := self._queue.pop():
            if isinstance(response, Notice):
                self._start(self._send_notice(response))
                continue
            chat = self._chats.get(response.chat_id)
            if chat is None:
                chat = self._chats[response.chat_id] = OrderedDict()
                self._start(self._send_chat(response.chat_id, chat))
            if response.key in chat:
                self._queue.mark_finished()
            chat[response.key] = Pending(response, time.monotonic() + MAX_AGE)
            self._drop_excess(chat, type(response))

    def _drop_excess(self, chat: OrderedDict[Hashable, Pending], kind: type) -> None:
        """Drop the oldest responses of a kind beyond the limit of one chat."""
        of_kind = [key for key, pending in chat.items() if isinstance(pending.response, kind)]
        for key in of_kind[: -(MAX_REPLIES if kind is Reply else MAX_EDITS)]:
            self._drop(chat, key)

    def _drop(self, chat: OrderedDict[Hashable, Pending], key: Hashable) -> None:
        logger.info("chat %s: a response that would be too late is dropped", chat.pop(key).response.chat_id)
        self._queue.mark_finished()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # The event loop keeps only weak references to tasks: the set keeps them alive until they are done.
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_notice(self, notice: Notice) -> None:
        try:
            async with self._notice_limit, asyncio.timeout(max_call_time().total_seconds()):
                await self._client.answer_callback(notice.callback_id, notice.text)
        except (TelegramError, TimeoutError) as error:
            _log(error)
        except Exception:  # any other error must not stop the other responses
            logger.exception("a tap cannot be answered")
        finally:
            self._queue.mark_finished()

    async def _send_chat(self, chat_id: int, chat: OrderedDict[Hashable, Pending]) -> None:
        """Send the pending responses of a chat one by one, each in its slot, until there are none."""
        try:
            while await self._wait_for_slot(chat_id, chat):
                key, pending = next(iter(chat.items()))
                del chat[key]
                retry = False
                try:
                    async with self._message_limit:
                        retry = await self._send(pending)
                finally:
                    if not retry or key in chat:  # `key in chat`: a newer response replaced it during the call
                        self._queue.mark_finished()
                    else:
                        chat[key] = pending
                        chat.move_to_end(key, last=False)
                if retry:
                    await asyncio.sleep(RETRY_DELAY)
                elif time.monotonic() < self._redis_retry_at:
                    await asyncio.sleep(ratelimit.CHAT_INTERVAL)
        finally:
            del self._chats[chat_id]
            self._queue.mark_finished(len(chat))

    async def _wait_for_slot(self, chat_id: int, chat: OrderedDict[Hashable, Pending]) -> bool:
        """Wait for the chat's next slot; return False as soon as nothing is pending in the chat."""
        while chat:
            slot = self._reserve_slot(chat_id)
            slot_at = time.monotonic() + slot.wait
            for key in [key for key, pending in chat.items() if pending.expires_at < slot_at]:
                self._drop(chat, key)
            if slot.granted:
                await asyncio.sleep(slot.wait)
                return bool(chat)
            if chat:
                await asyncio.sleep(slot.wait)
        return False

    def _reserve_slot(self, chat_id: int) -> Slot:
        """Reserve a slot of the shared limits. While Redis is down, grant one at once: the caller then paces itself."""
        if time.monotonic() >= self._redis_retry_at:
            try:
                [slot] = ratelimit.reserve([chat_id], max_wait=MAX_SLOT_WAIT)
            except RedisError as error:
                logger.warning("Redis is unavailable, responding without the shared rate limit: %s", error)
                self._redis_retry_at = time.monotonic() + REDIS_RETRY_DELAY
            else:
                return slot
        return Slot(granted=True, wait=0.0)

    async def _send(self, pending: Pending) -> bool:
        """Send one response; return whether to try it again."""
        try:
            async with asyncio.timeout(max_call_time().total_seconds()):
                await pending.response.send(self._client)
            ratelimit.note_accepted(can_resume=False)
        except RetryAfter as error:
            logger.warning("Telegram asks to wait: %s", error.message)
            wait = retry_after_seconds(error)
            ratelimit.note_rate_limited(pending.response.chat_id, wait)
            return time.monotonic() + wait < pending.expires_at
        except (BadRequest, Forbidden) as error:
            _log(error)
            ratelimit.note_accepted(can_resume=False)
        except (TelegramError, TimeoutError) as error:
            _log(error)
            # The call may have succeeded although no answer came: a reply sent twice would be seen twice.
            pending.tries += 1
            return isinstance(pending.response, Edit) and pending.tries < MAX_EDIT_TRIES
        except Exception:  # any other error must not stop the other responses
            logger.exception("chat %s: a response cannot be sent", pending.response.chat_id)
        return False


def _log(error: TelegramError | TimeoutError) -> None:
    if not isinstance(error, BadRequest):
        logger.warning("Telegram did not answer: %s", type(error).__name__)
    elif "not modified" not in error.message.lower():
        logger.warning("Telegram refused: %s", error.message)


response_queue = ResponseQueue()
atexit.register(response_queue.close, 2.0)
