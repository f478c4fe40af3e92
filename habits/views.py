"""Views of the habits API: the owner's habits and the public list."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language_from_request
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid, valid_query
from habits import queries, serializers, services
from habits.catalogue import TEMPLATES
from habits.filters import HabitFilter, OwnHabitFilter
from habits.models import Habit
from users.requests import user_of
from users.scopes import Scope
from users.timing import latest_date_anywhere


class BaseHabitViewSet(viewsets.ReadOnlyModelViewSet[Habit]):
    """Common base of both lists: filters, and the day for which schedules are shown."""

    filterset_class = HabitFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Habit.objects.none()

    def today(self) -> date:
        raise NotImplementedError

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["today"] = self.today()
        return context


class HabitViewSet(BaseHabitViewSet):
    """The user's own habits. A habit of another user gives 404."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "update": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
    }
    filterset_class = OwnHabitFilter
    list_title, object_title = "My habits", "One of my habits"
    serializer_class = serializers.HabitSerializer
    input_serializer = serializers.HabitInputSerializer
    edit_serializer = serializers.HabitEditSerializer

    def get_queryset(self) -> QuerySet[Habit]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.own_habits(user_of(self.request), today=self.today())

    def today(self) -> date:
        return user_of(self.request).clock.day_of(clock.now())

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter the list alone: one habit is found whether its track is archived or not."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def serialize(self, habit_id: int) -> dict[str, Any]:
        """Return the habit in the form of the list."""
        return dict(self.get_serializer(get_object_or_404(self.get_queryset(), pk=habit_id)).data)

    @swagger_auto_schema(
        operation_summary="Create a habit",
        operation_description="Requires a name (or an action, which is then used as the name) and a frequency (or an "
        "interval, which then means daily). A useful habit also starts your track. A limit habit is kept by staying within "
        'a limit: {"name": "Coffee", "goal_type": "at_most", "frequency": "weekly", "limit_per_period": "3.00", '
        '"unit": "cups"}; its frequency is daily, weekly or monthly.',
        request_body=serializers.HabitInputSerializer,
        responses={201: serializers.HabitSerializer},
    )
    def create(self, request: Request) -> Response:
        given = serializers.to_service_arguments(valid(self.input_serializer, request))
        habit = services.create_habit(owner=user_of(request), now=clock.now(), **given)
        return Response(self.serialize(habit.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a habit (PUT)",
        operation_description="The same as PATCH: fields that are left out keep their values. A changed schedule is in "
        "force from today, or from schedule_from; earlier days keep the schedule of their time.",
        request_body=serializers.HabitEditSerializer,
        responses={200: serializers.HabitSerializer},
    )
    def update(self, request: Request, pk: str) -> Response:
        return self.edit(request, int(pk))

    @swagger_auto_schema(
        operation_summary="Change a habit",
        operation_description="Fields that are left out keep their value.",
        request_body=serializers.HabitEditSerializer,
        responses={200: serializers.HabitSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.edit(request, int(pk))

    def edit(self, request: Request, habit_id: int) -> Response:
        get_object_or_404(self.get_queryset(), pk=habit_id)
        given = serializers.to_service_arguments(valid(self.edit_serializer, request, partial=True))
        services.edit_habit(owner=user_of(request), habit_id=habit_id, now=clock.now(), **given)
        return Response(self.serialize(habit_id))

    @swagger_auto_schema(
        operation_summary="Delete a habit",
        operation_description="Also deletes your track, logs and reminders. If other people follow the habit, they "
        "keep it; it only disappears from your habits and from the public list.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        get_object_or_404(self.get_queryset(), pk=pk)
        services.delete_habit(owner=user_of(request), habit_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SchedulesView(APIView):
    """The schedule versions of one of the user's habits."""

    key_scopes = {"get": Scope.HABITS_READ}

    @swagger_auto_schema(
        operation_summary="Schedules of a habit",
        operation_description="All versions, oldest first. The last one may start in the future.",
        responses={200: serializers.VersionSerializer(many=True)},
    )
    def get(self, request: Request, habit_id: int) -> Response:
        habit = get_object_or_404(Habit, pk=habit_id, owner=user_of(request))
        return Response([serializers.VersionSerializer(version).data for version in habit.versions])


class PublicHabitViewSet(BaseHabitViewSet):
    """Published habits. No sign-in is needed."""

    list_title, object_title = "Public habits", "A public habit"
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    serializer_class = serializers.PublicHabitSerializer

    def get_queryset(self) -> QuerySet[Habit]:
        return queries.public_habits(today=self.today())

    def today(self) -> date:
        return latest_date_anywhere(clock.now())


class TemplatesView(APIView):
    """Habits to start from. No sign-in is needed."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @swagger_auto_schema(
        operation_summary="Habits to start from",
        operation_description="Thirty habits of two minutes or less, each with a cue, a place and a pleasant habit to "
        "link. All of them are in one answer; `habit` and `pleasant` are bodies for POST habits/.",
        query_serializer=serializers.TemplateQuerySerializer,
        responses={200: serializers.TemplateSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        query = valid_query(serializers.TemplateQuerySerializer, request)
        language = query.get("language") or get_language_from_request(request._request)
        return Response([serializers.template_data(template, language) for template in TEMPLATES])
