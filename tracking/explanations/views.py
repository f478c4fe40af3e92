"""The view of explanations."""

from typing import Any

from django.utils import translation
from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.pagination import PageNumbers
from common.schema import PAGE_PARAMETERS, THROTTLED
from common.work_limits import expensive_read
from tracking.explanations import queries, serializers
from users.requests import user_of
from users.scopes import Scope


class PeriodPagination(PageNumbers):
    page_size = 30


class ExplanationView(APIView):
    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="Why is the streak what it is?",
        operation_description="The periods that count towards the current streak, newest first, in pages of 30: back to "
        "the last broken one, which is included, or to where the habit or the unit of its streak begins (`start`, "
        "`starts_on`). The streak is the number of the kept ones. Each has its verdict, what was required and done, "
        "and the reasons, as codes and in sentences in your language.",
        manual_parameters=PAGE_PARAMETERS,
        responses={200: serializers.ExplanationSerializer, 429: THROTTLED},
    )
    def get(self, request: Request, track_id: int) -> Response:
        user, pages = user_of(request), PeriodPagination()
        with expensive_read(user_id=user.pk):
            found = queries.track_explanation(user=user, track_id=track_id, now=clock.now())
            page: Any = pages.paginate_queryset(found.explanation.periods, request, view=self) or []
            context = {
                "periods": queries.explained_periods(found, page),
                "next": pages.get_next_link(),
                "previous": pages.get_previous_link(),
            }
            with translation.override(user.language):
                return Response(serializers.ExplanationSerializer(found, context=context).data)
