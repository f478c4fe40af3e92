"""The API views of accounts: registration, confirmation, sign-in, token refresh, sessions, passwords."""

from typing import Any, NoReturn

from django.db.models import QuerySet
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.parsing import FormBody, JSONBody
from common.throttling import MailThrottle, NamesThrottle, SecretThrottle, StrangerThrottle
from users import access, invitations, serializers, services, sessions
from users.attempts import SignInThrottle
from users.models import Session
from users.providers import header
from users.requests import device_of, session_id_of, set_device_cookie, user_of


class AnonymousView(APIView):
    """A view that needs no authentication. Throttled by network address."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [StrangerThrottle]

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class RegisterView(AnonymousView):
    parser_classes = [JSONBody, FormBody]
    throttle_classes = [StrangerThrottle, NamesThrottle]

    @swagger_auto_schema(
        operation_summary="Register",
        operation_description="Creates an account. It can sign in after its address is confirmed by the link in the mail. "
        "`limits/` says whether everyone can sign up here, only who has an `invitation`, or nobody.",
        request_body=serializers.RegisterSerializer,
        responses={201: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = invitations.sign_up(**valid(serializers.RegisterSerializer, request), now=clock.now())
        return Response(serializers.RegisteredSerializer(user).data, status=status.HTTP_201_CREATED)


class ConfirmView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Confirm an address",
        operation_description="Uses the link in the mail: activates the account with the password that is given here, "
        "or replaces the e-mail address with the new one. The password given at registering opens nothing by itself.",
        request_body=serializers.ConfirmSerializer,
        responses={200: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = services.confirm(**valid(serializers.ConfirmSerializer, request), now=clock.now())
        return Response(serializers.RegisteredSerializer(user).data)


class ResendConfirmationView(AnonymousView):
    throttle_classes = [StrangerThrottle, MailThrottle]

    @swagger_auto_schema(
        operation_summary="Send the confirmation mail again",
        operation_description="Returns 202 for known and unknown addresses alike.",
        request_body=serializers.EmailSerializer,
        responses={202: "Accepted."},
    )
    def post(self, request: Request) -> Response:
        services.request_confirmation(**valid(serializers.EmailSerializer, request), now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class TokenView(AnonymousView):
    parser_classes = [JSONBody, FormBody]
    throttle_classes = [SignInThrottle]

    @swagger_auto_schema(
        operation_summary="Sign in",
        operation_description="Starts a session. Returns an access token (valid for 15 minutes) and a refresh token "
        "(valid for 30 days, for one use). A cookie lets the device be recognised at its next sign-in; a sign-in from "
        "a new device is told by mail. After too many attempts at an account no password is checked, except from a "
        "device that has signed in before; the owner is then mailed a link for `token/link/`.",
        request_body=serializers.SignInSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        given = valid(serializers.SignInSerializer, request)
        response = Response(sessions.sign_in(**given, device=device, now=clock.now()))
        set_device_cookie(response, device)
        return response

    def throttled(self, request: Request, wait: float | None) -> NoReturn:
        raise Throttled(wait, "Too many attempts. If the account exists, a mail with a sign-in link is on its way.")


class SignInLinkView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Sign in by a mailed link",
        operation_description="Uses the link that is mailed to the owner of an account after too many attempts at its "
        "password. It works once, for an hour. Returns the same as `token/`.",
        request_body=serializers.LinkTokenSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        token = valid(serializers.LinkTokenSerializer, request)["token"]
        response = Response(sessions.sign_in_by_link(token=token, device=device, now=clock.now()))
        set_device_cookie(response, device)
        return response


class RefreshView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Refresh the tokens",
        operation_description="Exchanges a refresh token for a new pair. If the answer was lost, the same token can be "
        "sent again for 60 seconds, while the new one is unused. Any later use of a used token ends its session.",
        request_body=serializers.RefreshSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        pair = sessions.refresh(
            token=token,
            device=device_of(request),
            now=clock.now(),
            is_refused=lambda user: header.names_another(request, user),
        )
        return Response(pair)


class RevokeView(APIView):
    @swagger_auto_schema(
        operation_summary="Sign out",
        operation_description="Ends the session of one of the caller's refresh tokens, with its access tokens.",
        request_body=serializers.RefreshSerializer,
        responses={204: "Revoked."},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        sessions.revoke(user=user_of(request), token=token, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Session]):
    """The devices on which the user is signed in."""

    list_title = "My sessions"
    serializer_class = serializers.SessionSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Session.objects.none()

    def get_queryset(self) -> QuerySet[Session]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return sessions.live_sessions(user=user_of(self.request), now=clock.now())

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "session_id": session_id_of(self.request)}

    @swagger_auto_schema(
        operation_summary="End a session",
        operation_description="Signs one device out: its tokens end at once, and its next sign-in is told by mail. "
        "Ending the current session is the same as signing out.",
        responses={204: "Ended."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        sessions.revoke_session(user=user_of(request), session_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(
        operation_summary="End all other sessions",
        operation_description="Signs every device out except the one that sends this. Their next sign-in is told by mail.",
        request_body=no_body,
        responses={204: "Ended."},
    )
    @action(detail=False, methods=["post"], url_path="end-others")
    def end_others(self, request: Request) -> Response:
        sessions.revoke_others(user=user_of(request), session_id=session_id_of(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    throttle_classes = [SecretThrottle]

    @swagger_auto_schema(
        operation_summary="Change the password",
        operation_description="Ends all sessions. Sign in again afterwards. `GET users/me/access/` "
        "lists what else has access and stays.",
        request_body=serializers.ChangePasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        given = valid(serializers.ChangePasswordSerializer, request)
        services.change_password(user=user_of(request), **given, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class RequestPasswordResetView(AnonymousView):
    throttle_classes = [StrangerThrottle, MailThrottle]

    @swagger_auto_schema(
        operation_summary="Request a password reset",
        operation_description="Returns 202 for known and unknown addresses alike.",
        request_body=serializers.EmailSerializer,
        responses={202: "Accepted."},
    )
    def post(self, request: Request) -> Response:
        services.request_password_reset(**valid(serializers.EmailSerializer, request), now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class CheckResetView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="What a password reset ends",
        operation_description="Returns what the reset by this link ends unless its `keep` names it: `chats`, `shares`. "
        "A pending e-mail address and keys always end. The link stays valid.",
        request_body=serializers.LinkTokenSerializer,
        responses={200: serializers.AccessSerializer},
    )
    def post(self, request: Request) -> Response:
        found = services.access_by_reset_link(**valid(serializers.LinkTokenSerializer, request), now=clock.now())
        return Response(serializers.AccessSerializer(found).data)


class AccessView(APIView):
    """What a session of the authenticated user may have made."""

    @swagger_auto_schema(
        operation_summary="What has access to my account",
        operation_description="A pending e-mail address, connected chats, the number of share links, and keys. A "
        "changed password ends none of them; each can be ended: `PATCH users/me/` with the current `email`, "
        "`DELETE tg/link/`, `DELETE shares/{id}/`, `DELETE keys/{id}/`.",
        responses={200: serializers.AccessSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(serializers.AccessSerializer(access.access_of(user_of(request), now=clock.now())).data)


class ResetPasswordView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Reset the password",
        operation_description="Uses the link in the mail to set a new password. Ends everything that a session could have "
        "made: all tokens, keys, a pending e-mail address, the Telegram chat and share links; the last two can be kept.",
        request_body=serializers.NewPasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        data = valid(serializers.NewPasswordSerializer, request)
        keep = [access.Keep(each) for each in data.pop("keep", [])]
        services.reset_password(**data, keep=keep, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
