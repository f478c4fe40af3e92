"""Views of logs."""

from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.days import day_in_path
from common.errors import DomainError
from common.http import idempotency_key, valid, valid_query
from common.limits import MAX_LARGE_BODY_BYTES
from common.pagination import PageNumbers
from common.schema import PAGE_PARAMETERS, page_response
from tracking.logs import queries, serializers
from tracking.logs import services as days
from tracking.logs.rules import MAX_DAYS_AT_ONCE
from tracking.models import HabitLog, HabitTrack
from users.requests import user_of
from users.scopes import Scope


class LogsView(APIView):
    """The logs of one of the user's tracks."""

    key_scopes = {"get": Scope.LOGS_READ}

    @swagger_auto_schema(
        operation_summary="The logs of a track",
        operation_description="What you logged, by day, in pages: with notes, sources and times. Days without a log are "
        "left out. `from` and `to` are both optional.",
        query_serializer=serializers.LogsQuerySerializer,
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_response("A page of logs.", serializers.LOG_EXAMPLE, **serializers.LOG_OTHERS)},
    )
    def get(self, request: Request, track_id: int) -> Response:
        track = get_object_or_404(HabitTrack, user=user_of(request), pk=track_id)
        chosen = valid_query(serializers.LogsQuerySerializer, request)
        pages = PageNumbers()
        page = pages.paginate_queryset(queries.logs_of(track, **chosen), request, view=self) or []
        return pages.get_paginated_response(serializers.LogSerializer(page, many=True).data)


class LogView(APIView):
    """One day of one of the user's tracks."""

    key_scopes = {"get": Scope.LOGS_READ, "put": Scope.LOGS_WRITE, "delete": Scope.LOGS_WRITE}

    @swagger_auto_schema(
        operation_summary="Read a day",
        operation_description="Answers 404 if the day has no log.",
        responses={200: serializers.LogSerializer},
    )
    def get(self, request: Request, track_id: int, day: str) -> Response:
        track = get_object_or_404(HabitTrack, user=user_of(request), pk=track_id)
        log = get_object_or_404(HabitLog, track=track, day=day_in_path(day))
        return Response(serializers.LogSerializer(log).data)

    @swagger_auto_schema(
        operation_summary="Set a day",
        operation_description="Records a local day, today or earlier. Fields that are left out keep their values: "
        "a status alone keeps the note. Repeating the request changes nothing. A day before the start of the track moves "
        "the start back. Of a limit habit, give the amount of what happened (0: nothing), or skip the day. The answer has "
        "what the day said `before`: PUT it as it is (or DELETE the day if it is null) to undo the request. That brings "
        "back status, amount, note and time of completion; `source` says who wrote last.",
        request_body=serializers.DaySerializer,
        responses={200: serializers.LoggedSerializer},
    )
    def put(self, request: Request, track_id: int, day: str) -> Response:
        now = clock.now()
        write = days.set_day(
            user=user_of(request),
            track_id=track_id,
            day=day_in_path(day),
            source=_source(request),
            now=now,
            **valid(serializers.DaySerializer, request),
        )
        return Response(serializers.LoggedSerializer(write, context={"now": now}).data)

    @swagger_auto_schema(
        operation_summary="Clear a day",
        operation_description="Deletes the log of the day, if there is one. The answer has what it said `before`: PUT it "
        "as it is to undo the request.",
        responses={200: serializers.ClearedSerializer},
    )
    def delete(self, request: Request, track_id: int, day: str) -> Response:
        now = clock.now()
        deletion = days.clear_day(user=user_of(request), track_id=track_id, day=day_in_path(day), now=now)
        return Response(serializers.ClearedSerializer(deletion, context={"now": now}).data)


class BulkView(APIView):
    """Many days of one of the user's tracks."""

    key_scopes = {"post": Scope.LOGS_WRITE}
    max_body_bytes = MAX_LARGE_BODY_BYTES

    @swagger_auto_schema(
        operation_summary="Set many days",
        operation_description=f"Up to {MAX_DAYS_AT_ONCE} days. All are saved, or none. If a day is given twice, the "
        "entries are applied in order. Each day of the answer has what it said `before` the request.",
        request_body=serializers.BulkSerializer,
        responses={200: serializers.BulkLoggedSerializer(many=True)},
    )
    def post(self, request: Request, track_id: int) -> Response:
        day_entries = [days.DayEntry(**each) for each in valid(serializers.BulkSerializer, request)["days"]]
        try:
            writes = days.set_days(
                user=user_of(request), track_id=track_id, days=day_entries, source=_source(request), now=clock.now()
            )
        except DomainError as error:
            raise error.within("days") from error
        serializer = serializers.BulkLoggedSerializer()
        return Response([serializer.to_representation(write) for write in writes])


class AddView(APIView):
    """Add to the amount of one day."""

    key_scopes = {"post": Scope.LOGS_WRITE}

    @swagger_auto_schema(
        operation_summary="Add to a day",
        operation_description="Adds an amount to what was done on the day; safe for simultaneous requests. With an "
        "Idempotency-Key header a repeated request changes nothing, and its answer has what stood before the addition. To "
        "undo it, PUT `before`, or DELETE the day if it is null.",
        request_body=serializers.AmountSerializer,
        responses={200: serializers.LoggedSerializer},
    )
    def post(self, request: Request, track_id: int, day: str) -> Response:
        now = clock.now()
        write = days.add_amount(
            user=user_of(request),
            track_id=track_id,
            day=day_in_path(day),
            source=_source(request),
            key=idempotency_key(request),
            now=now,
            **valid(serializers.AmountSerializer, request),
        )
        return Response(serializers.LoggedSerializer(write, context={"now": now}).data)


def _source(request: Request) -> str:
    """Return WEB if the web client sent its header, otherwise API."""
    web = request.headers.get("X-Client") == "web"
    return HabitLog.Source.WEB if web else HabitLog.Source.API
