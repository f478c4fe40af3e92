"""The permission for requests from Telegram."""

from django.conf import settings
from django.utils.crypto import constant_time_compare
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsTelegram(BasePermission):
    """Allows only requests with the webhook's secret, and none if no secret or no bot is configured."""

    forbids = True  # for the schema: others are answered with 403

    def has_permission(self, request: Request, view: APIView) -> bool:
        token = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        secret = settings.TELEGRAM_WEBHOOK_SECRET
        return bool(secret and settings.TELEGRAM_BOT_TOKEN) and constant_time_compare(token, secret)
