"""Accounts over HTTP: register, confirm, sign in, refresh, passwords."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.throttling import AccountThrottle, StrangerThrottle
from users import serializers, services, sessions
from users.requests import user_of


class StrangerView(APIView):
    """A view for people who are not signed in."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [StrangerThrottle, AccountThrottle]

    def get_authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class RegisterView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Register",
        operation_description="Makes an account that waits for its address to be confirmed by the mailed link.",
        request_body=serializers.RegisterSerializer,
        responses={201: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = services.register(**valid(serializers.RegisterSerializer, request), now=clock.now())
        return Response(serializers.RegisteredSerializer(user).data, status=status.HTTP_201_CREATED)


class ConfirmView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Confirm an address",
        operation_description="Spends the mailed link: activates the account, or makes a changed address count.",
        request_body=serializers.LinkTokenSerializer,
        responses={200: serializers.RegisteredSerializer},
    )
    def post(self, request: Request) -> Response:
        user = services.confirm(**valid(serializers.LinkTokenSerializer, request), now=clock.now())
        return Response(serializers.RegisteredSerializer(user).data)


class ResendView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Send the confirmation mail again",
        operation_description="Answers 202 alike for known and unknown addresses.",
        request_body=serializers.EmailSerializer,
        responses={202: "Accepted."},
    )
    def post(self, request: Request) -> Response:
        services.request_confirmation(**valid(serializers.EmailSerializer, request), now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class TokenView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Sign in",
        operation_description="An access token (15 minutes) and a refresh token (30 days, used once).",
        request_body=serializers.SignInSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        return Response(sessions.sign_in(**valid(serializers.SignInSerializer, request)))


class RefreshView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Refresh",
        operation_description="Uses up the refresh token for a new pair. A used one that comes back later "
        "than 10 seconds ends all refresh tokens of its user.",
        request_body=serializers.RefreshSerializer,
        responses={200: serializers.PairSerializer},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        return Response(sessions.refresh(token=token, now=clock.now()))


class RevokeView(APIView):
    @swagger_auto_schema(
        operation_summary="Sign out",
        operation_description="Ends one refresh token of the caller.",
        request_body=serializers.RefreshSerializer,
        responses={204: "Ended."},
    )
    def post(self, request: Request) -> Response:
        token = valid(serializers.RefreshSerializer, request)["refresh"]
        sessions.end(user=user_of(request), token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChangePasswordView(APIView):
    @swagger_auto_schema(
        operation_summary="Change the password",
        operation_description="Ends all refresh tokens and access tokens: sign in again.",
        request_body=serializers.ChangePasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        services.change_password(user=user_of(request), **valid(serializers.ChangePasswordSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RequestResetView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Ask for a password reset",
        operation_description="Answers 202 alike for known and unknown addresses.",
        request_body=serializers.EmailSerializer,
        responses={202: "Accepted."},
    )
    def post(self, request: Request) -> Response:
        services.request_password_reset(**valid(serializers.EmailSerializer, request), now=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class ResetView(StrangerView):
    @swagger_auto_schema(
        operation_summary="Reset the password",
        operation_description="Spends the mailed link and ends all refresh tokens.",
        request_body=serializers.NewPasswordSerializer,
        responses={204: "Changed."},
    )
    def post(self, request: Request) -> Response:
        services.reset_password(**valid(serializers.NewPasswordSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)
