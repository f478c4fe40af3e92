"""The API view that connects a service of Apprise."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from notifications.channels.apprise import serializers
from notifications.channels.apprise.channel import APPRISE
from notifications.connections import services
from notifications.connections.serializers import PendingSerializer
from notifications.connections.views import CONNECT_THROTTLES
from users.requests import user_of


class ConnectAppriseView(APIView):
    """A service of Apprise of the user."""

    throttle_classes = CONNECT_THROTTLES

    @swagger_auto_schema(
        operation_summary="Connect a service by Apprise",
        operation_description="Sends a message with a code by the service; `channels/apprise/confirm/` with that code "
        "connects it. It needs your password, because messages have links that tick habits off.",
        request_body=serializers.AppriseSerializer,
        responses={202: PendingSerializer},
    )
    def post(self, request: Request) -> Response:
        # Imported when it is first needed: it takes a second and much memory, and few use it.
        from notifications.channels.apprise import client

        given = valid(serializers.AppriseSerializer, request)
        service = client.service_of(given["url"])
        made = services.request(
            user=user_of(request),
            channel=APPRISE,
            name=str(service.service_name),
            target_url=given["url"],
            password=given["password"],
            now=clock.now(),
        )
        return Response({"name": made.name}, status=status.HTTP_202_ACCEPTED)
