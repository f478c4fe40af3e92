"""The API's former path /api/habit/ with the field names that its published clients send.

`linked`, `length` and `is_public` are today's `linked_habit`, `duration` and `is_published`; `period` is the interval of
a daily habit in days, and without a frequency a habit is daily. Answers have today's names.
"""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from common import serializers
from habits.serializers import HabitEditSerializer, HabitInputSerializer
from habits.views import HabitViewSet

CURRENT_NAMES = {"linked": "linked_habit", "period": "interval", "length": "duration", "is_public": "is_published"}


def with_current_names(body: Mapping[str, Any], *, partial: bool) -> dict[str, Any]:
    """Return the body with today's names. Raises ValidationError if it has both names of a field.

    Unless `partial`, a missing frequency means daily; a period always does.
    """
    renamed = dict(body)
    for former, current in CURRENT_NAMES.items():
        if former not in renamed:
            continue
        if current in renamed:
            message = f"{former} and {current} are the same: give one of them."
            raise serializers.ValidationError({former: [message]}, code="given_twice")
        value = renamed.pop(former)
        if former != "period":
            renamed[current] = value
        elif value is not None:
            renamed[current] = value
            renamed.setdefault("frequency", "daily")
    if not partial:
        renamed.setdefault("frequency", "daily")
    return renamed


class FormerNames:
    """Accept the former names in a body."""

    partial: bool

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = with_current_names(data, partial=self.partial)
        return super().to_internal_value(data)  # type: ignore[misc]


class FormerInputSerializer(FormerNames, HabitInputSerializer):
    """The body that creates a habit, with former names."""


class FormerEditSerializer(FormerNames, HabitEditSerializer):
    """The body that changes a habit, with former names."""


class FormerHabitViewSet(HabitViewSet):
    """The user's own habits at the former path."""

    input_serializer = FormerInputSerializer
    edit_serializer = FormerEditSerializer

    def handle_exception(self, exc: Exception) -> Response:
        """Return the errors with the name that the client sent."""
        response = super().handle_exception(exc)
        for error in response.data.get("errors", ()):
            error["attr"] = self._sent_name(self.request, error["attr"])
        return response

    def _sent_name(self, request: Request, name: str | None) -> str | None:
        """Return the former name if the body has it instead of today's."""
        if name not in CURRENT_NAMES.values():  # the body may be unreadable
            return name
        return next(
            (former for former, current in CURRENT_NAMES.items() if current == name and former in request.data), name
        )
