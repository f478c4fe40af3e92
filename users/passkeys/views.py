"""The API views of passkeys."""

from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from common.throttling import SecretThrottle
from users.models import Passkey
from users.passkeys import serializers, services
from users.providers.serializers import FreshPairSerializer
from users.requests import device_of, set_device_cookie, user_of
from users.serializers import PasswordSerializer
from users.views import AnonymousView


class BeginSignInView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Begin a sign-in by a passkey",
        operation_description="Returns what `navigator.credentials.get` is asked. It names no account: the person chooses a "
        "passkey. Needs a site with https (or on localhost), as `account.passkeys` of `limits/` says.",
        request_body=no_body,
        responses={200: serializers.RequestOptionsSerializer},
    )
    def post(self, request: Request) -> Response:
        valid(serializers.BeginSerializer, request)
        return Response({"options": services.begin_sign_in(now=clock.now())})


class SignInView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Sign in by a passkey",
        operation_description="Starts a session by what a passkey has signed after `token/passkey/begin/`, which is good "
        "once, for five minutes. The device must have verified its person. Otherwise as `token/`; the answer has a `proof` as well.",
        request_body=serializers.SignedByPasskeySerializer,
        responses={200: FreshPairSerializer},
    )
    def post(self, request: Request) -> Response:
        device, given = device_of(request), valid(serializers.SignedByPasskeySerializer, request)
        response = Response(services.sign_in(**given, device=device, now=clock.now()))
        set_device_cookie(response, device)
        return response


class PasskeyViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Passkey]):
    """The passkeys by which the user can sign in."""

    list_title = "My passkeys"
    serializer_class = serializers.PasskeySerializer
    throttle_classes = [SecretThrottle]
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Passkey.objects.none()

    def get_queryset(self) -> QuerySet[Passkey]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return user_of(self.request).passkeys.order_by("pk")

    @swagger_auto_schema(
        operation_summary="Begin adding a passkey",
        operation_description="Returns what `navigator.credentials.create` is asked. It needs your password.",
        request_body=PasswordSerializer,
        responses={200: serializers.CreationOptionsSerializer},
    )
    @action(detail=False, methods=["post"])
    def begin(self, request: Request) -> Response:
        given = valid(PasswordSerializer, request)
        return Response({"options": services.begin_adding(user=user_of(request), **given, now=clock.now())})

    @swagger_auto_schema(
        operation_summary="Add a passkey",
        operation_description="Takes what a device has made after `passkeys/begin/`. It is told by mail.",
        request_body=serializers.NewPasskeySerializer,
        responses={201: serializers.PasskeySerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewPasskeySerializer, request)
        made = services.add(user=user_of(request), **given, now=clock.now())
        return Response(serializers.PasskeySerializer(made).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Rename a passkey",
        request_body=serializers.PasskeyEditSerializer,
        responses={200: serializers.PasskeySerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(serializers.PasskeyEditSerializer, request)
        passkey = services.rename(user=user_of(request), passkey_id=int(pk), **given)
        return Response(serializers.PasskeySerializer(passkey).data)

    @swagger_auto_schema(
        operation_summary="Remove a passkey",
        operation_description="It needs your password, and is told by mail. Sessions that it has started stay. The only way "
        "in cannot be removed: choose a password first.",
        request_body=PasswordSerializer,
        responses={204: "Removed."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        given = valid(PasswordSerializer, request)
        services.remove(user=user_of(request), passkey_id=int(pk), **given, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(
        operation_summary="Begin a proof by a passkey",
        operation_description="Returns what `navigator.credentials.get` is asked: to sign by one of your passkeys.",
        request_body=no_body,
        responses={200: serializers.RequestOptionsSerializer},
    )
    @action(detail=False, methods=["post"], url_path="proof/begin")
    def begin_proof(self, request: Request) -> Response:
        valid(serializers.BeginSerializer, request)
        return Response({"options": services.begin_confirming(user=user_of(request), now=clock.now())})

    @swagger_auto_schema(
        operation_summary="Prove by a passkey that it is you",
        operation_description="Takes what a passkey of yours has signed after `passkeys/proof/begin/`. The `proof` stands for "
        "the password of an account without one.",
        request_body=serializers.SignedByPasskeySerializer,
        responses={200: serializers.ProofSerializer},
    )
    @action(detail=False, methods=["post"], url_path="proof")
    def prove(self, request: Request) -> Response:
        given = valid(serializers.SignedByPasskeySerializer, request)
        return Response({"proof": services.confirm(user=user_of(request), **given, now=clock.now())})
