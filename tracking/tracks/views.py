"""Views of tracks, logs, pauses, today and the profile."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from tracking.models import HabitTrack
from tracking.tracks import queries, serializers, services
from tracking.tracks.histories import strengths_at
from users.requests import user_of


def context_of(request: Request, now: datetime) -> dict[str, Any]:
    """Return the context that track serializers need: user, time and local day."""
    user = user_of(request)
    return {"request": request, "user": user, "now": now, "today": user.clock.day_of(now)}


def tracks_context(request: Request, tracks: Iterable[HabitTrack], now: datetime) -> dict[str, Any]:
    """Return the serializer context with the strength of each track."""
    context = context_of(request, now)
    return context | {"strengths": strengths_at(tracks, context["today"])}


class TrackViewSet(viewsets.ReadOnlyModelViewSet[HabitTrack]):
    """The user's tracks, of their own habits and of habits that they follow."""

    list_title, object_title = "My tracks", "One of my tracks"
    serializer_class = serializers.TrackSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = HabitTrack.objects.none()

    def get_queryset(self) -> QuerySet[HabitTrack]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.tracks_of(user_of(self.request), now=clock.now())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        context = tracks_context(request, page, clock.now())
        return self.get_paginated_response(serializers.TrackSerializer(page, many=True, context=context).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.serialize(self.get_object()))

    @swagger_auto_schema(
        operation_summary="Follow a habit",
        operation_description="Starts your own track of a published habit, or resumes it if you left the habit before. "
        "Answers 200 if you already follow it.",
        request_body=serializers.FollowSerializer,
        responses={201: serializers.TrackSerializer, 200: serializers.TrackSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.FollowSerializer, request)
        track, is_new = services.follow(user=user_of(request), habit_id=given["habit"], now=clock.now())
        data = self.serialize(self.get_queryset().get(pk=track.pk))
        return Response(data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)

    @swagger_auto_schema(
        operation_summary="Leave a habit",
        operation_description="Stops following another user's habit. Your history is kept.",
        responses={204: "Left."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.leave(user=user_of(request), track_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def serialize(self, track: HabitTrack) -> dict[str, Any]:
        context = tracks_context(self.request, [track], clock.now())
        return dict(serializers.TrackSerializer(track, context=context).data)
