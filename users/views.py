"""The API views of accounts: registration, confirmation, sign-in, token refresh, passwords."""

from typing import Any, NoReturn

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.throttling import MailThrottle, NamesThrottle, SecretThrottle, StrangerThrottle
from users import devices, serializers, services, sessions
from users.attempts import SignInThrottle
from users.models import User
from users.requests import user_of


class AnonymousView(APIView):
    """A view that needs no authentication. Throttled by network address."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [StrangerThrottle]

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class RegisterView(AnonymousView):
    throttle_classes = [StrangerThrottle, NamesThrottle]

    @swagger_auto_schema(
        operation_summary="Register",
        operation_description="Creates an account. It can sign in after its address is confirmed by the link in the mail.",
        request_body=serializers.RegisterSerializer,
        responses={201: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = services.register(**valid(serializers.RegisterSerializer, request), now=clock.now())
        return Response(serializers.RegisteredSerializer(user).data, status=status.HTTP_201_CREATED)


class ConfirmView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Confirm an address",
        operation_description="Uses the link in the mail: activates the account, or replaces the e-mail address with the new one.",
        request_body=serializers.LinkTokenSerializer,
        responses={200: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = services.confirm(**valid(serializers.LinkTokenSerializer, request), now=clock.now())
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
    throttle_classes = [SignInThrottle]

    @swagger_auto_schema(
        operation_summary="Sign in",
        operation_description="Returns an access token (valid for 15 minutes) and a refresh token (valid for 30 days, "
        "for one use). After too many attempts at an account no password is checked, except from a device that has signed "
        "in before (it has a cookie); the owner is then mailed a link for `token/link/`.",
        request_body=serializers.SignInSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        given = valid(serializers.SignInSerializer, request)
        response = Response(sessions.sign_in(**given))
        if user := User.objects.by_email(given["email"]):
            devices.remember(response, request=request, user=user)
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
        token = valid(serializers.LinkTokenSerializer, request)["token"]
        user, pair = sessions.sign_in_by_link(token=token, now=clock.now())
        response = Response(pair)
        devices.remember(response, request=request, user=user)
        return response


class RefreshView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Refresh the tokens",
        operation_description="Exchanges a refresh token for a new pair. Reusing a token more than 10 seconds "
        "after its first use revokes all refresh tokens of its user.",
        request_body=serializers.RefreshSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        return Response(sessions.refresh(token=token, now=clock.now()))


class RevokeView(APIView):
    @swagger_auto_schema(
        operation_summary="Sign out",
        operation_description="Revokes one refresh token of the caller.",
        request_body=serializers.RefreshSerializer,
        responses={204: "Revoked."},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        sessions.revoke(user=user_of(request), token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    throttle_classes = [SecretThrottle]

    @swagger_auto_schema(
        operation_summary="Change the password",
        operation_description="Revokes all refresh and access tokens. Sign in again afterwards.",
        request_body=serializers.ChangePasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        services.change_password(user=user_of(request), **valid(serializers.ChangePasswordSerializer, request))
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


class ResetPasswordView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Reset the password",
        operation_description="Uses the link in the mail to set a new password, and revokes all refresh tokens.",
        request_body=serializers.NewPasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        services.reset_password(**valid(serializers.NewPasswordSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)
