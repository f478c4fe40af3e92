"""The API view of changes, for programs that cannot be called or were away."""

from datetime import datetime
from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid_query
from common.schema import error
from integrations.changes import queries, rules, serializers, services
from integrations.models import ChangeStream
from integrations.webhooks.queueing import queue_for_endpoints
from users.requests import user_of
from users.scopes import KeyAccess, Scope


class PositionGone(APIException):
    """The changes after a position are not known."""

    status_code = status.HTTP_410_GONE
    default_code = "position_gone"
    default_detail = "The changes after this position are not kept. Ask without `after` for a new position, then read everything once."


GONE = error(
    "The changes after the position are not kept.", "client_error", "position_gone", PositionGone.default_detail
)


class ChangesView(APIView):
    key_scopes = {"get": Scope.LOGS_READ}

    @swagger_auto_schema(
        operation_summary="Changes since a position",
        operation_description="Everything that webhooks tell, in order, for a program that cannot be called or was away "
        f"for up to {rules.KEPT_FOR.days} days. Without `after` the answer has no changes but the position at which to "
        "start: keep its `after`, read everything that you need once, from `read_all_from` on, and then ask for the "
        "changes after it. A position whose changes are not kept is a 410 `position_gone`: start again. A key sees the "
        "types that its scopes can read: `habit.*`, `track.*`, `pause.*` and `goal.*` with habits:read, `log.*` with "
        "logs:read, `streak.*` and `achievement.*` with stats:read, `challenge.*` with community:read, `person.*` and "
        "`webhook.*` with webhooks:manage. Others are left out.",
        query_serializer=serializers.ChangesQuerySerializer,
        responses={200: serializers.ChangesSerializer, 410: GONE},
    )
    def get(self, request: Request) -> Response:
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        given = valid_query(serializers.ChangesQuerySerializer, request)
        user, now = user_of(request), clock.now()
        services.start_recording(user=user, now=now)
        stream = services.number(user_id=user.pk, queue=queue_for_endpoints)
        services.note_reading(stream=stream, now=now)
        after = given.get("after")
        if after is None:
            started: dict[str, Any] = {
                "results": [],
                "after": stream.last_sequence,
                "has_more": False,
                "read_all_from": self.read_all_from(request, stream, now=now),
            }
            return Response(serializers.ChangesSerializer(started).data)
        if not stream.forgotten_to <= after <= stream.last_sequence:
            raise PositionGone
        types = list(rules.ChangeType)
        if isinstance(request.auth, KeyAccess):
            types = rules.types_within(request.auth.scopes)
        page = queries.page(stream, after=after, limit=given["limit"], types=types)
        shown = {"results": page.changes, "after": page.after, "has_more": page.has_more, "read_all_from": None}
        return Response(serializers.ChangesSerializer(shown).data)

    def read_all_from(self, request: Request, stream: ChangeStream, *, now: datetime) -> datetime | None:
        """Return from when on a program reads everything that is not told by later changes."""
        return max((stream.recorded_since or now) + rules.SETTLES_WITHIN, now)
