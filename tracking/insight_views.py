"""Progress and summary over HTTP."""

from datetime import date, datetime
from typing import Any

from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.pagination import PageNumbers
from common.schema import error
from tracking import insight_serializers as serializers
from tracking import queries
from tracking.progress import progress
from tracking.summary import summary
from users.requests import user_of


class HabitPages(PageNumbers):
    page_size = 100


BAD_RANGE = error("The range or a filter is refused.", "validation_error", "range_too_long", "At most 366 days.", "to")
PAGED = [
    openapi.Parameter("page", openapi.IN_QUERY, type=openapi.TYPE_INTEGER, description="The page of habits."),
    openapi.Parameter("page_size", openapi.IN_QUERY, type=openapi.TYPE_INTEGER, description="Habits a page, to 100."),
]


class ProgressView(APIView):
    @swagger_auto_schema(
        operation_summary="Progress",
        operation_description="The caller's habits over a range of days, a page of habits at a time: each day's "
        "status and amount, and each period that touches the range with its verdict, kept, open, excused or broken.",
        query_serializer=serializers.ProgressQuerySerializer,
        manual_parameters=PAGED,
        responses={
            200: openapi.Response(
                "A page of habits.",
                examples={
                    "application/json": {
                        "count": 1,
                        "next": None,
                        "previous": None,
                        "results": [serializers.PROGRESS_EXAMPLE],
                    }
                },
            ),
            400: BAD_RANGE,
        },
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        asked, today = _asked(serializers.ProgressQuerySerializer, request, now)
        first, last = asked.pop("first"), asked.pop("last")
        tracks = queries.tracks_named(user_of(request), now=now, today=today, **asked)
        shown, pages = serializers.ProgressSerializer(), PageNumbers()
        page = pages.paginate_queryset(tracks, request, view=self) or []
        found = progress(page, first=first, last=last, today=today)
        return pages.get_paginated_response([shown.to_representation(each) for each in found])


class SummaryView(APIView):
    @swagger_auto_schema(
        operation_summary="Summary",
        operation_description="What a range of days adds up to, over all and for each of the caller's habits: "
        "completed days, success rate, strength, streaks, best weekday and hour, the change against as many days "
        "right before, what is at risk today, and weekly and monthly series. Over all counts every habit; `habits` "
        "are a page of them, 100 unless said otherwise.",
        query_serializer=serializers.RangeSerializer,
        manual_parameters=PAGED,
        responses={200: serializers.SummarySerializer, 400: BAD_RANGE},
    )
    def get(self, request: Request) -> Response:
        now = clock.now()
        asked, _ = _asked(serializers.RangeSerializer, request, now)
        found = summary(user_of(request), now=now, **asked)
        pages = HabitPages()
        page = pages.paginate_queryset(found.habits, request, view=self) or []
        links = {"next": pages.get_next_link(), "previous": pages.get_previous_link()}
        return Response(serializers.SummarySerializer(found, context=links | {"habits": page}).data)


def _asked(
    serializer: type[serializers.RangeSerializer], request: Request, now: datetime
) -> tuple[dict[str, Any], date]:
    """The query's parameters, with the range that they mean, and the caller's today."""
    today = user_of(request).clock.day_of(now)
    asked = serializer(data=request.query_params, context={"today": today})
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data), today
