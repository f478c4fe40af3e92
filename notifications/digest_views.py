"""The weekly digest over HTTP."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from notifications import digest
from notifications import digest_serializers as serializers
from users.requests import user_of


class DigestView(APIView):
    """The caller's weekly digest."""

    @swagger_auto_schema(
        operation_summary="My weekly digest",
        operation_description="Whether it comes, and on which day and at which hour of the caller's own clock.",
        responses={200: serializers.DigestSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.DigestSerializer(digest.of(user_of(request))).data)

    @swagger_auto_schema(
        operation_summary="Set my weekly digest",
        operation_description="Turns it on or off, and chooses its day and hour; what is left out stays as it is. It "
        "tells of seven days: those before its day, from noon on its day as well.",
        request_body=serializers.DigestSettingsSerializer,
        responses={200: serializers.DigestSerializer},
    )
    def put(self, request: Request) -> Response:
        given = valid(serializers.DigestSettingsSerializer, request)
        changed = digest.change(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.DigestSerializer(changed).data)
