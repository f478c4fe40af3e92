"""The service that signs in the person who opens the Mini App in Telegram, if their chat was connected with the password."""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction

from common.errors import DomainError
from users import sessions
from users.devices import Device
from users.mini_app import rules
from users.models import TELEGRAM, User

logger = logging.getLogger(__name__)


@transaction.atomic
def sign_in(*, init_data: str, device: Device, now: datetime) -> dict[str, str]:
    """Start a session of the person whose chat is that of the data, and return its first pair {refresh, access}.

    The id of a private chat is that of its person. The same data gives the same session. Raises DomainError
    invalid_init_data, chat_not_connected (not with the password of now, unreachable, of an inactive account), and
    init_data_used once that session has ended.
    """
    try:
        opened = rules.read(init_data, bot_token=settings.TELEGRAM_BOT_TOKEN, now=now)
    except rules.InvalidInitData as error:
        logger.warning("a sign-in by Telegram from %s was refused: %s", device.network_address, error)
        raise DomainError(
            "invalid_init_data",
            "Telegram has not signed this for the bot of this service, or too long ago.",
            "init_data",
        ) from error
    user = User.objects.filter(
        is_active=True,
        addresses__channel=TELEGRAM,
        addresses__address=str(opened.user_id),
        addresses__confirmed=True,
        addresses__signs_in=True,
        addresses__unreachable_since=None,
    ).first()
    if user is None:
        raise DomainError(
            "chat_not_connected", "This chat signs nobody in. Sign in with your password, then connect it."
        )
    return sessions.start_once(user=user, key=opened.key, device=device, now=now)
