"""`manage.py bot`: the bot by long polling; with a webhook's secret it registers the webhook and ends."""

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from telegram.error import InvalidToken, TelegramError

from notifications.telegram.client import is_from_bot_api
from notifications.telegram.polling import Poller
from notifications.telegram.registration import register_commands, register_webhook, webhook_url
from notifications.telegram.responses import response_queue

REFUSED = 78  # EX_CONFIG of sysexits.h: starting it again is of no use before the token is changed
DRAIN_SECONDS = 5.0  # at the end, for answers that wait for their chat's pace


class Command(BaseCommand):
    help = "Answers in Telegram by long polling, until it is stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TELEGRAM_BOT_TOKEN:
            self.stdout.write("bot: TELEGRAM_BOT_TOKEN is empty, so there is no bot to run")
            return
        try:
            if settings.TELEGRAM_WEBHOOK_SECRET:
                self.register_webhook()
            else:
                self.poll()
        except InvalidToken as error:
            raise CommandError(
                f"Telegram refuses this bot: {error.message}. Put its present token into TELEGRAM_BOT_TOKEN and start "
                "it again.",
                returncode=REFUSED,
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
            why = error.message if is_from_bot_api(error) else type(error).__name__
            raise CommandError(f"Telegram refuses the webhook {url}: {why}") from error
        self.stdout.write(f"bot: Telegram calls {url}")
