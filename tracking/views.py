"""Views of tracks, logs, pauses, today and the profile."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.errors import DomainError
from common.http import valid
from common.throttling import AddressChangeThrottle
from tracking import serializers
from tracking.insights.today import entries
from tracking.logs import services as days
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.tracks import queries, services
from tracking.tracks.histories import strengths_at
from users import services as user_services
from users.requests import user_of
from users.serializers import PasswordSerializer, ProfileSerializer


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


class LogView(APIView):
    """One day of one of the user's tracks."""

    @swagger_auto_schema(
        operation_summary="Read a day",
        operation_description="Answers 404 if the day has no log.",
        responses={200: serializers.LogSerializer},
    )
    def get(self, request: Request, track_id: int, day: str) -> Response:
        track = get_object_or_404(HabitTrack, user=user_of(request), pk=track_id)
        log = get_object_or_404(HabitLog, track=track, day=_day(day))
        return Response(serializers.LogSerializer(log).data)

    @swagger_auto_schema(
        operation_summary="Set a day",
        operation_description="Records a local day, today or earlier. Repeating the request changes nothing. A day "
        "before the start of the track moves the start back.",
        request_body=serializers.DaySerializer,
        responses={200: serializers.LoggedSerializer},
    )
    def put(self, request: Request, track_id: int, day: str) -> Response:
        now = clock.now()
        log = days.set_day(
            user=user_of(request),
            track_id=track_id,
            day=_day(day),
            source=_source(request),
            now=now,
            **valid(serializers.DaySerializer, request),
        )
        return Response(serializers.LoggedSerializer(log, context={"now": now}).data)

    @swagger_auto_schema(
        operation_summary="Clear a day",
        operation_description="Deletes the log of the day, if there is one.",
        responses={204: "Cleared."},
    )
    def delete(self, request: Request, track_id: int, day: str) -> Response:
        days.clear_day(user=user_of(request), track_id=track_id, day=_day(day), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class BulkView(APIView):
    """Many days of one of the user's tracks."""

    @swagger_auto_schema(
        operation_summary="Set many days",
        operation_description="Up to 366 days. All are saved, or none. If a day is given twice, the last entry counts.",
        request_body=serializers.BulkSerializer,
        responses={200: serializers.LogSerializer(many=True)},
    )
    def post(self, request: Request, track_id: int) -> Response:
        day_entries = [days.DayEntry(**each) for each in valid(serializers.BulkSerializer, request)["days"]]
        logs = days.set_days(
            user=user_of(request), track_id=track_id, days=day_entries, source=_source(request), now=clock.now()
        )
        return Response(serializers.LogSerializer(logs, many=True).data)


class AddView(APIView):
    """Add to the amount of one day."""

    @swagger_auto_schema(
        operation_summary="Add to a day",
        operation_description="Adds an amount to what was done on the day; safe for simultaneous requests. With an "
        "Idempotency-Key header a repeated request changes nothing.",
        request_body=serializers.AmountSerializer,
        responses={200: serializers.LoggedSerializer},
    )
    def post(self, request: Request, track_id: int, day: str) -> Response:
        now = clock.now()
        log = days.add_amount(
            user=user_of(request),
            track_id=track_id,
            day=_day(day),
            source=_source(request),
            key=_idempotency_key(request),
            now=now,
            **valid(serializers.AmountSerializer, request),
        )
        return Response(serializers.LoggedSerializer(log, context={"now": now}).data)


class PauseViewSet(viewsets.ReadOnlyModelViewSet[Pause]):
    """The user's pauses, of one track or of all tracks (holidays)."""

    list_title, object_title = "My pauses", "One of my pauses"
    serializer_class = serializers.PauseSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Pause.objects.none()

    def get_queryset(self) -> QuerySet[Pause]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.pauses_of(user_of(self.request))

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
        operation_description="Changes its first or last day. The track stays.",
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
        operation_description="Its days are due again, including past days. To end a running pause, set its last_day.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        pauses.remove(user=user_of(request), pause_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class TodayView(APIView):
    @swagger_auto_schema(
        operation_summary="Today",
        operation_description="The tracks for which your local today is a target day, including done ones: whether each "
        "is due, its status, the progress of its period, and whether its streak is at risk.",
        responses={200: serializers.TodaySerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        today_entries = entries(user_of(request), now=now)
        strengths = {entry.track.pk: entry.strength for entry in today_entries}
        serializer = serializers.TodaySerializer(context=context_of(request, now) | {"strengths": strengths})
        return Response([serializer.to_representation(entry) for entry in today_entries])


class MeView(APIView):
    throttle_classes = [AddressChangeThrottle]

    @swagger_auto_schema(
        operation_summary="My profile",
        operation_description="Your profile, the state of your Telegram chat, and your tracks with their streaks.",
        responses={200: serializers.MeSerializer},
    )
    def get(self, request: Request) -> Response:
        return self.respond(request)

    @swagger_auto_schema(
        operation_summary="Replace my profile",
        operation_description="A new e-mail address takes effect when you open the link that we mail to it.",
        request_body=ProfileSerializer,
        responses={200: serializers.MeSerializer},
    )
    def put(self, request: Request) -> Response:
        return self.edit(request, partial=False)

    @swagger_auto_schema(
        operation_summary="Change my profile",
        operation_description="A new e-mail address takes effect when you open the link that we mail to it.",
        request_body=ProfileSerializer,
        responses={200: serializers.MeSerializer},
    )
    def patch(self, request: Request) -> Response:
        return self.edit(request, partial=True)

    @swagger_auto_schema(
        operation_summary="Delete my account",
        operation_description="Requires the password. Deletes the account and all of your data. Habits that other people "
        "follow are kept for them without an owner.",
        request_body=PasswordSerializer,
        responses={204: "Deleted."},
    )
    def delete(self, request: Request) -> Response:
        password = valid(PasswordSerializer, request)["password"]
        user_services.delete_account(user=user_of(request), password=password, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def edit(self, request: Request, *, partial: bool) -> Response:
        changes = valid(ProfileSerializer, request, partial=partial)
        request.user = user_services.edit_profile(user=user_of(request), now=clock.now(), **changes)
        return self.respond(request)

    def respond(self, request: Request) -> Response:
        now = clock.now()
        tracks = list(queries.tracks_of(user_of(request), now=now))
        context = tracks_context(request, tracks, now) | {"tracks": tracks}
        return Response(serializers.MeSerializer(user_of(request), context=context).data)


def _day(text: str) -> date:
    """Return the day from the path. Raises DomainError for an invalid date."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("invalid", "Invalid date. Use YYYY-MM-DD.", "day") from error


def _idempotency_key(request: Request) -> str:
    """Return the client's Idempotency-Key, or "". Raises DomainError if it is too long or not printable."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > 100 or not key.isprintable():
        raise DomainError("invalid", "The key can have up to 100 printable characters.", "Idempotency-Key")
    return key


def _source(request: Request) -> str:
    """Return WEB if the web client sent its header, otherwise API."""
    web = request.headers.get("X-Client") == "web"
    return HabitLog.Source.WEB if web else HabitLog.Source.API
