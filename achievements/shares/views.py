"""API views of share links, for their owner."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from achievements.models import ShareLink
from achievements.shares import serializers
from achievements.shares import services as sharing
from common import clock
from common.http import valid
from users.requests import user_of


class ShareViewSet(viewsets.GenericViewSet[ShareLink]):
    """The caller's share links, newest first."""

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
        operation_description="Newest first, without expired links.",
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None
        serializer = serializers.ShareSerializer(sharing.link_details(page, now=clock.now()), many=True)
        return self.get_paginated_response(serializer.data)

    @swagger_auto_schema(
        operation_summary="One share link",
        operation_description="With its URLs and whether its page shows something at the moment.",
        responses={200: serializers.ShareSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.link_response(pk)

    @swagger_auto_schema(
        operation_summary="Create a share link",
        operation_description="The link is to an achievement that you hold, or to the streak or year of one of your "
        "tracks. Anyone who has the link sees your username and what you share, including the name of the habit even "
        "if it is private, and nothing else.",
        request_body=serializers.NewShareSerializer,
        responses={201: serializers.ShareSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewShareSerializer, request)
        link = sharing.create_link(user=user_of(request), now=clock.now(), **given)
        return self.link_response(link.pk, status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Revoke a share link",
        operation_description="Its page and its picture stop working. Copies that somebody saved are not affected.",
        responses={204: "Revoked."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        sharing.revoke(user=user_of(request), share_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def link_response(self, pk: str | int, code: int = status.HTTP_200_OK) -> Response:
        link = get_object_or_404(self.get_queryset(), pk=pk)
        [details] = sharing.link_details([link], now=clock.now())
        return Response(serializers.ShareSerializer(details).data, status=code)
