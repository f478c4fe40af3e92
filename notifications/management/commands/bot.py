"""`manage.py bot`: runs the bot by long polling; if a webhook secret is set, registers the webhook and exits."""

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from telegram.error import InvalidToken, TelegramError

from notifications.bot.polling import Poller
from notifications.bot.registration import register_commands, register_webhook, webhook_url
from notifications.bot.responses import response_queue
from notifications.channels.telegram.client import is_from_bot_api

logger = logging.getLogger(__name__)

EX_CONFIG = 78  # from sysexits.h: a restart does not help before the token is changed
DRAIN_SECONDS = 5.0  # at exit, for answers that wait because of their chat's rate limit


class Command(BaseCommand):
    help = (
        "Runs the Telegram bot by long polling until it is stopped. With a webhook secret, only registers the webhook."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        logger.info("Habit Tracker %s: bot starts", settings.VERSION)
        if not settings.TELEGRAM_BOT_TOKEN:
            self.stdout.write("bot: TELEGRAM_BOT_TOKEN is empty, nothing to run")
            return
        try:
            if settings.TELEGRAM_WEBHOOK_SECRET:
                self.register_webhook()
            else:
                self.poll()
        except InvalidToken as error:
            raise CommandError(
                f"Telegram refuses this bot: {error.message}. Set TELEGRAM_BOT_TOKEN to its current token and start it "
                "again.",
                returncode=EX_CONFIG,
            ) from error

    def poll(self) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("bot: waiting for messages")
        try:
            Poller(stop).run()
        finally:
            response_queue.close(DRAIN_SECONDS)

    def register_webhook(self) -> None:
        url = webhook_url()
        try:
            register_webhook()
            register_commands()
        except TelegramError as error:
            if isinstance(error, InvalidToken) and is_from_bot_api(error):
                raise
            # Other errors may contain the URL with the bot's token.
            reason = error.message if is_from_bot_api(error) else type(error).__name__
            raise CommandError(f"Telegram refuses the webhook {url}: {reason}") from error
        self.stdout.write(f"bot: the webhook {url} is registered")
