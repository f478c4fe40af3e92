"""Views of the chat link and the webhook."""

import logging
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.limits import MAX_LARGE_BODY_BYTES
from common.parsing import BodyTooLarge
from common.schema import error
from common.throttling import SecretThrottle, UserThrottle
from notifications.bot import connecting, serializers
from notifications.bot.permissions import IsTelegram
from notifications.channels.telegram.chats import disconnect_chat
from notifications.monitoring import heartbeats
from users import tokens
from users.models import User
from users.requests import user_of
from users.serializers import ChatStateSerializer

logger = logging.getLogger(__name__)


class TelegramUnavailable(APIException):
    """The Bot API does not answer."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "telegram_unavailable"
    default_detail = "Telegram does not answer. Try again in a minute."


class UpdateNotHandled(APIException):
    """The update could not be handled now; Telegram will send it again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "not_handled"
    default_detail = "This update could not be handled now. Send it again."


UNAVAILABLE = error(
    "Telegram does not answer.", "server_error", TelegramUnavailable.default_code, TelegramUnavailable.default_detail
)
NOT_HANDLED = error(
    "Send the update again.", "server_error", UpdateNotHandled.default_code, UpdateNotHandled.default_detail
)


class ChatThrottle(UserThrottle):
    """Per user and per chat: the bot writes to a chat that somebody only named."""

    scope = "chat"
    methods = frozenset({"POST"})

    def subjects(self, request: Request, view: APIView) -> list[str]:
        chat_id = serializers.given_chat_id(request.data)
        return super().subjects(request, view) + ([] if chat_id is None else [f"chat:{chat_id}"])


class LinkView(APIView):
    """The authenticated user's Telegram chat."""

    throttle_classes = [ChatThrottle, SecretThrottle]

    @swagger_auto_schema(
        operation_summary="My Telegram chat",
        operation_description="Returns the chat's state and the address of the bot. To get a link that connects "
        "a chat, send your password by `POST`.",
        responses={200: serializers.ChatLinkSerializer, 503: UNAVAILABLE},
    )
    def get(self, request: Request) -> Response:
        return Response(_chat_link(user_of(request), token=None))

    @swagger_auto_schema(
        operation_summary="Connect a chat",
        operation_description="Needs the password, because a chat gets all reminders and can tick habits off; the account "
        "is told by mail once a chat is connected. Without `chat_id`: returns a link to the bot with a one-time token "
        "that is valid for 10 minutes. With `chat_id`: sends a Confirm button to that chat, which is connected when the "
        "button is tapped. If no bot is configured, it is connected at once, as unconfirmed.",
        request_body=serializers.ChatSerializer,
        responses={200: serializers.ChatLinkSerializer, 202: serializers.ChatRequestSerializer},
    )
    def post(self, request: Request) -> Response:
        user, data = user_of(request), valid(serializers.ChatSerializer, request)
        password = data.get("password")
        if "chat_id" not in data:
            return Response(_chat_link(user, token=connecting.make_chat_token(user=user, password=password)))
        connected = connecting.request_chat_confirmation(
            user=user, password=password, chat_id=data["chat_id"], now=clock.now()
        )
        return Response({"connected": connected}, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(
        operation_summary="Disconnect Telegram",
        operation_description="Removes the chat from your account.",
        responses={204: "Disconnected."},
    )
    def delete(self, request: Request) -> Response:
        disconnect_chat(user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookView(APIView):
    """The webhook that receives Telegram's updates."""

    authentication_classes: list[Any] = []
    permission_classes = [IsTelegram]
    accepts_unknown = True
    max_body_bytes = MAX_LARGE_BODY_BYTES

    @swagger_auto_schema(
        operation_summary="Telegram's webhook",
        operation_description="For Telegram only: requires the secret in X-Telegram-Bot-Api-Secret-Token. After 503 "
        "Telegram sends the update again. Updates that cannot be parsed are skipped with 200.",
        request_body=serializers.UpdateSerializer,
        responses={200: "Handled.", 503: NOT_HANDLED},
    )
    def post(self, request: Request) -> Response:
        # Here, because a service without a bot saves the 10 MB of Telegram's library.
        from notifications.bot import updates
        from notifications.bot.handling import NotHandled, handle

        try:
            raw = request.data
        except (ParseError, UnsupportedMediaType, BodyTooLarge, RequestDataTooBig) as error:
            # Answer 200 all the same: Telegram would send the same update again and again.
            logger.error("an update cannot be read and is skipped: %s", error)
            return Response()
        update = updates.parse(raw)
        if update is not None:
            now = clock.now()
            try:
                handle(update, now=now)
            except NotHandled:
                raise UpdateNotHandled from None
            for name in (heartbeats.BOT, heartbeats.BOT_UPDATE):
                heartbeats.record_every_minute(name, now=now)
        return Response()


def _chat_link(user: User, *, token: str | None) -> dict[str, Any]:
    return {
        "url": _bot_url(token) if settings.TELEGRAM_BOT_TOKEN else None,
        "expires_in": int(tokens.chat_link.lifetime.total_seconds()),
        "telegram": ChatStateSerializer(user.telegram).data,
    }


def _bot_url(token: str | None) -> str:
    """Return https://t.me/BOT, with ?start=TOKEN if there is one. Raises TelegramUnavailable."""
    from telegram.error import TelegramError  # here, as in WebhookView

    try:
        return f"https://t.me/{_bot_name(settings.TELEGRAM_BOT_TOKEN)}" + (f"?start={token}" if token else "")
    except TelegramError as error:
        raise TelegramUnavailable from error


@cache
def _bot_name(token: str) -> str:
    """Return the bot's username; Telegram is asked once per process and token."""
    from notifications.channels.telegram.client import client  # here, as in WebhookView

    return client().get_username()
