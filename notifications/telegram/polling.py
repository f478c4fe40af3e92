"""Long polling: updates are fetched, handled chat by chat in turns, and acknowledged once they are handled."""

import logging
import threading
import time
from collections.abc import Iterable

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from common import clock
from notifications import heartbeats
from notifications.telegram import updates
from notifications.telegram.bot import NotHandled, drop_broken_connection, handle
from notifications.telegram.client import client, close_client, is_telegrams, seconds
from notifications.telegram.registration import register_commands

logger = logging.getLogger(__name__)

POLL_SECONDS = 8  # what stops it waits for that long; Docker kills after ten
LONGEST_PAUSE = 30.0
PAUSE = 1.0  # before an update that failed is tried again
REGISTER_EVERY = 600.0  # seconds until commands that could not be registered are tried again


class Poller:
    """Fetches and handles updates until it is told to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._offset: int | None = None  # the first update that is not acknowledged
        self._handled: set[int] = set()  # those from there on that are handled all the same
        self._is_polling_allowed = False  # False: a webhook may be set, which Telegram prefers
        self._commands_due: float | None = 0.0  # None: they are registered
        self._failures = 0  # in a row

    def run(self) -> None:
        """Poll until it is told to stop. Raises InvalidToken where Telegram refuses the token, and nothing else."""
        while not self._stop.is_set():
            try:
                pause = self._step()
            except TelegramError as error:
                if isinstance(error, InvalidToken) and is_telegrams(error):
                    raise
                pause = self._pause_after(error)
            except Exception:  # whatever it is, the bot goes on
                logger.exception("polling failed")
                close_client()
                pause = self._backoff()
            else:
                self._failures = self._failures if pause else 0
            self._stop.wait(pause)

    def _step(self) -> float:
        """Fetch and handle once; return how many seconds to wait before the next time."""
        if not self._is_polling_allowed:
            client().delete_webhook()
            self._is_polling_allowed = True
        self._register_commands()
        raws = client().updates(self._offset, POLL_SECONDS)
        pause = self._handle_all(raws)
        drop_broken_connection()
        if not pause:
            heartbeats.record_every_minute(heartbeats.BOT, now=clock.now())
        return pause

    def _handle_all(self, raws: list[object]) -> float:
        """Handle a batch, and acknowledge what is handled; return a pause where something has to come again."""
        if raws and not any(updates.id_of(raw) is not None for raw in raws):
            logger.error("updates without ids cannot be acknowledged: %s", len(raws))
            return self._backoff()
        self._handled |= updates.repeated(raws)
        pause = 0.0
        for raw in updates.in_turns(raws):
            update_id = updates.id_of(raw)
            if update_id is None or update_id in self._handled:
                continue
            if self._stop.is_set():
                break
            try:
                self._handle(raw)
            except NotHandled as error:
                if error.is_away:
                    pause = self._backoff()
                    break
                pause = PAUSE
                continue
            self._handled.add(update_id)
        self._acknowledge(filter(None, map(updates.id_of, raws)))
        return pause

    def _handle(self, raw: object) -> None:
        drop_broken_connection()
        update = updates.read(raw)
        if update is None:
            return
        now = clock.now()
        handle(update, now=now)
        heartbeats.record_every_minute(heartbeats.BOT_UPDATE, now=now)

    def _acknowledge(self, update_ids: Iterable[int]) -> None:
        """Move the offset past what is handled, up to the first that is not."""
        for update_id in sorted(update_ids):
            if update_id not in self._handled:
                break
            self._offset = update_id + 1
        offset = self._offset or 0
        self._handled = {update_id for update_id in self._handled if update_id >= offset}

    def _register_commands(self) -> None:
        """Register the commands where they are not; a refusal keeps nobody from being answered."""
        if self._commands_due is None or time.monotonic() < self._commands_due:
            return
        self._commands_due = time.monotonic() + REGISTER_EVERY
        try:
            register_commands()
        except TelegramError as error:
            if isinstance(error, InvalidToken):
                raise
            logger.warning("the commands are not registered: %s", type(error).__name__)
        else:
            self._commands_due = None

    def _pause_after(self, error: TelegramError) -> float:
        pause = self._backoff()
        if isinstance(error, Conflict):  # a webhook was set meanwhile, or another polls
            self._is_polling_allowed = False
        if isinstance(error, RetryAfter):
            pause = min(max(pause, seconds(error)), 2 * LONGEST_PAUSE)
        what = error.message if isinstance(error, Conflict) else type(error).__name__
        logger.warning("polling failed, again in %.0f s: %s", pause, what)
        return pause

    def _backoff(self) -> float:
        self._failures += 1
        return float(min(LONGEST_PAUSE, 2.0 ** min(self._failures, 5)))
