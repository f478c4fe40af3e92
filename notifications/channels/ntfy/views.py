"""The API view that connects an ntfy topic."""

from django.conf import settings
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from notifications.channels.ntfy import rules, serializers
from notifications.channels.ntfy.channel import NTFY
from notifications.connections import services
from notifications.connections.serializers import PendingSerializer
from notifications.connections.views import CONNECT_THROTTLES
from users.requests import user_of


class ConnectNtfyView(APIView):
    """An ntfy topic of the user."""

    throttle_classes = CONNECT_THROTTLES

    @swagger_auto_schema(
        operation_summary="Connect ntfy",
        operation_description="Sends a message with a code to the topic; `channels/ntfy/confirm/` with that code connects "
        "it. It needs your password, because messages have buttons that tick habits off.",
        request_body=serializers.NtfySerializer,
        responses={202: PendingSerializer},
    )
    def post(self, request: Request) -> Response:
        given = valid(serializers.NtfySerializer, request)
        address = rules.parse_address(
            given["address"],
            default_server=settings.NTFY_SERVER,
            allows_http=bool(settings.WEBHOOK_ALLOWED_NETWORKS),
        )
        token = given.get("token", "")
        rules.check_token(token)
        made = services.request(
            user=user_of(request),
            channel=NTFY,
            name=rules.shown(address),
            target_url=address,
            access_token=token,
            password=given["password"],
            now=clock.now(),
        )
        return Response({"name": made.name}, status=status.HTTP_202_ACCEPTED)
