"""Views of the goals API."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock
from common.http import valid, valid_query
from tracking.goals import serializers
from tracking.goals import services as goals
from tracking.models import Goal
from tracking.tracks.serializers import ArchivedSerializer
from users.requests import user_of
from users.scopes import Scope


class GoalViewSet(viewsets.GenericViewSet[Goal]):
    """The user's goals, newest first."""

    key_scopes = {
        "list": Scope.HABITS_READ,
        "retrieve": Scope.HABITS_READ,
        "create": Scope.HABITS_WRITE,
        "update": Scope.HABITS_WRITE,
        "partial_update": Scope.HABITS_WRITE,
        "destroy": Scope.HABITS_WRITE,
    }
    serializer_class = serializers.GoalSerializer
    lookup_value_regex = r"\d{1,18}"
    filter_backends: list[Any] = []
    queryset = Goal.objects.none()

    def get_queryset(self) -> QuerySet[Goal]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return goals.goals_of(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="My goals",
        operation_description="Newest first: how many days are done, how many are left, and whether you are on track. "
        "Without those of archived tracks unless you ask for them.",
        query_serializer=ArchivedSerializer,
    )
    def list(self, request: Request) -> Response:
        chosen = valid_query(ArchivedSerializer, request)
        page = self.paginate_queryset(goals.goals_of(user_of(request), **chosen))
        assert page is not None
        serializer = serializers.GoalSerializer(goals.entries(page, now=clock.now()), many=True)
        return self.get_paginated_response(serializer.data)

    @swagger_auto_schema(
        operation_summary="One goal",
        operation_description="One goal with its current progress.",
        responses={200: serializers.GoalSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.respond(pk)

    @swagger_auto_schema(
        operation_summary="Set a goal",
        operation_description="An amount on a number of days of a track, from your local today on, with an optional "
        "deadline. You get a Telegram message when you reach it.",
        request_body=serializers.NewGoalSerializer,
        responses={201: serializers.GoalSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewGoalSerializer, request)
        goal = goals.create(user=user_of(request), now=clock.now(), **given)
        return self.respond(goal.pk, status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a goal (PUT)",
        operation_description="The same as PATCH: fields that are left out keep their values.",
        request_body=serializers.GoalEditSerializer,
        responses={200: serializers.GoalSerializer},
    )
    def update(self, request: Request, pk: str) -> Response:
        return self.edit(request, pk)

    @swagger_auto_schema(
        operation_summary="Change a goal",
        operation_description="Changes amount, days or deadline. Track and first day stay. Progress is recalculated.",
        request_body=serializers.GoalEditSerializer,
        responses={200: serializers.GoalSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        return self.edit(request, pk)

    @swagger_auto_schema(
        operation_summary="Delete a goal", operation_description="The logs are kept.", responses={204: "Deleted."}
    )
    def destroy(self, request: Request, pk: str) -> Response:
        goals.delete(user=user_of(request), goal_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def edit(self, request: Request, pk: str) -> Response:
        get_object_or_404(self.get_queryset(), pk=pk)
        changes = valid(serializers.GoalEditSerializer, request, partial=True)
        goals.edit(user=user_of(request), goal_id=int(pk), now=clock.now(), **changes)
        return self.respond(pk)

    def respond(self, pk: str | int, code: int = status.HTTP_200_OK) -> Response:
        goal = get_object_or_404(self.get_queryset(), pk=pk)
        [entry] = goals.entries([goal], now=clock.now())
        return Response(serializers.GoalSerializer(entry).data, status=code)
