"""Who may speak as Telegram."""

from django.conf import settings
from django.utils.crypto import constant_time_compare
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class IsTelegram(BasePermission):
    """Only a request with the webhook's secret, where one and a bot are configured."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        secret = settings.TELEGRAM_WEBHOOK_SECRET
        return bool(secret and settings.TELEGRAM_BOT_TOKEN) and constant_time_compare(given, secret)
