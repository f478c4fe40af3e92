"""API views of keys, for their owner. No key reaches them."""

from datetime import timedelta
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
from integrations.keys import queries, serializers, services
from integrations.models import ApiKey
from users.requests import user_of


class KeyViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ApiKey]):
    """The caller's keys that were not revoked, newest first."""

    list_title = "My keys"
    object_title = "One key"
    serializer_class = serializers.KeySerializer
    throttle_classes = [SecretThrottle]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = ApiKey.objects.none()

    def get_queryset(self) -> QuerySet[ApiKey]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.keys_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Make a key",
        operation_description="A key lets a program use the API in your name, within its scopes. Its text is in this "
        "answer and nowhere else. It needs your password, and is told by mail.",
        request_body=serializers.NewKeySerializer,
        responses={201: serializers.CreatedKeySerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewKeySerializer, request)
        made = services.create(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.CreatedKeySerializer(made).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Rename a key",
        operation_description="Scopes cannot be changed: make another key instead.",
        request_body=serializers.KeyEditSerializer,
        responses={200: serializers.KeySerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(serializers.KeyEditSerializer, request)
        key = services.rename(user=user_of(request), key_id=int(pk), **given)
        return Response(serializers.KeySerializer(key).data)

    @swagger_auto_schema(
        operation_summary="Revoke a key",
        operation_description="The key stops working at once.",
        responses={204: "Revoked."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.revoke(owner=user_of(request), key_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(
        operation_summary="Rotate a key",
        operation_description="Makes a successor with the same name and scopes. The old key works on for `grace_hours`, "
        "so that a program can change over. It needs your password, and is told by mail.",
        request_body=serializers.RotateSerializer,
        responses={201: serializers.CreatedKeySerializer},
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, pk: str) -> Response:
        given = valid(serializers.RotateSerializer, request)
        if "grace_hours" in given:
            given["grace"] = timedelta(hours=given.pop("grace_hours"))
        made = services.rotate(user=user_of(request), key_id=int(pk), now=clock.now(), **given)
        return Response(serializers.CreatedKeySerializer(made).data, status=status.HTTP_201_CREATED)
