"""Share links over HTTP, for their owner."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from achievements import share_serializers as serializers
from achievements import sharing
from achievements.models import ShareLink
from common import clock
from common.http import valid
from users.requests import user_of


class ShareViewSet(viewsets.GenericViewSet[ShareLink]):
    """The caller's share links, the latest first."""

    serializer_class = serializers.ShareSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = ShareLink.objects.none()

    def get_queryset(self) -> QuerySet[ShareLink]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return sharing.links_of(user_of(self.request), now=clock.now())

    @swagger_auto_schema(
        operation_summary="My share links",
        operation_description="The latest first; those that have expired are gone.",
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None
        shown = serializers.ShareSerializer(sharing.entries(page, now=clock.now()), many=True)
        return self.get_paginated_response(shown.data)

    @swagger_auto_schema(
        operation_summary="One share link",
        operation_description="With its addresses, and whether its page shows something now.",
        responses={200: serializers.ShareSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.shown(pk)

    @swagger_auto_schema(
        operation_summary="Share something",
        operation_description="Makes a link to an achievement that one holds, or to the streak or the year of a track. "
        "Whoever has the link sees the username and what was shared (a habit's name too, private or not), and nothing "
        "else.",
        request_body=serializers.NewShareSerializer,
        responses={201: serializers.ShareSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewShareSerializer, request)
        link = sharing.share(user=user_of(request), now=clock.now(), **given)
        return self.shown(link.pk, status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Take a share link back",
        operation_description="Its page and its picture are gone from then on; what somebody has saved is theirs.",
        responses={204: "Gone."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        sharing.revoke(user=user_of(request), share_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def shown(self, pk: str | int, code: int = status.HTTP_200_OK) -> Response:
        link = get_object_or_404(self.get_queryset(), pk=pk)
        [entry] = sharing.entries([link], now=clock.now())
        return Response(serializers.ShareSerializer(entry).data, status=code)
