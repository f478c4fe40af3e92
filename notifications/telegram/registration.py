"""What Telegram is told about the bot: its commands, and in webhook mode where updates go."""

import logging

from django.conf import settings
from telegram import WebhookInfo
from telegram.error import TelegramError

from notifications.telegram import commands
from notifications.telegram.client import client
from notifications.telegram.updates import HANDLED

logger = logging.getLogger(__name__)


def webhook_url() -> str:
    return f"{settings.SITE_URL}/api/tg/webhook/"


def register_webhook() -> None:
    """Have Telegram call us. Raises TelegramError."""
    client().set_webhook(webhook_url(), settings.TELEGRAM_WEBHOOK_SECRET)


def register_commands() -> None:
    """Register the commands in each language for its speakers, in the first one for all others. Raises TelegramError."""
    client().set_commands(commands.descriptions(settings.LANGUAGE_CODE))
    for language, _name in settings.LANGUAGES:
        client().set_commands(commands.descriptions(language), language)


def recheck_webhook() -> None:
    """Register the webhook again where it was set elsewhere or taken away; log what Telegram says against ours.

    Without that, updates would go elsewhere for good, and nothing here would show it. Does nothing while polling.
    """
    if not (settings.TELEGRAM_BOT_TOKEN and settings.TELEGRAM_WEBHOOK_SECRET):
        return
    try:
        info = client().webhook()
        if not _is_ours(info):
            logger.warning("the webhook was set elsewhere or taken away, and is registered again")
            register_webhook()
        elif info.pending_update_count and info.last_error_message:
            waiting, why = info.pending_update_count, info.last_error_message
            logger.warning("%s updates wait, Telegram cannot call the webhook: %s", waiting, why)
    except TelegramError as error:
        logger.warning("the webhook could not be looked at: %s", type(error).__name__)


def _is_ours(info: WebhookInfo) -> bool:
    return info.url == webhook_url() and set(info.allowed_updates or ()) == set(HANDLED)
