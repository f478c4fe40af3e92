"""Views of tags."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common.http import valid
from tracking.models import Tag
from tracking.tags import queries, serializers
from tracking.tags import services as tags
from users.requests import user_of
from users.scopes import Scope


class TagViewSet(viewsets.ReadOnlyModelViewSet[Tag]):
    """The user's tags, by name."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "update": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
        "destroy": Scope.HABITS_WRITE,
    }
    list_title, object_title = "My tags", "One of my tags"
    serializer_class = serializers.TagSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Tag.objects.none()

    def get_queryset(self) -> QuerySet[Tag]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.tags_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Add a tag",
        operation_description="Adds a tag without a track. Naming a new tag in a change of a track adds it as well.",
        request_body=serializers.TagSerializer,
        responses={201: serializers.TagSerializer},
    )
    def create(self, request: Request) -> Response:
        name = valid(serializers.TagSerializer, request)["name"]
        return self.shown(tags.create(user=user_of(request), name=name).pk, status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Rename a tag (PUT)",
        operation_description="The same as PATCH.",
        request_body=serializers.TagSerializer,
        responses={200: serializers.TagSerializer},
    )
    def update(self, request: Request, pk: str) -> Response:
        return self.rename(request, pk)

    @swagger_auto_schema(
        operation_summary="Rename a tag",
        operation_description="Renames it on all its tracks.",
        request_body=serializers.TagSerializer,
        responses={200: serializers.TagSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.rename(request, pk, partial=True)

    @swagger_auto_schema(
        operation_summary="Delete a tag",
        operation_description="Takes it off all tracks. Nothing else about them changes.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        tags.delete(user=user_of(request), tag_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def rename(self, request: Request, pk: str, *, partial: bool = False) -> Response:
        tag = get_object_or_404(self.get_queryset(), pk=pk)
        name = valid(serializers.TagSerializer, request, partial=partial).get("name", tag.name)
        return self.shown(tags.rename(user=user_of(request), tag_id=tag.pk, name=name).pk)

    def shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        tag = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(serializers.TagSerializer(tag).data, status=code)
