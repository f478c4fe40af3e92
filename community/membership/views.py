"""Parts of views that challenges and groups share."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from common.http import valid_query
from community.membership.queries import without_banned
from community.membership.serializers import CodeSerializer
from community.models import Challenge, Group


def code_of(request: Request) -> str:
    """Return the invitation code of the query. Raises ValidationError."""
    return str(valid_query(CodeSerializer, request)["code"])


def preview(target: Challenge | Group, members: QuerySet[Any]) -> Response:
    """Return what an invitation code shows before joining: id, name and number of members."""
    return Response({"id": target.pk, "name": target.name, "members": without_banned(members).count()})
