"""View of the product's numbers."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_yasg.utils import swagger_auto_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.limits.queries import all_limits
from config.limits.serializers import LimitsSerializer

CACHED_FOR = 3600  # seconds; the numbers change with an upgrade or a setting only


class LimitsView(APIView):
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @swagger_auto_schema(
        operation_summary="Limits",
        operation_description="The numbers that forms need: lengths in characters, durations in seconds, ranges (null: "
        "today), choices, and how many of a thing there can be. No sign-in is needed; the answer may be cached for an hour.",
        responses={200: LimitsSerializer},
    )
    @method_decorator(cache_control(public=True, max_age=CACHED_FOR))
    def get(self, request: Request) -> Response:
        return Response(all_limits())
