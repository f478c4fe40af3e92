"""The API views of signing in by other services."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.errors import DomainError
from common.http import valid
from common.throttling import SecretThrottle
from users import tokens
from users.models import Identity
from users.providers import header, serializers, services
from users.providers.pages import TICKET_COOKIE, provider_of
from users.requests import device_of, set_device_cookie, user_of
from users.serializers import PasswordSerializer
from users.services import check_current_password
from users.views import AnonymousView


class TicketView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Sign in by another service",
        operation_description="For the browser that `auth/{provider}/` has just sent back: its cookie holds a ticket, good "
        "for one session, for a minute.",
        request_body=no_body,
        responses={200: serializers.FreshPairSerializer},
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        ticket = request.COOKIES.get(TICKET_COOKIE, "")
        response = Response(services.use_ticket(ticket=ticket, device=device, now=clock.now()))
        set_device_cookie(response, device)
        response.delete_cookie(TICKET_COOKIE, path=settings.SESSION_COOKIE_PATH)
        return response


class HeaderView(AnonymousView):
    @swagger_auto_schema(
        operation_summary="Sign in by a proxy",
        operation_description="Where the operator's proxy has signed the person in and says so in a header. Others cannot "
        "send it.",
        request_body=no_body,
        responses={200: serializers.FreshPairSerializer},
    )
    def post(self, request: Request) -> Response:
        device = device_of(request)
        response = Response(header.sign_in(request=request, device=device, now=clock.now()))
        set_device_cookie(response, device)
        return response


class IdentityViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Identity]):
    """The other services by which the user can sign in."""

    list_title = "My ways to sign in"
    serializer_class = serializers.IdentitySerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Identity.objects.none()

    def get_queryset(self) -> QuerySet[Identity]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return user_of(self.request).identities.order_by("pk")

    def get_serializer_context(self) -> dict[str, Any]:
        providers = {each.issuer: each.name for each in settings.OIDC_PROVIDERS}
        return {**super().get_serializer_context(), "providers": providers}

    def get_throttles(self) -> list[Any]:
        return [*super().get_throttles(), *([SecretThrottle()] if self.action in {"create", "destroy"} else [])]

    @swagger_auto_schema(
        operation_summary="Connect another way to sign in",
        operation_description="The answer has the address to which the browser goes next: the provider asks the person, and "
        "sends the browser back. It needs your password.",
        request_body=serializers.ConnectSerializer,
        responses={200: serializers.ConnectAddressSerializer},
    )
    def create(self, request: Request) -> Response:
        given, user, device = valid(serializers.ConnectSerializer, request), user_of(request), device_of(request)
        try:
            provider = provider_of(given["provider"])
        except KeyError as error:
            raise DomainError("unknown_provider", "This service is not offered here.", "provider") from error
        check_current_password(user, given["password"])
        link = urlencode({"link": tokens.identity_link(device.token).make(user)})
        response = Response({"url": f"{settings.SITE_URL}/auth/{provider.name}/?{link}"})
        set_device_cookie(response, device)
        return response

    @swagger_auto_schema(
        operation_summary="Remove a way to sign in",
        operation_description="It needs your password, and is told by mail. Sessions that it has started stay. The only way "
        "in cannot be removed: choose a password first.",
        request_body=PasswordSerializer,
        responses={204: "Removed."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        given = valid(PasswordSerializer, request)
        services.remove(user=user_of(request), identity_id=int(pk), **given, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
