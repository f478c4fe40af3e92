"""API views of achievements: list, manage those of one's own habits, and list the ones held."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from achievements.awards import queries, serializers, services
from achievements.awards.filters import AchievementFilter
from achievements.awards.progress import progress_of
from achievements.models import Achievement, UserAchievement
from common import clock
from common.http import valid
from users.requests import user_of
from users.scopes import Scope


class AchievementViewSet(viewsets.GenericViewSet[Achievement]):
    """The achievements that the caller may see; those of the caller's own habits can be changed."""

    key_scopes = {"list": Scope.STATS_READ, "retrieve": Scope.STATS_READ}
    serializer_class = serializers.AchievementSerializer
    filterset_class = AchievementFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Achievement.objects.none()

    def get_queryset(self) -> QuerySet[Achievement]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.visible_to(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Achievements",
        operation_description="Achievements that you can earn, with your progress: for any habit, for published habits "
        "and for habits that you track. Filter by habit, kind and whether you hold it.",
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        return self.get_paginated_response(self.serialized(page))

    @swagger_auto_schema(
        operation_summary="One achievement",
        operation_description="With your progress.",
        responses={200: serializers.AchievementSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.serialized_one(pk))

    @swagger_auto_schema(
        operation_summary="Add an achievement",
        operation_description="For everyone who tracks a published habit of yours. It is earned by the next log that "
        "meets its rule.",
        request_body=serializers.NewAchievementSerializer,
        responses={201: serializers.AchievementSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewAchievementSerializer, request)
        achievement = services.create(owner=user_of(request), **given)
        return Response(self.serialized_one(achievement.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change an achievement",
        operation_description="Only of your own habits. Once somebody has earned it, its rule cannot change.",
        request_body=serializers.AchievementEditSerializer,
        responses={200: serializers.AchievementSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        get_object_or_404(self.get_queryset(), pk=pk, habit__owner=user_of(request))
        changes = valid(serializers.AchievementEditSerializer, request, partial=True)
        services.edit(owner=user_of(request), achievement_id=int(pk), **changes)
        return Response(self.serialized_one(pk))

    @swagger_auto_schema(
        operation_summary="Retire an achievement",
        operation_description="Only of your own habits. Nobody can earn it any more; users who hold it keep it.",
        responses={204: "Retired."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.retire(owner=user_of(request), achievement_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def serialized(self, achievements: Sequence[Achievement]) -> Any:
        user = user_of(self.request)
        found = progress_of(achievements, user=user, now=clock.now())
        return serializers.AchievementSerializer(found, many=True, context={"user": user}).data

    def serialized_one(self, pk: str | int) -> Any:
        return self.serialized([get_object_or_404(self.get_queryset(), pk=pk)])[0]


class MyAchievementsView(ListAPIView[UserAchievement]):
    """The achievements that the caller holds."""

    key_scopes = {"get": Scope.STATS_READ}
    serializer_class = serializers.AwardSerializer
    filter_backends: list[Any] = []
    queryset = UserAchievement.objects.none()

    def get_queryset(self) -> QuerySet[UserAchievement]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.held_by(user_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["user"] = user_of(self.request)
        return context

    @swagger_auto_schema(
        operation_summary="My achievements",
        operation_description="The achievements that you hold, newest first, with the local day and the habit that "
        "earned each.",
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
