"""`manage.py bot`: the bot by long polling; with a webhook's secret it registers the webhook and ends."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections
from telegram.error import InvalidToken, TelegramError

from common import clock
from notifications.telegram import commands
from notifications.telegram.bot import handle
from notifications.telegram.client import client, is_telegrams

POLL_SECONDS = 8  # what stops it waits for that long; Docker kills after ten
LONGEST_PAUSE = 30.0


class Command(BaseCommand):
    help = "Answers in Telegram by long polling, until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TELEGRAM_BOT_TOKEN:
            self.stdout.write("bot: TELEGRAM_BOT_TOKEN is empty, so there is no bot to run")
            return
        if settings.TELEGRAM_WEBHOOK_SECRET:
            self.register_webhook()
            return
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("bot: waiting for messages")
        is_ready = False
        offset: int | None = None
        failures = 0
        while not stop.is_set():
            try:
                if not is_ready:
                    client().delete_webhook()
                    self.register_commands()
                    is_ready = True
                updates = client().updates(offset, POLL_SECONDS)
            except TelegramError as error:
                if isinstance(error, InvalidToken) and is_telegrams(error):
                    raise CommandError(f"Telegram refuses this bot: {error.message}") from error
                failures += 1
                pause = min(LONGEST_PAUSE, 2.0 ** min(failures, 5))
                self.stderr.write(f"bot: {type(error).__name__}, again in {pause:.0f} s")
                stop.wait(pause)
                continue
            failures = 0
            for update in updates:
                close_old_connections()
                handle(update, client(), now=clock.now())
                offset = update.update_id + 1

    def register_commands(self) -> None:
        """In each language to its speakers, in the first one to all others."""
        client().set_commands(commands.descriptions(settings.LANGUAGE_CODE))
        for language, _name in settings.LANGUAGES:
            client().set_commands(commands.descriptions(language), language)

    def register_webhook(self) -> None:
        url = f"{settings.SITE_URL}/api/tg/webhook/"
        try:
            client().set_webhook(url, settings.TELEGRAM_WEBHOOK_SECRET)
            self.register_commands()
        except TelegramError as error:
            why = error.message if is_telegrams(error) else type(error).__name__
            raise CommandError(f"Telegram refuses the webhook {url}: {why}") from error
        self.stdout.write(f"bot: Telegram calls {url}")
