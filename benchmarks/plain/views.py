"""Views of the plain application."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import exceptions, parsers, permissions, renderers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication

from benchmarks.plain import serializers
from benchmarks.plain.models import PlainHabit, PlainLog, PlainUser
from benchmarks.plain.streaks import completed_days, count_streaks, success_rate


class PlainAuthentication(JWTAuthentication):
    def __init__(self) -> None:
        super().__init__()
        self.user_model: type[Any] = PlainUser


class HabitViewSet(viewsets.ModelViewSet[PlainHabit]):
    """The habits of the user, what is to be done today, and figures."""

    # What the product's settings set otherwise.
    authentication_classes = [PlainAuthentication]
    permission_classes = [permissions.IsAuthenticated]
    parser_classes = [parsers.JSONParser]
    renderer_classes = [renderers.JSONRenderer]
    filter_backends = []
    pagination_class = None

    serializer_class = serializers.PlainHabitSerializer

    def get_queryset(self) -> QuerySet[PlainHabit]:
        return PlainHabit.objects.filter(user=self._user)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(user=self._user, started_on=self._today)

    @action(detail=True, methods=["put"], url_path=r"logs/(?P<day>\d{4}-\d\d-\d\d)")
    def log(self, request: Request, pk: str, day: str) -> Response:
        """Set a day, and answer with its log and the streaks."""
        habit = get_object_or_404(self.get_queryset(), pk=pk)
        on, today = date.fromisoformat(day), self._today
        if on > today:
            raise exceptions.ValidationError({"day": "This day is in the future."})
        serializer = serializers.PlainLogSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            defaults = {"amount": habit.target, **serializer.validated_data}
            log, _ = PlainLog.objects.update_or_create(habit=habit, day=on, defaults=defaults)
            streaks = count_streaks(habit, completed_days([habit])[habit.pk], today)
        answer = serializers.PlainLogSerializer(log).data
        return Response({**answer, "streak": serializers.StreaksSerializer(streaks).data})

    @action(detail=False)
    def today(self, request: Request) -> Response:
        """List the habits that are to be done today, done ones too, with their streaks."""
        today = self._today
        habits = [habit for habit in self.get_queryset() if habit.is_target(today)]
        days = completed_days(habits)
        said = PlainLog.objects.filter(habit__in=habits, day=today).values_list("habit_id", "status", "amount")
        logs = {habit_id: (status, amount) for habit_id, status, amount in said}
        entries = []
        for habit in habits:
            status, amount = logs.get(habit.pk, (None, None))
            entries.append(
                {
                    "habit": habit,
                    "status": status,
                    "amount": amount,
                    "streak": count_streaks(habit, days[habit.pk], today),
                }
            )
        return Response(serializers.TodaySerializer(entries, many=True).data)

    @action(detail=False)
    def summary(self, request: Request) -> Response:
        """Return four figures of each habit in a range of days."""
        (first, last), today = self._range, self._today
        habits = list(self.get_queryset())
        days = completed_days(habits)
        rows = []
        for habit in habits:
            of_habit = days[habit.pk]
            streaks = count_streaks(habit, of_habit, today)
            rows.append(
                {
                    "habit": habit.pk,
                    "name": habit.name,
                    "completed": sum(first <= day <= last for day in of_habit),
                    "success_rate": success_rate(habit, of_habit, first, last),
                    "current": streaks.current,
                    "longest": streaks.longest,
                }
            )
        return Response(serializers.HabitSummarySerializer(rows, many=True).data)

    @action(detail=False)
    def progress(self, request: Request) -> Response:
        """Return what was said of each day of each habit in a range of days."""
        first, last = self._range
        habits = list(self.get_queryset())
        statuses: dict[int, dict[date, str]] = defaultdict(dict)
        logs = PlainLog.objects.filter(habit__in=habits, day__range=(first, last))
        for habit_id, day, status in logs.values_list("habit_id", "day", "status"):
            statuses[habit_id][day] = status
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return Response(
            [
                {
                    "habit": habit.pk,
                    "days": serializers.DayProgressSerializer(
                        [
                            {"day": day, "is_target": habit.is_target(day), "status": statuses[habit.pk].get(day)}
                            for day in days
                        ],
                        many=True,
                    ).data,
                }
                for habit in habits
            ]
        )

    @property
    def _user(self) -> PlainUser:
        return cast(PlainUser, self.request.user)

    @property
    def _today(self) -> date:
        return self._user.day_of(timezone.now())

    @property
    def _range(self) -> tuple[date, date]:
        serializer = serializers.RangeSerializer(data=self.request.query_params)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data["first"], min(serializer.validated_data["last"], self._today)
