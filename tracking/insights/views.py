"""Views of progress and summary."""

from datetime import date, datetime
from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.days import day_in_path
from common.http import valid_query
from common.limits import MAX_PAGE_SIZE
from common.pagination import PageNumbers
from common.schema import PAGE_PARAMETERS, THROTTLED, error, page_response
from common.work_limits import expensive_read
from tracking.insights import serializers
from tracking.insights.progress import progress
from tracking.insights.rules import MAX_RANGE_DAYS
from tracking.insights.summary import summary
from tracking.insights.today import TodayEntry, entries, entries_of_day
from tracking.tags.queries import tag_names
from tracking.tracks import queries
from tracking.tracks.related import load_related
from tracking.tracks.serializers import TracksQuerySerializer
from tracking.tracks.views import context_of
from users.requests import user_of
from users.scopes import Scope


class HabitPagination(PageNumbers):
    page_size = MAX_PAGE_SIZE


BAD_RANGE = error(
    "The range or a filter is invalid.",
    "validation_error",
    "range_too_long",
    f"The range can have at most {MAX_RANGE_DAYS} days.",
    "to",
)


class ProgressView(APIView):
    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="Progress",
        operation_description="Your habits over a range of days, in pages: the status and amount of each day, and each "
        "period that overlaps the range with its verdict: kept, open, excused or broken. A period of a limit habit has "
        "1 of 1 if it is kept, and its `limit` says how much of it is used.",
        query_serializer=serializers.ProgressQuerySerializer,
        manual_parameters=PAGE_PARAMETERS,
        responses={
            200: page_response("A page of habits.", serializers.PROGRESS_EXAMPLE, **serializers.PROGRESS_OTHERS),
            400: BAD_RANGE,
            429: THROTTLED,
        },
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        params, today = _parse_query(serializers.ProgressQuerySerializer, request, now)
        first, last = params.pop("first"), params.pop("last")
        user, pages = user_of(request), PageNumbers()
        tracks = queries.filtered_tracks(user, today=today, **params)
        page = load_related(pages.paginate_queryset(tracks, request, view=self) or [], [user])
        with expensive_read(user_id=user.pk):
            results = progress(page, first=first, last=last, today=today)
        serializer = serializers.ProgressSerializer()
        return pages.get_paginated_response([serializer.to_representation(each) for each in results])


class SummaryView(APIView):
    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="Summary",
        operation_description="Totals of a range of days, over all and for each of your habits: completed days, success "
        "rate, strength, streaks, best weekday and hour (`by_weekday` from Monday, `by_hour` from midnight), the change from the same number of days before, what is at "
        "risk today, and weekly and monthly series. `overall` includes every habit; `habits` is one page of them, "
        "100 by default.",
        query_serializer=serializers.SummaryQuerySerializer,
        manual_parameters=PAGE_PARAMETERS,
        responses={200: serializers.SummarySerializer, 400: BAD_RANGE, 429: THROTTLED},
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        params, _ = _parse_query(serializers.SummaryQuerySerializer, request, now)
        with expensive_read(user_id=user_of(request).pk):
            result = summary(user_of(request), now=now, **params)
        pages = HabitPagination()
        page = pages.paginate_queryset(result.habits, request, view=self) or []
        links = {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
        return Response(serializers.SummarySerializer(result, context=links | {"habits": page}).data)


def _parse_query(
    serializer: type[serializers.RangeSerializer], request: Request, now: datetime
) -> tuple[dict[str, Any], date]:
    """Return the validated query parameters with the resolved range, and the user's local today."""
    today = user_of(request).clock.day_of(now)
    return valid_query(serializer, request, context={"today": today}), today


class TodayView(APIView):
    key_scopes = {"get": Scope.LOGS_READ}

    @swagger_auto_schema(
        operation_summary="Today",
        operation_description="The tracks for which your local today is a target day, including done ones: whether each "
        "is due, its status, the progress of its period, and whether its streak is at risk. They are in your own order; "
        "those that have no place in it come last, by time of day. A limit habit is in the list on every day, never due "
        "and never at risk: its `limit` says how much of the limit of its period is used.",
        query_serializer=TracksQuerySerializer,
        responses={200: serializers.TodaySerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        chosen = valid_query(TracksQuerySerializer, request)
        return _day_response(request, entries(user_of(request), now=now, **chosen), now)


class DayView(APIView):
    key_scopes = {"get": Scope.LOGS_READ}

    @swagger_auto_schema(
        operation_summary="A day",
        operation_description="What `today/` says, of any local day up to today, as of that day: `due` and `done` do not "
        "count what was logged for later days. `at_risk` is about today only. A day in the future, or one that your time "
        "zone skips, is a 400.",
        query_serializer=TracksQuerySerializer,
        responses={200: serializers.TodaySerializer(many=True)},
    )
    def get(self, request: Request, day: str) -> Response:
        now = clock.now()
        chosen = valid_query(TracksQuerySerializer, request)
        return _day_response(request, entries_of_day(user_of(request), day_in_path(day), now=now, **chosen), now)


def _day_response(request: Request, found: list[TodayEntry], now: datetime) -> Response:
    strengths = {entry.track.pk: entry.strength for entry in found}
    context = context_of(request, now) | {"strengths": strengths, "tags": tag_names(user_of(request))}
    serializer = serializers.TodaySerializer(context=context)
    return Response([serializer.to_representation(entry) for entry in found])
