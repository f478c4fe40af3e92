"""API views of browsers' subscriptions. No key reaches them."""

from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from notifications.channels.webpush import serializers, services, vapid
from notifications.channels.webpush.rules import MAX_SUBSCRIPTIONS
from notifications.models import PushSubscription
from users.requests import device_of, session_id_of, user_of


class PushKeyView(APIView):
    """The key with which browsers subscribe."""

    @swagger_auto_schema(
        operation_summary="The key for push messages",
        operation_description="The public key of this installation, which a browser needs to subscribe.",
        responses={200: serializers.PushKeySerializer},
    )
    def get(self, request: Request) -> Response:
        return Response({"key": vapid.load(now=clock.now()).public})


class SubscriptionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[PushSubscription]):
    """The browsers that show the user's messages, newest first."""

    list_title = "My subscribed browsers"
    serializer_class = serializers.SubscriptionSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = PushSubscription.objects.none()

    def get_queryset(self) -> QuerySet[PushSubscription]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return services.subscriptions_of(user_of(self.request), now=clock.now())

    @swagger_auto_schema(
        operation_summary="Subscribe a browser",
        operation_description="With what the browser's `PushSubscription.toJSON()` gives. It ends with the session "
        "that sends it, however that ends: after the next sign-in send it again. "
        f"Beyond {MAX_SUBSCRIPTIONS} browsers the oldest gives way.",
        request_body=serializers.NewSubscriptionSerializer,
        responses={201: serializers.SubscriptionSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewSubscriptionSerializer, request)
        made = services.subscribe(
            user=user_of(request),
            session_id=session_id_of(request),
            url=given["endpoint"],
            public_key=given["keys"]["p256dh"],
            auth=given["keys"]["auth"],
            device=device_of(request).label,
            now=clock.now(),
        )
        return Response(serializers.SubscriptionSerializer(made).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Unsubscribe a browser",
        operation_description="With the last one the channel is disconnected.",
        responses={204: "Nothing more is sent to it."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.unsubscribe(user=user_of(request), subscription_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
