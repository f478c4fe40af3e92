"""Pictures over HTTP: SVG for their owner; refusals in the API's error shape."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from tracking import drawing
from users.requests import user_of

RANGE = openapi.Parameter(
    "range",
    openapi.IN_QUERY,
    type=openapi.TYPE_STRING,
    enum=list(drawing.RANGES),
    default="last_year",
    description="The 7, 30 or 365 days up to today.",
)


class SvgRenderer(BaseRenderer):
    """Text that is SVG already."""

    media_type = "image/svg+xml"
    format = "svg"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return data


class PictureView(APIView):
    """A picture whatever the client says that it accepts; the browser may keep it for a minute, for its user only."""

    renderer_classes = [SvgRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        return SvgRenderer(), SvgRenderer.media_type

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return response

    def drawn(self, template: str, picture: object) -> Response:
        with translation.override(user_of(self.request).language):
            svg = render_to_string(template, {"picture": picture})
        response = Response(svg, content_type=SvgRenderer.media_type)
        patch_cache_control(response, private=True, max_age=60)
        patch_vary_headers(response, ["Authorization"])
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return response


class HeatmapView(PictureView):
    @swagger_auto_schema(
        operation_summary="Heatmap of a track",
        operation_description="A year of days up to today as an SVG picture, weeks as columns, light and dark: the "
        "share of the daily amount by colour; missed, skipped and paused days by a sign as well.",
        responses={200: "An SVG picture."},
    )
    def get(self, request: Request, track_id: int) -> Response:
        picture = drawing.heatmap(user=user_of(request), track_id=track_id, now=clock.now())
        return self.drawn("tracking/heatmap.svg", picture)


class TrendView(PictureView):
    @swagger_auto_schema(
        operation_summary="Success per week",
        operation_description="An SVG picture, light and dark, over all of the caller's tracks: for each week the "
        "success of the periods that ended in it, and a line through the last four weeks.",
        manual_parameters=[RANGE],
        responses={200: "An SVG picture."},
    )
    def get(self, request: Request) -> Response:
        range_name = request.query_params.get("range", "last_year")
        return self.drawn(
            "tracking/trend.svg", drawing.trend(user=user_of(request), range_name=range_name, now=clock.now())
        )
