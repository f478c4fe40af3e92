"""API views for people with an account: what they have granted to partners, and histories that partners keep of them."""

from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from common.throttling import SecretThrottle
from integrations.grants import serializers, takeovers
from integrations.grants import services as links
from integrations.models import Grant, LinkRequest, PartnerPerson
from integrations.partners import queries
from users.requests import user_of


class GrantViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Grant]):
    """What the caller has granted to other services, newest first."""

    list_title, object_title = "What I have granted", "One grant"
    serializer_class = serializers.GrantSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Grant.objects.none()

    def get_queryset(self) -> QuerySet[Grant]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.grants_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="End a grant",
        operation_description="At once. The service no longer finds you; what you logged stays yours.",
        responses={204: "Ended."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        links.end(user=user_of(request), grant_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LinkRequestViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[LinkRequest]):
    """Open requests of other services to link the caller's account, newest first."""

    list_title, object_title = "Services that ask", "One request"
    serializer_class = serializers.LinkRequestSerializer
    throttle_classes = [SecretThrottle]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = LinkRequest.objects.none()

    def get_queryset(self) -> QuerySet[LinkRequest]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.open_requests_to(user_of(self.request), now=clock.now())

    @swagger_auto_schema(
        operation_summary="Say yes to a service",
        operation_description="It may then do what its request names. It needs your password, and is told by mail.",
        request_body=serializers.PasswordSerializer,
        responses={201: serializers.GrantSerializer},
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        given = valid(serializers.PasswordSerializer, request)
        grant = links.accept(user=user_of(request), request_id=int(pk), now=clock.now(), **given)
        return Response(serializers.GrantSerializer(grant).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Say no to a service",
        operation_description="The service is not told.",
        request_body=serializers.DeclineSerializer,
        responses={204: "Declined."},
    )
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        given = valid(serializers.DeclineSerializer, request)
        links.decline(user=user_of(request), request_id=int(pk), now=clock.now(), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)


class HistoryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[PartnerPerson]):
    """Histories that other services keep under the caller's confirmed address."""

    list_title, object_title = "Histories that services keep of me", "One history"
    serializer_class = serializers.HistorySerializer
    throttle_classes = [SecretThrottle]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = PartnerPerson.objects.none()

    def get_queryset(self) -> QuerySet[PartnerPerson]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.histories_for(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Take a history over into my account",
        operation_description="Habits, logs, pauses, goals and achievements move into your account, and the service keeps "
        "nothing of them. Where you track the same habit yourself, your own entries stay, and only days that you left "
        "open are filled. It needs your password. The answer has the ids of the tracks that moved as a whole.",
        request_body=serializers.PasswordSerializer,
        responses={200: serializers.TakenOverSerializer},
    )
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: str) -> Response:
        given = valid(serializers.PasswordSerializer, request)
        moved = takeovers.take_over(user=user_of(request), person_id=int(pk), now=clock.now(), **given)
        return Response({"tracks": [track.pk for track in moved]})
