"""Views of pauses."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid, valid_query
from tracking.models import Pause
from tracking.pauses import serializers
from tracking.pauses import services as pauses
from tracking.tracks import queries
from tracking.tracks.serializers import ArchivedSerializer
from users.requests import user_of
from users.scopes import Scope


class PauseViewSet(viewsets.ReadOnlyModelViewSet[Pause]):
    """The user's pauses, of one track or of all tracks (holidays)."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
        "destroy": Scope.HABITS_WRITE,
    }
    list_title, object_title = "My pauses", "One of my pauses"
    serializer_class = serializers.PauseSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Pause.objects.none()

    def get_queryset(self) -> QuerySet[Pause]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.pauses_of(user_of(self.request), archived=None)

    @swagger_auto_schema(
        operation_summary="My pauses",
        operation_description="Latest first, without those of archived tracks unless you ask for them.",
        query_serializer=ArchivedSerializer,
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        chosen = valid_query(ArchivedSerializer, request)
        page = self.paginate_queryset(queries.pauses_of(user_of(request), **chosen)) or []
        return self.get_paginated_response(serializers.PauseSerializer(page, many=True).data)

    @swagger_auto_schema(
        operation_summary="Pause",
        operation_description="Pauses past, present or future days, with or without an end. Overlapping pauses are "
        "merged, and the merged pause is returned. A pause stops reminders and does not break a streak.",
        request_body=serializers.PauseSerializer,
        responses={201: serializers.PauseSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.PauseSerializer, request)
        pause = pauses.add(user=user_of(request), now=clock.now(), **given)
        return Response(self.get_serializer(pause).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a pause",
        operation_description="Changes its first or last day. The track stays. Only pauses that you made yourself "
        "(reason `manual`) can be changed.",
        request_body=serializers.PauseDaysSerializer,
        responses={200: serializers.PauseSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        get_object_or_404(self.get_queryset(), pk=pk)
        given = valid(serializers.PauseDaysSerializer, request)
        pause = pauses.edit(user=user_of(request), pause_id=int(pk), now=clock.now(), **given)
        return Response(self.get_serializer(pause).data)

    @swagger_auto_schema(
        operation_summary="Delete a pause",
        operation_description="Its days are due again, including past days. To end a running pause, set its last_day. A "
        "pause that lasts because the track is archived ends when you take the track back.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        pauses.remove(user=user_of(request), pause_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
