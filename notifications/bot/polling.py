"""Long polling: fetch updates, handle them round-robin by chat, and acknowledge those that were handled."""

import logging
import threading
import time
from collections.abc import Iterable

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from common import clock
from notifications.bot import updates
from notifications.bot.handling import NotHandled, drop_broken_connection, handle
from notifications.bot.registration import register_commands
from notifications.channels.telegram.client import (
    client,
    close_client,
    is_from_bot_api,
    retry_after_seconds,
)
from notifications.monitoring import heartbeats

logger = logging.getLogger(__name__)

POLL_SECONDS = 8  # a stop waits for the end of a poll, and Docker kills the process after 10 s
MAX_BACKOFF = 30.0  # seconds
RETRY_DELAY = 1.0  # seconds before a failed update is tried again
REGISTER_INTERVAL = 600.0  # seconds between two attempts to register the commands


class Poller:
    """Fetches and handles updates until `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._offset: int | None = None  # the id of the first update that is not acknowledged
        self._handled: set[int] = set()  # ids from the offset on that were handled out of order
        self._is_webhook_deleted = False  # False: a webhook may be set, and then Telegram refuses polling
        self._register_at: float | None = 0.0  # time.monotonic; None: the commands are registered
        self._failures = 0  # consecutive

    def run(self) -> None:
        """Poll until `stop` is set. Raises InvalidToken if Telegram refuses the token, and nothing else."""
        while not self._stop.is_set():
            try:
                # Also while Telegram is unavailable: it shows that this loop runs.
                heartbeats.record_every_minute(heartbeats.process_name(heartbeats.POLLER), now=clock.now())
                delay = self._poll_once()
            except TelegramError as error:
                if isinstance(error, InvalidToken) and is_from_bot_api(error):
                    raise
                delay = self._delay_after(error)
            except Exception:  # no error may end the bot
                logger.exception("polling failed")
                close_client()
                delay = self._backoff()
            else:
                self._failures = self._failures if delay else 0
            self._stop.wait(delay)

    def _poll_once(self) -> float:
        """Fetch and handle one batch; return how many seconds to wait before the next one."""
        if not self._is_webhook_deleted:
            client().delete_webhook()
            self._is_webhook_deleted = True
        self._register_commands()
        raws = client().get_updates(self._offset, POLL_SECONDS)
        delay = self._handle_all(raws)
        drop_broken_connection()
        if not delay:
            heartbeats.record_every_minute(heartbeats.BOT, now=clock.now())
        return delay

    def _handle_all(self, raws: list[object]) -> float:
        """Handle a batch and acknowledge what was handled; return a delay in seconds if anything must be retried."""
        if raws and not any(updates.get_update_id(raw) is not None for raw in raws):
            logger.error("%s updates without ids cannot be acknowledged", len(raws))
            return self._backoff()
        self._handled |= updates.superseded_commands(raws)
        delay = 0.0
        waiting: set[int] = set()  # chats whose first update is to be tried again: those after it come after it
        for raw in updates.interleave_chats(raws):
            update_id, chat_id = updates.get_update_id(raw), updates.get_chat_id(raw)
            if update_id is None or update_id in self._handled or chat_id in waiting:
                continue
            if self._stop.is_set():
                break
            try:
                self._handle(raw)
            except NotHandled as error:
                if error.is_database_down:
                    delay = self._backoff()
                    break
                delay = RETRY_DELAY
                if chat_id is not None:
                    waiting.add(chat_id)
                continue
            self._handled.add(update_id)
        self._acknowledge(filter(None, map(updates.get_update_id, raws)))
        return delay

    def _handle(self, raw: object) -> None:
        drop_broken_connection()
        update = updates.parse(raw)
        if update is None:
            return
        now = clock.now()
        handle(update, now=now)
        heartbeats.record_every_minute(heartbeats.BOT_UPDATE, now=now)

    def _acknowledge(self, update_ids: Iterable[int]) -> None:
        """Advance the offset to the first update that was not handled. The next poll acknowledges those before it."""
        for update_id in sorted(update_ids):
            if update_id not in self._handled:
                break
            self._offset = update_id + 1
        offset = self._offset or 0
        self._handled = {update_id for update_id in self._handled if update_id >= offset}

    def _register_commands(self) -> None:
        """Register the commands unless that was done. If Telegram refuses them, log it: the bot works without the menu."""
        if self._register_at is None or time.monotonic() < self._register_at:
            return
        self._register_at = time.monotonic() + REGISTER_INTERVAL
        try:
            register_commands()
        except TelegramError as error:
            if isinstance(error, InvalidToken):
                raise
            logger.warning("the commands are not registered: %s", type(error).__name__)
        else:
            self._register_at = None

    def _delay_after(self, error: TelegramError) -> float:
        delay = self._backoff()
        if isinstance(error, Conflict):  # a webhook was set meanwhile, or another process polls
            self._is_webhook_deleted = False
        if isinstance(error, RetryAfter):
            delay = min(max(delay, retry_after_seconds(error)), 2 * MAX_BACKOFF)
        reason = error.message if isinstance(error, Conflict) else type(error).__name__
        logger.warning("polling failed, next try in %.0f s: %s", delay, reason)
        return delay

    def _backoff(self) -> float:
        """Count a failure and return the exponential delay in seconds."""
        self._failures += 1
        return float(min(MAX_BACKOFF, 2.0 ** min(self._failures, 5)))
