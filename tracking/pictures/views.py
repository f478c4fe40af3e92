"""Views of pictures: SVG for the signed-in user, and JSON errors like the rest of the API."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.csp import PICTURE, policy
from common.rendering import JSONAnswer
from common.schema import THROTTLED
from common.work_limits import expensive_read
from tracking.insights.rules import RANGE_DAYS_TEXT, RANGES
from tracking.pictures import drawing
from users.requests import user_of
from users.scopes import Scope

RANGE = openapi.Parameter(
    "range",
    openapi.IN_QUERY,
    type=openapi.TYPE_STRING,
    enum=list(RANGES),
    default="last_year",
    description=f"The {RANGE_DAYS_TEXT} days up to today.",
)


class SvgRenderer(BaseRenderer):
    """Pass SVG text through unchanged."""

    media_type = "image/svg+xml"
    format = "svg"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return data


@method_decorator(policy(PICTURE), name="dispatch")
class PictureView(APIView):
    """Base of picture views. The Accept header is ignored."""

    renderer_classes = [SvgRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        return SvgRenderer(), SvgRenderer.media_type

    def handle_exception(self, exc: Exception) -> Response:
        """Return errors as JSON."""
        response = super().handle_exception(exc)
        self.request.accepted_renderer = JSONAnswer()
        self.request.accepted_media_type = JSONAnswer.media_type
        return response

    def svg_response(self, template: str, picture: object) -> Response:
        """Return the picture as an SVG response in the user's language."""
        with translation.override(user_of(self.request).language):
            svg = render_to_string(template, {"picture": picture})
        response = Response(svg, content_type=SvgRenderer.media_type)
        patch_vary_headers(response, ["Authorization"])
        return response


class HeatmapView(PictureView):
    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="Heatmap of a track",
        operation_description="The year up to today as an SVG picture with weeks as columns, for light and dark mode. "
        "The colour shows the share of the daily amount; missed, skipped and paused days also have a symbol. Of a limit "
        "habit it shows how little of the limit was used; days over it have the symbol of missed ones.",
        responses={200: "An SVG picture.", 429: THROTTLED},
    )
    def get(self, request: Request, track_id: int) -> Response:
        with expensive_read(user_id=user_of(request).pk):
            picture = drawing.heatmap(user=user_of(request), track_id=track_id, now=clock.now())
        return self.svg_response("tracking/heatmap.svg", picture)


class TrendView(PictureView):
    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="Success per week",
        operation_description="An SVG picture over all of your tracks, for light and dark mode: the success rate of the "
        "periods that ended in each week, and the four-week average as a line.",
        manual_parameters=[RANGE],
        responses={200: "An SVG picture.", 429: THROTTLED},
    )
    def get(self, request: Request) -> Response:
        range_name = request.query_params.get("range", "last_year")
        with expensive_read(user_id=user_of(request).pk):
            picture = drawing.trend(user=user_of(request), range_name=range_name, now=clock.now())
        return self.svg_response("tracking/trend.svg", picture)
