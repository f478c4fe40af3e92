"""API views of webhooks, for a person and for programs with keys that may manage them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import generics, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from common.throttling import WebhookThrottle
from integrations.changes.serializers import event_id
from integrations.keys.authentication import InsufficientScope
from integrations.models import WebhookAttempt, WebhookEndpoint
from integrations.webhooks import queries, rules, serializers, services
from users.requests import user_of
from users.scopes import KeyAccess, Scope

MANAGE = Scope.WEBHOOKS_MANAGE


class WebhookViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[WebhookEndpoint]):
    """The caller's webhooks, newest first."""

    list_title = "My webhooks"
    object_title = "One webhook"
    serializer_class = serializers.EndpointSerializer
    new_serializer: type[serializers.NewEndpointSerializer] = serializers.NewEndpointSerializer
    edit_serializer: type[serializers.EndpointEditSerializer] = serializers.EndpointEditSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = WebhookEndpoint.objects.none()
    key_scopes = dict.fromkeys(
        (
            *("list", "retrieve", "create", "partial_update", "destroy"),
            *("rotate", "test", "replay", "enable"),
        ),
        MANAGE,
    )

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.endpoints_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Add a webhook",
        operation_description="From now on the address is called when one of the chosen events happens, signed as "
        "Standard Webhooks 1.0 says. The secret for checking signatures is in this answer and nowhere else. A key can "
        "choose only events that its scopes can read.",
        request_body=serializers.NewEndpointSerializer,
        responses={201: serializers.EndpointWithSecretSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(self.new_serializer, request)
        with within_the_key():
            made = services.create(user=user_of(request), reach=reach_of(request), now=clock.now(), **given)
        return Response(serializers.EndpointWithSecretSerializer(made).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a webhook",
        request_body=serializers.EndpointEditSerializer,
        responses={200: serializers.EndpointSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(self.edit_serializer, request)
        with within_the_key():
            endpoint = services.edit(
                user=user_of(request), endpoint_id=int(pk), reach=reach_of(request), now=clock.now(), **given
            )
        return Response(serializers.EndpointSerializer(endpoint).data)

    @swagger_auto_schema(operation_summary="Delete a webhook", responses={204: "Nothing more is sent to it."})
    def destroy(self, request: Request, pk: str) -> Response:
        services.end(user=user_of(request), endpoint_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(
        operation_summary="Rotate a webhook's secret",
        operation_description="Gives it a new secret. For "
        f"{rules.ROTATION.total_seconds() / 3600:.0f} hours each webhook is signed by both.",
        request_body=no_body,
        responses={200: serializers.EndpointWithSecretSerializer},
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        with within_the_key():
            made = services.rotate(user=user_of(request), endpoint_id=int(pk), reach=reach_of(request), now=clock.now())
        return Response(serializers.EndpointWithSecretSerializer(made).data)

    @swagger_auto_schema(
        operation_summary="Send a test event",
        operation_description="Sends a `webhook.test` to this webhook alone.",
        request_body=no_body,
        responses={202: serializers.TestSerializer},
    )
    @action(detail=True, methods=["post"], throttle_classes=[WebhookThrottle])
    def test(self, request: Request, pk: str) -> Response:
        change = services.send_test(user=user_of(request), endpoint_id=int(pk), now=clock.now())
        return Response({"event": event_id(change.uid)}, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(
        operation_summary="Send events again",
        operation_description="Sends one event, or all since an instant, again: with the same ids, so that a program that "
        "has seen them can tell.",
        request_body=serializers.ReplaySerializer,
        responses={202: serializers.QueuedSerializer},
    )
    @action(detail=True, methods=["post"], throttle_classes=[WebhookThrottle])
    def replay(self, request: Request, pk: str) -> Response:
        given = valid(serializers.ReplaySerializer, request)
        with within_the_key():
            queued = services.replay(
                user=user_of(request), endpoint_id=int(pk), reach=reach_of(request), now=clock.now(), **given
            )
        return Response({"queued": queued}, status=status.HTTP_202_ACCEPTED)

    @swagger_auto_schema(
        operation_summary="Turn a webhook on again",
        operation_description="A webhook that answered 410 or failed for days is off. This turns it on and sends what it "
        "missed; one that is failing is tried at once.",
        request_body=no_body,
        responses={202: serializers.QueuedSerializer},
    )
    @action(detail=True, methods=["post"], throttle_classes=[WebhookThrottle])
    def enable(self, request: Request, pk: str) -> Response:
        with within_the_key():
            queued = services.enable(
                user=user_of(request), endpoint_id=int(pk), reach=reach_of(request), now=clock.now()
            )
        return Response({"queued": queued}, status=status.HTTP_202_ACCEPTED)


class AttemptsView(generics.ListAPIView[WebhookAttempt]):
    key_scopes = {"get": MANAGE}
    serializer_class = serializers.AttemptSerializer
    filter_backends: list[Any] = []
    queryset = WebhookAttempt.objects.none()

    def get_queryset(self) -> QuerySet[WebhookAttempt]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        endpoint = queries.endpoints_of(user_of(self.request)).get(pk=self.kwargs["webhook_id"])
        return queries.attempts_of(endpoint, now=clock.now())

    @swagger_auto_schema(
        operation_summary="Attempts of a webhook",
        operation_description=f"What came of the calls of the last {rules.ATTEMPTS_KEPT_FOR.days} days, newest first, "
        f"with the first {rules.MAX_ANSWER_LENGTH} bytes of each answer.",
    )
    def get(self, request: Request, webhook_id: int) -> Response:
        return self.list(request)


def reach_of(request: Request) -> Collection[Scope] | None:
    """Return the scopes of the key that made a request; None for a signed-in person."""
    return request.auth.scopes if isinstance(request.auth, KeyAccess) else None


@contextmanager
def within_the_key() -> Iterator[None]:
    """Answer what is beyond a key as every other operation that its scopes do not reach."""
    try:
        yield
    except services.BeyondTheKey as error:
        raise InsufficientScope(error.scope) from error
