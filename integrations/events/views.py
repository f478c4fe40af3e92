"""API views of events: receiving them, what was received, and the rules."""

from typing import Any

from django.db.models import QuerySet
from drf_yasg.utils import no_body, swagger_auto_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.errors import DomainError
from common.http import valid, valid_query
from common.limits import MAX_LARGE_BODY_BYTES
from common.schema import NOT_FOUND
from integrations.events import mapping, queries, reading, rules, serializers, services, signed_sources
from integrations.events.adapters import health_auto_export, health_connect
from integrations.events.parsing import EventsBody
from integrations.models import EventRule, EventType, RawEvent, SignedSource
from users.requests import user_of
from users.scopes import Scope

DEFAULT_SOURCE = "api"


class ReceivingView(APIView):
    """The base of views that receive events. Nobody defines their bodies here, so nothing in them is unknown."""

    key_scopes = {"post": Scope.EVENTS_WRITE}
    parser_classes = [EventsBody]
    max_body_bytes = MAX_LARGE_BODY_BYTES
    accepts_unknown = True


class EventsView(ReceivingView):
    """Receives events in the generic form."""

    @swagger_auto_schema(
        operation_summary="Send events",
        operation_description=f"Up to {rules.MAX_ITEMS} events of one source, or a single one as it is. Each has an outcome "
        "of its own: `applied`, `unchanged`, `duplicate`, `no_rule`, or `refused` with a code. A 200 means that all the "
        "others are stored; sending them again, in any order, changes nothing.",
        request_body=serializers.EventsSerializer,
        responses={200: serializers.ResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        body = request.data
        given = body.get("events", [body]) if isinstance(body, dict) else body
        items = given if isinstance(given, list) else [given]
        if len(items) > rules.MAX_ITEMS:
            raise DomainError("max_length", f"Send up to {rules.MAX_ITEMS} events at once.", "events")
        source = DEFAULT_SOURCE
        if isinstance(body, dict):
            source = reading.text(body, "source", rules.MAX_SOURCE_LENGTH, required=False) or DEFAULT_SOURCE
        found = services.receive(user=user_of(request), source=source, items=items, now=clock.now())
        return Response(serializers.results_of(found))


class HealthAutoExportView(ReceivingView):
    """Receives what Health Auto Export sends."""

    @swagger_auto_schema(
        operation_summary="Send events from Health Auto Export",
        operation_description="The address for the app's REST API automation, with a key as a header. Unknown parts are "
        "ignored. The answer lists what was refused.",
        request_body=serializers.HealthAutoExportSerializer,
        responses={200: serializers.ResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        items = health_auto_export.items_of(request.data)
        return receive(request, health_auto_export.SOURCE, items)


class HealthConnectView(ReceivingView):
    """Receives what Health Connect webhooks send."""

    @swagger_auto_schema(
        operation_summary="Send events from Health Connect",
        operation_description="The address for the app's webhook, with a key as a header. Unknown parts are ignored. The "
        "answer lists what was refused.",
        request_body=serializers.HealthConnectSerializer,
        responses={200: serializers.ResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        return receive(request, health_connect.SOURCE, health_connect.items_of(request.data))


def receive(request: Request, source: str, items: list[dict[str, object]]) -> Response:
    """Answer a request in another program's form: the last MAX_ADAPTED_ITEMS of its events are taken."""
    taken = items[-rules.MAX_ADAPTED_ITEMS :]
    found = services.receive(user=user_of(request), source=source, items=taken, now=clock.now())
    return Response(serializers.results_of(found, only_refused=True))


class RawEventsView(ListAPIView[RawEvent]):
    """The user's stored events, the latest first."""

    serializer_class = serializers.RawEventSerializer
    filter_backends: list[Any] = []
    queryset = RawEvent.objects.none()

    def get_queryset(self) -> QuerySet[RawEvent]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        chosen = valid_query(serializers.RawEventsQuerySerializer, self.request)
        return queries.events_of(user_of(self.request), type_id=chosen.get("event_type"))

    @swagger_auto_schema(
        operation_summary="My stored events",
        operation_description=f"The latest first, each in its newest version. Those with a rule are kept "
        f"{rules.KEPT_DAYS} days, others {rules.KEPT_DAYS_WITHOUT_RULE - 1}.",
        query_serializer=serializers.RawEventsQuerySerializer,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class EventTypeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[EventType]):
    """The types of events that the user's sources have sent, with or without rules."""

    list_title = "My types of events"
    serializer_class = serializers.EventTypeSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = EventType.objects.none()

    def get_queryset(self) -> QuerySet[EventType]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.types_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Delete a type of events",
        operation_description="Its events and rules are deleted too; your days stay as they are. If its source sends it "
        "again, it is back.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete_type(user=user_of(request), type_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class EventRuleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[EventRule]):
    """The user's rules, newest first."""

    list_title = "My rules for events"
    object_title = "One rule for events"
    serializer_class = serializers.EventRuleSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = EventRule.objects.none()

    def get_queryset(self) -> QuerySet[EventRule]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.rules_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Make a rule for events",
        operation_description="From a type of events that was seen to one of your tracks. The day is completed by the "
        f"habit's own amount. Events of the last {rules.REPLAYED_DAYS} days are applied at once.",
        request_body=serializers.NewEventRuleSerializer,
        responses={201: serializers.EventRuleSerializer, 404: NOT_FOUND},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewEventRuleSerializer, request)
        rule = mapping.create(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.EventRuleSerializer(rule).data, status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a rule for events",
        operation_description=f"Events of the last {rules.REPLAYED_DAYS} days are applied again; earlier days stay.",
        request_body=serializers.EventRuleEditSerializer,
        responses={200: serializers.EventRuleSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        given = valid(serializers.EventRuleEditSerializer, request)
        rule = mapping.edit(user=user_of(request), rule_id=int(pk), now=clock.now(), **given)
        return Response(serializers.EventRuleSerializer(rule).data)

    @swagger_auto_schema(
        operation_summary="Delete a rule for events",
        operation_description="Your days stay as they are.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        mapping.delete(user=user_of(request), rule_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @swagger_auto_schema(
        operation_summary="Apply a rule again",
        operation_description=f"To the events of the last {rules.REPLAYED_DAYS} days. A day that you have changed since "
        "stays as it is, unless its events have changed.",
        request_body=no_body,
        responses={200: serializers.RuleReplaySerializer},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str) -> Response:
        found = mapping.replay(user=user_of(request), rule_id=int(pk), now=clock.now())
        return Response({"days": {str(day): result for day, result in sorted(found.items())}})


class OpenWearablesView(APIView):
    """The address to which Open Wearables sends, for its owner. No key reaches it."""

    @swagger_auto_schema(
        operation_summary="My address for Open Wearables",
        operation_description="`is_on` is false and `address` empty while there is none.",
        responses={200: serializers.SignedSourceSerializer},
    )
    def get(self, request: Request) -> Response:
        source = signed_sources.source_of(user_of(request)) or SignedSource()
        return Response(serializers.SignedSourceSerializer(source).data)

    @swagger_auto_schema(
        operation_summary="Connect Open Wearables",
        operation_description="Makes a secret address, to be entered as a webhook endpoint there, and stores the secret by "
        "which that endpoint signs. Only what is signed is taken.",
        request_body=serializers.SignedSourceSettingsSerializer,
        responses={200: serializers.SignedSourceSerializer},
    )
    def put(self, request: Request) -> Response:
        given = valid(serializers.SignedSourceSettingsSerializer, request)
        source = signed_sources.connect(user=user_of(request), now=clock.now(), **given)
        return Response(serializers.SignedSourceSerializer(source).data)

    @swagger_auto_schema(
        operation_summary="Disconnect Open Wearables",
        operation_description="The address stops working at once. Its events and rules stay.",
        responses={204: "Disconnected."},
    )
    def delete(self, request: Request) -> Response:
        signed_sources.disconnect(user=user_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
