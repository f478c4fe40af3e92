"""API views of a user's channels. No key reaches them."""

from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.schema import NOT_FOUND
from common.throttling import CodeThrottle, SecretThrottle, UserThrottle
from notifications.channels import registry
from notifications.channels.base import Channel
from notifications.connections import queries, rules, serializers, services
from users.models import User
from users.requests import user_of


class ConnectThrottle(UserThrottle):
    """Per user: messages to addresses that somebody only named, and tests."""

    scope = "chat"
    is_shared = True
    methods = frozenset({"POST"})


def stored_channel(name: str) -> Channel:
    """Return a channel that users connect. Raises NotFound."""
    found = next((each for each in registry.CHANNELS if each.name == name and each.stores_addresses), None)
    if found is None:
        raise NotFound
    return found


class ChannelsView(APIView):
    """The user's channels."""

    @swagger_auto_schema(
        operation_summary="My channels",
        operation_description="Where messages reach you, in your order: the first that is connected and reachable is used. "
        "With `kinds`, which kind may go where, and your quiet hours.",
        responses={200: serializers.ChannelsSerializer},
    )
    def get(self, request: Request) -> Response:
        return _answer(user_of(request))

    @swagger_auto_schema(
        operation_summary="Set my channels",
        operation_description="Sets their order, which kind of message may go where, and quiet hours: what would come in "
        "them waits until their end, at most one reminder for each habit, and is not sent if its day is over by then.",
        request_body=serializers.ChoicesSerializer,
        responses={200: serializers.ChannelsSerializer},
    )
    def put(self, request: Request) -> Response:
        given = valid(serializers.ChoicesSerializer, request)
        return _answer(services.choose(user=user_of(request), now=clock.now(), **given))


class ChannelView(APIView):
    """One channel."""

    @swagger_auto_schema(
        operation_summary="Disconnect a channel",
        operation_description="Nothing more is sent there, and what was stored to reach it is deleted.",
        responses={204: "Disconnected.", 404: NOT_FOUND},
    )
    def delete(self, request: Request, channel_name: str) -> Response:
        services.disconnect(user=user_of(request), channel=stored_channel(channel_name).name)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmView(APIView):
    """The code of a channel's first message."""

    throttle_classes = [CodeThrottle]

    @swagger_auto_schema(
        operation_summary="Confirm a channel",
        operation_description="With the code that the first message on it carries, within "
        f"{rules.CODE_LIFETIME.total_seconds() / 60:.0f} minutes. What was connected until then is replaced.",
        request_body=serializers.ChannelCodeSerializer,
        responses={200: serializers.ChannelsSerializer, 404: NOT_FOUND},
    )
    def post(self, request: Request, channel_name: str) -> Response:
        given = valid(serializers.ChannelCodeSerializer, request)
        name = stored_channel(channel_name).name
        services.confirm(user=user_of(request), channel=name, code=given["code"], now=clock.now())
        return _answer(user_of(request))


class SendTestView(APIView):
    """A test message on one channel."""

    throttle_classes = [ConnectThrottle]

    @swagger_auto_schema(
        operation_summary="Send a test message",
        operation_description="To a channel that is connected, at most one a minute. `notifications/` shows what became "
        "of it.",
        request_body=no_body,
        responses={202: "Queued.", 404: NOT_FOUND},
    )
    def post(self, request: Request, channel_name: str) -> Response:
        if channel_name not in registry.names():
            raise NotFound
        services.send_test(user=user_of(request), channel=channel_name, now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


CONNECT_THROTTLES = [ConnectThrottle, SecretThrottle]


def _answer(user: User) -> Response:
    found = queries.channels_of(User.objects.get(pk=user.pk), now=clock.now())
    return Response(serializers.ChannelsSerializer(found).data)
