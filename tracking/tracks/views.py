"""Views of tracks, logs, pauses, today and the profile."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import created_or_ok, valid, valid_query
from tracking.models import HabitTrack
from tracking.tags.queries import tag_names
from tracking.tracks import personal, queries, serializers, services
from tracking.tracks.histories import strengths_at
from tracking.tracks.related import load_related
from users.requests import user_of
from users.scopes import Scope


def context_of(request: Request, now: datetime) -> dict[str, Any]:
    """Return the context that track serializers need: user, time and local day."""
    user = user_of(request)
    return {"request": request, "user": user, "now": now, "today": user.clock.day_of(now)}


def tracks_context(request: Request, tracks: Iterable[HabitTrack], now: datetime) -> dict[str, Any]:
    """Return the serializer context with the strength and the tags of each track."""
    tracks, context = list(tracks), context_of(request, now)
    strengths = strengths_at(tracks, context["today"])
    return context | {"strengths": strengths, "tags": tag_names(context["user"])}


class TrackViewSet(viewsets.ReadOnlyModelViewSet[HabitTrack]):
    """The user's tracks, of their own habits and of habits that they follow."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
    }
    list_title, object_title = "My tracks", "One of my tracks"
    serializer_class = serializers.TrackSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = HabitTrack.objects.none()

    def get_queryset(self) -> QuerySet[HabitTrack]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.tracks_of(user_of(self.request), now=clock.now(), archived=None)

    @swagger_auto_schema(
        operation_summary="My tracks",
        operation_description="In your own order (`tracks/order/`), without archived ones unless you ask for them.",
        query_serializer=serializers.TracksQuerySerializer,
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        chosen = valid_query(serializers.TracksQuerySerializer, request)
        user = user_of(request)
        page = load_related(self.paginate_queryset(queries.tracks_of_users([user], **chosen)) or [], [user])
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
        return Response(data, status=created_or_ok(is_new))

    @swagger_auto_schema(
        operation_summary="Change a track",
        operation_description="Changes what is yours of the track, whether the habit is your own or you follow it: its "
        "colour, icon and tags, and whether it is archived. An archived track is hidden from every list unless asked "
        "for, and paused; other people see the pause only. The habit itself is changed at `habits/`.",
        request_body=serializers.TrackEditSerializer,
        responses={200: serializers.TrackSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        track = self.get_object()
        changes = valid(serializers.TrackEditSerializer, request)
        personal.edit(user=user_of(request), track_id=track.pk, now=clock.now(), **changes)
        return self.retrieve(request, pk)

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


class OrderView(APIView):
    key_scopes = {"put": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="Order my tracks",
        operation_description="Puts the named tracks into the given order. Name all of your tracks, or some: those share "
        "the places that they have together, and every other track stays where it is. So a list that shows some of the "
        "tracks, or that was opened before a track was added, moves nothing that it does not show. New tracks come "
        "last. A track that is not yours is a 400 and nothing changes. Answers with all of your tracks in their order.",
        request_body=serializers.TrackOrderSerializer,
        responses={200: serializers.TrackOrderSerializer},
    )
    def put(self, request: Request) -> Response:
        wanted = valid(serializers.TrackOrderSerializer, request)["tracks"]
        return Response({"tracks": personal.order(user=user_of(request), track_ids=wanted)})
