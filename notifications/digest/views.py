"""HTTP views of the weekly digest."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from notifications.digest import serializers
from notifications.digest import services as digest
from users.requests import user_of


class DigestView(APIView):
    """The weekly digest of the authenticated user."""

    @swagger_auto_schema(
        operation_summary="My weekly digest",
        operation_description="Whether it is on, and its weekday and hour on your own clock.",
        responses={200: serializers.DigestSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.DigestSerializer(digest.settings_of(user_of(request))).data)

    @swagger_auto_schema(
        operation_summary="Set my weekly digest",
        operation_description="Turns the digest on or off and sets its weekday and hour. Fields that you leave out keep "
        "their values. A digest covers seven days: the seven before its day or, from 12:00 on, its day and the six "
        "before it.",
        request_body=serializers.DigestSettingsSerializer,
        responses={200: serializers.DigestSerializer},
    )
    def put(self, request: Request) -> Response:
        data = valid(serializers.DigestSettingsSerializer, request)
        changed = digest.update(user=user_of(request), now=clock.now(), **data)
        return Response(serializers.DigestSerializer(changed).data)
