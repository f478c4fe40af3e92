"""The API view of signing in inside Telegram."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from users.mini_app import serializers, services
from users.requests import device_of, set_device_cookie
from users.serializers import PairSerializer
from users.views import AnonymousView


class InitDataView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Sign in inside Telegram",
        operation_description="For the client that Telegram has opened as the bot's Mini App: its `initData` signs in the "
        "person whose private chat is connected with the password that the account has now. It is taken for five minutes; "
        "sent again within them it gives the same session.",
        request_body=serializers.InitDataSerializer,
        responses={200: PairSerializer},
    )
    def post(self, request: Request) -> Response:
        device, given = device_of(request), valid(serializers.InitDataSerializer, request)
        response = Response(services.sign_in(**given, device=device, now=clock.now()))
        set_device_cookie(response, device)
        return response
