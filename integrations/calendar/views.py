"""API views of the calendar address, for its owner. No key reaches them."""

from django.http import Http404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.schema import NOT_FOUND
from integrations.calendar import queries, serializers, services
from integrations.models import CalendarFeed
from users.requests import user_of


class CalendarView(APIView):
    """The calendar address of the authenticated user."""

    @swagger_auto_schema(
        operation_summary="My calendar address",
        operation_description="A secret address (iCalendar) to which a calendar program can subscribe: your reminders of "
        "the last 30 days and the next 60. `is_on` is false and `address` empty while there is none.",
        responses={200: serializers.CalendarSerializer},
    )
    def get(self, request: Request) -> Response:
        feed = queries.feed_of(user_of(request)) or CalendarFeed()
        return Response(serializers.CalendarSerializer(feed).data)

    @swagger_auto_schema(
        operation_summary="Turn my calendar address on",
        operation_description="Makes the address if there is none, and sets its alarm.",
        request_body=serializers.CalendarSettingsSerializer,
        responses={200: serializers.CalendarSerializer},
    )
    def put(self, request: Request) -> Response:
        given = valid(serializers.CalendarSettingsSerializer, request)
        feed = services.open_feed(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.CalendarSerializer(feed).data)

    @swagger_auto_schema(
        operation_summary="Turn my calendar address off",
        operation_description="The address stops working at once.",
        responses={204: "It is off."},
    )
    def delete(self, request: Request) -> Response:
        services.close_feed(user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class NewAddressView(APIView):
    """Replaces the secret address."""

    @swagger_auto_schema(
        operation_summary="Replace my calendar address",
        operation_description="The old address stops working at once. 404 while the calendar is off.",
        responses={200: serializers.CalendarSerializer, 404: NOT_FOUND},
    )
    def post(self, request: Request) -> Response:
        try:
            feed = services.replace_address(user=user_of(request), now=clock.now())
        except CalendarFeed.DoesNotExist:
            raise Http404 from None
        return Response(serializers.CalendarSerializer(feed).data)
