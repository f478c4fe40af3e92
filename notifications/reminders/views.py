"""HTTP views of reminders."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid
from notifications.models import Reminder
from notifications.outbox import queries
from notifications.reminders import serializers
from notifications.reminders import services as reminders
from notifications.reminders.filters import ReminderFilter
from users.requests import user_of
from users.scopes import Scope


class ReminderViewSet(viewsets.ReadOnlyModelViewSet[Reminder]):
    """Your reminders, ordered by track. A new track has one reminder, at its habit's time."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "update": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
        "destroy": Scope.HABITS_WRITE,
    }
    list_title, object_title = "My reminders", "One of my reminders"
    serializer_class = serializers.ReminderSerializer
    filterset_class = ReminderFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Reminder.objects.none()

    def get_queryset(self) -> QuerySet[Reminder]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.reminders_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Add a reminder",
        operation_description="A track can have several reminders a day, each at its own time or at the habit's, with "
        "your own text or the habit's sentence. After an outage you still get only one reminder per track.",
        request_body=serializers.NewReminderSerializer,
        responses={201: serializers.ReminderSerializer},
    )
    def create(self, request: Request) -> Response:
        data = valid(serializers.NewReminderSerializer, request)
        reminder = reminders.add(user=user_of(request), now=clock.now(), **data)
        return self.shown(reminder.pk, status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a reminder (PUT)",
        operation_description="The same as PATCH: fields that are left out keep their values.",
        request_body=serializers.ReminderEditSerializer,
        responses={200: serializers.ReminderSerializer},
    )
    def update(self, request: Request, pk: str) -> Response:
        return self.edit(request, pk)

    @swagger_auto_schema(
        operation_summary="Change a reminder",
        operation_description="Changes its time, its text or whether it is on. If the time changes or the reminder is "
        "turned off, messages that are not sent yet are dropped.",
        request_body=serializers.ReminderEditSerializer,
        responses={200: serializers.ReminderSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.edit(request, pk)

    @swagger_auto_schema(
        operation_summary="Remove a reminder",
        operation_description="Messages that are not sent yet are dropped. If you leave the habit and follow it again "
        "without any reminder, a new one at the habit's time is added.",
        responses={204: "Removed."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        reminders.delete(user=user_of(request), reminder_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def edit(self, request: Request, pk: str) -> Response:
        get_object_or_404(self.get_queryset(), pk=pk)
        changes = valid(serializers.ReminderEditSerializer, request, partial=True)
        reminders.edit(user=user_of(request), reminder_id=int(pk), now=clock.now(), **changes)
        return self.shown(pk)

    def shown(self, pk: str | int, code: int = status.HTTP_200_OK) -> Response:
        reminder = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(serializers.ReminderSerializer(reminder).data, status=code)
