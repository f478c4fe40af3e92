"""API views of action links, for their owner. No key reaches them."""

from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from common.schema import NOT_FOUND
from integrations.action_links import serializers, services
from integrations.models import ActionLink
from users.requests import user_of


class ActionLinkViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ActionLink]):
    """The user's action links, newest first."""

    list_title = "My action links"
    object_title = "One action link"
    serializer_class = serializers.ActionLinkSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = ActionLink.objects.none()

    def get_queryset(self) -> QuerySet[ActionLink]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return services.links_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Make an action link",
        operation_description="A secret address that does one thing to one track, for an NFC tag, a button or a shortcut. "
        "A POST to it acts; opening it shows a page with a button.",
        request_body=serializers.NewActionLinkSerializer,
        responses={201: serializers.ActionLinkSerializer, 404: NOT_FOUND},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewActionLinkSerializer, request)
        link = services.create(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.ActionLinkSerializer(link).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change an action link",
        operation_description="Its name, and whether opening it acts.",
        request_body=serializers.LinkEditSerializer,
        responses={200: serializers.ActionLinkSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(serializers.LinkEditSerializer, request)
        link = services.edit(user=user_of(request), link_id=int(pk), **given)
        return Response(serializers.ActionLinkSerializer(link).data)

    @swagger_auto_schema(
        operation_summary="End an action link",
        operation_description="It stops working at once. What it has recorded stays.",
        responses={204: "Ended."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete(user=user_of(request), link_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)
