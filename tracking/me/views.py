"""View of the authenticated user: profile, habits with streaks."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.throttling import RenameThrottle, SecretThrottle
from tracking.me import serializers
from tracking.tracks import queries
from tracking.tracks.related import load_related
from tracking.tracks.views import tracks_context
from users import services as user_services
from users.requests import is_by_key, may_also, user_of
from users.scopes import Scope
from users.serializers import PasswordSerializer, ProfileEditSerializer


class MeView(APIView):
    key_scopes = {"get": Scope.PROFILE_READ}
    throttle_classes = [RenameThrottle, SecretThrottle]

    @swagger_auto_schema(
        operation_summary="My profile",
        operation_description="Your profile, the state of your Telegram chat, and your tracks with their streaks. A key "
        "sees neither the e-mail address nor the chat, and the tracks only with habits:read.",
        responses={200: serializers.MeSerializer},
    )
    def get(self, request: Request) -> Response:
        return self.respond(request)

    @swagger_auto_schema(
        operation_summary="Change my profile (PUT)",
        operation_description="The same as PATCH: fields that are left out keep their values. A new e-mail address "
        "needs the password. It takes effect when you open the link that we mail to it; the old address is told.",
        request_body=ProfileEditSerializer,
        responses={200: serializers.MeSerializer},
    )
    def put(self, request: Request) -> Response:
        return self.edit(request)

    @swagger_auto_schema(
        operation_summary="Change my profile",
        operation_description="Fields that are left out keep their values. A new e-mail address needs the password. It "
        "takes effect when you open the link that we mail to it; the old address is told.",
        request_body=ProfileEditSerializer,
        responses={200: serializers.MeSerializer},
    )
    def patch(self, request: Request) -> Response:
        return self.edit(request)

    @swagger_auto_schema(
        operation_summary="Delete my account",
        operation_description="Requires the password. Deletes the account and all of your data. Habits that other people "
        "follow are kept for them without an owner.",
        request_body=PasswordSerializer,
        responses={204: "Deleted."},
    )
    def delete(self, request: Request) -> Response:
        password = valid(PasswordSerializer, request)["password"]
        user_services.delete_account(user=user_of(request), password=password, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def edit(self, request: Request) -> Response:
        changes = valid(ProfileEditSerializer, request, partial=True)
        request.user = user_services.edit_profile(user=user_of(request), now=clock.now(), **changes)
        return self.respond(request)

    def respond(self, request: Request) -> Response:
        now, user = clock.now(), user_of(request)
        hidden = serializers.NOT_FOR_KEYS if is_by_key(request) else ()
        if may_also(request, Scope.HABITS_READ):
            tracks = load_related(queries.tracks_of_users([user]), [user])
        else:
            tracks, hidden = [], (*hidden, "tracks")
        context = tracks_context(request, tracks, now) | {"tracks": tracks, "hidden": hidden}
        return Response(serializers.MeSerializer(user, context=context).data)
