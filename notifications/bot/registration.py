"""Registration of the bot with Telegram: its command menu and, in webhook mode, its webhook."""

import logging

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from telegram import WebhookInfo
from telegram.error import TelegramError

from notifications.bot import commands
from notifications.bot.updates import ALLOWED_UPDATES
from notifications.channels.telegram.client import client
from notifications.outbox import mini_app

logger = logging.getLogger(__name__)


def webhook_url() -> str:
    """Return the URL that Telegram posts updates to."""
    return f"{settings.SITE_URL}/api/tg/webhook/"


def register_webhook() -> None:
    """Make Telegram post updates to this service. Raises TelegramError."""
    client().set_webhook(webhook_url(), settings.TELEGRAM_WEBHOOK_SECRET)


def register_commands() -> None:
    """Set the command menu for each language, and in the default language for all others, and the button that opens the
    Mini App. Raises TelegramError.
    """
    client().set_commands(commands.descriptions(settings.LANGUAGE_CODE))
    for language, _name in settings.LANGUAGES:
        client().set_commands(commands.descriptions(language), language)
    with translation.override(settings.LANGUAGE_CODE):
        client().set_menu_button(_("Open"), mini_app.url())


def recheck_webhook() -> None:
    """Register the webhook again if it was changed or removed; log the error if Telegram cannot deliver to it.

    Without this check, updates would go elsewhere and nothing here would show it.
    """
    try:
        info = client().get_webhook_info()
        if not _is_ours(info):
            logger.warning("the webhook was changed or removed from outside, and is registered again")
            register_webhook()
        elif info.pending_update_count and info.last_error_message:
            pending, reason = info.pending_update_count, info.last_error_message
            logger.warning("%s updates are waiting, Telegram cannot call the webhook: %s", pending, reason)
    except TelegramError as error:
        logger.warning("the webhook could not be checked: %s", type(error).__name__)


def _is_ours(info: WebhookInfo) -> bool:
    return info.url == webhook_url() and set(info.allowed_updates or ()) == set(ALLOWED_UPDATES)
