"""API views by which a partner hears what happens to its people: webhooks of its own, and changes by a cursor."""

from datetime import datetime

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock, stopping
from common.wake import wake
from integrations.changes import rules
from integrations.changes.serializers import ChangesQuerySerializer, ChangesSerializer
from integrations.changes.services import SEND_TASK
from integrations.changes.views import GONE, ChangesView
from integrations.feed import services
from integrations.feed.serializers import PartnerEndpointEditSerializer, PartnerNewEndpointSerializer
from integrations.models import ChangeStream
from integrations.partners import queries
from integrations.partners.authentication import PartnerAuthentication, partner_of
from integrations.webhooks.serializers import EndpointSerializer, EndpointWithSecretSerializer
from integrations.webhooks.views import AttemptsView, WebhookViewSet
from users.scopes import Scope

MAX_START = 2.0  # seconds for which a request starts recording for people; a task does the rest


class PartnerWebhookViewSet(WebhookViewSet):
    """The partner's webhooks, newest first."""

    authentication_classes = [PartnerAuthentication]
    for_partners = True
    whose = " of my service"
    list_title = "Webhooks of my service"
    object_title = "One webhook of my service"
    new_serializer = PartnerNewEndpointSerializer
    edit_serializer = PartnerEndpointEditSerializer

    @swagger_auto_schema(
        operation_summary="Add a webhook of my service",
        operation_description="From now on the address is called when one of the chosen events happens to one of your "
        "people, or to your habits; signed as Standard Webhooks 1.0 says. Of linked accounts it is told what they have "
        "granted. The secret for checking signatures is in this answer and nowhere else. A key can choose only events "
        "that its scopes can read.",
        request_body=PartnerNewEndpointSerializer,
        responses={201: EndpointWithSecretSerializer},
    )
    def create(self, request: Request) -> Response:
        answer: Response = super().create(request)
        start_recording(request)
        return answer

    @swagger_auto_schema(
        operation_summary="Change a webhook of my service",
        request_body=PartnerEndpointEditSerializer,
        responses={200: EndpointSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        answer: Response = super().partial_update(request, pk)
        return answer


class PartnerAttemptsView(AttemptsView):
    authentication_classes = [PartnerAuthentication]
    for_partners = True
    whose = " of my service"


class PartnerChangesView(ChangesView):
    authentication_classes = [PartnerAuthentication]
    for_partners = True
    key_scopes = {"get": Scope.LOGS_READ}

    @swagger_auto_schema(
        operation_summary="Changes of my people since a position",
        operation_description="Everything that your webhooks tell, in order, for a service that cannot be called or was "
        f"away for up to {rules.KEPT_FOR.days} days. `data.person` is the person that it is about. Without `after` the answer has no "
        "changes but the position at which to start: keep its `after`, read everything that you need once, from "
        "`read_all_from` on, and then ask for the changes after it. While `read_all_from` is null, the recording of your "
        "people is being started: ask again without `after` in a minute. A position whose changes are not kept is a 410 "
        "`position_gone`: start again. When a grant ends, what it let you see is no longer among the changes.",
        query_serializer=ChangesQuerySerializer,
        responses={200: ChangesSerializer, 410: GONE},
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    def read_all_from(self, request: Request, stream: ChangeStream, *, now: datetime) -> datetime | None:
        start_recording(request)
        is_complete = not queries.people_to_record(partner_of(request)).exists()
        return now + rules.SETTLES_WITHIN if is_complete else None


def start_recording(request: Request) -> None:
    """Start recording for the partner's people, as many as MAX_START allows, and let a task do the rest."""
    partner = partner_of(request)
    services.start_missing(now=clock.now(), may_go_on=stopping.deadline(MAX_START), partner=partner)
    if queries.people_to_record(partner).exists():
        wake(SEND_TASK)
