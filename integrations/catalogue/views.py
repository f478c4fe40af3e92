"""API views for partners: their habits, achievements, challenges and leaderboards."""

from typing import Any

from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from achievements.awards import services as achievements
from achievements.awards.serializers import NewAchievementSerializer
from achievements.models import Achievement
from common import clock
from common.http import created_or_ok, valid, valid_query
from common.pagination import PageNumbers
from common.schema import PAGE_PARAMETERS, page_example
from community.challenges import services as community
from community.leaderboards.rules import Board
from habits import serializers as habits
from habits.views import HabitViewSet
from integrations.catalogue import boards, challenges, serializers
from integrations.catalogue import services as catalogue
from integrations.partners.authentication import PartnerAuthentication, partner_of
from integrations.partners.views import PartnerView
from users.requests import user_of
from users.scopes import Scope


class PartnerHabitViewSet(HabitViewSet):
    """The partner's own habits, which its people can follow. None of them is in the public list."""

    authentication_classes = [PartnerAuthentication]
    for_partners = True
    key_scopes = {**HabitViewSet.key_scopes, "destroy": Scope.HABITS_WRITE}
    list_title, object_title = "Habits that I offer", "A habit that I offer"

    @swagger_auto_schema(
        operation_summary="Offer a habit",
        operation_description="The same body as for people. Your people follow it by `partner/people/…/habits/…`.",
        request_body=habits.HabitInputSerializer,
        responses={201: habits.HabitSerializer},
    )
    def create(self, request: Request) -> Response:
        answer: Response = super().create(request)
        return answer

    @swagger_auto_schema(
        operation_summary="Change a habit that I offer (PUT)",
        operation_description="The same as PATCH: fields that are left out keep their values.",
        request_body=habits.HabitEditSerializer,
        responses={200: habits.HabitSerializer},
    )
    def update(self, request: Request, pk: str) -> Response:
        answer: Response = super().update(request, pk)
        return answer

    @swagger_auto_schema(
        operation_summary="Change a habit that I offer",
        operation_description="Fields that are left out keep their value. Nobody's finished day is judged again.",
        request_body=habits.HabitEditSerializer,
        responses={200: habits.HabitSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        answer: Response = super().partial_update(request, pk)
        return answer

    @swagger_auto_schema(
        operation_summary="Delete a habit that I offer",
        operation_description="The people that you manage lose it with all logs of it; linked accounts keep it.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        catalogue.delete_habit(partner=partner_of(request), habit_id=int(pk), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class AchievementsView(PartnerView):
    """The achievements of the partner's habits."""

    key_scopes = {"get": Scope.HABITS_READ, "post": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="Achievements of my habits",
        operation_description="Those that can be earned, oldest first, in pages.",
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_example("A page of achievements.", serializers.OWN_ACHIEVEMENT_EXAMPLE)},
    )
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        page: Any = pages.paginate_queryset(catalogue.achievements_of(partner_of(request)), request, view=self) or []
        return pages.get_paginated_response(serializers.OwnAchievementSerializer(page, many=True).data)

    @swagger_auto_schema(
        operation_summary="Make an achievement of a habit of mine",
        operation_description="Everyone who follows the habit can earn it. Answers to logs say who did.",
        request_body=NewAchievementSerializer,
        responses={201: serializers.OwnAchievementSerializer},
    )
    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.create(request))

    def create(self, request: Request) -> Response:
        given = valid(NewAchievementSerializer, request)
        made = achievements.create(owner=user_of(request), **given)
        return Response(serializers.OwnAchievementSerializer(made).data, status=status.HTTP_201_CREATED)


class AchievementView(PartnerView):
    """An achievement of one of the partner's habits."""

    key_scopes = {"get": Scope.HABITS_READ, "delete": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="An achievement of a habit of mine", responses={200: serializers.OwnAchievementSerializer}
    )
    def get(self, request: Request, achievement_id: int) -> Response:
        found: Achievement = catalogue.achievements_of(partner_of(request)).get(pk=achievement_id)
        return Response(serializers.OwnAchievementSerializer(found).data)

    @swagger_auto_schema(
        operation_summary="Retire an achievement of mine",
        operation_description="Nobody can earn it any more; people who hold it keep it.",
        responses={204: "Retired."},
    )
    def delete(self, request: Request, achievement_id: int) -> Response:
        achievements.retire(owner=user_of(request), achievement_id=achievement_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChallengesView(PartnerView):
    """The partner's challenges."""

    key_scopes = {"get": Scope.COMMUNITY_READ, "post": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="My challenges",
        operation_description="The latest start first, in pages.",
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_example("A page of challenges.", serializers.CHALLENGE_EXAMPLE)},
    )
    def get(self, request: Request) -> Response:
        pages = PageNumbers()
        page: Any = pages.paginate_queryset(challenges.of_partner(partner_of(request)), request, view=self) or []
        shown = serializers.ChallengeSerializer(page, many=True, context={"now": clock.now()}).data
        return pages.get_paginated_response(shown)

    @swagger_auto_schema(
        operation_summary="Make a challenge of my people",
        operation_description="On one of your habits, between two dates. Your people take part by "
        "`partner/challenges/{id}/people/…`; people with an account also by its code.",
        request_body=serializers.ChallengeInputSerializer,
        responses={201: serializers.ChallengeSerializer},
    )
    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.create(request))

    def create(self, request: Request) -> Response:
        given, now = valid(serializers.ChallengeInputSerializer, request), clock.now()
        made = challenges.create(partner=partner_of(request), now=now, **given)
        shown = serializers.ChallengeSerializer(made, context={"now": now}).data
        return Response(shown, status=status.HTTP_201_CREATED)


class ChallengeView(PartnerView):
    """One of the partner's challenges."""

    key_scopes = {"get": Scope.COMMUNITY_READ, "delete": Scope.HABITS_WRITE}

    @swagger_auto_schema(operation_summary="A challenge of mine", responses={200: serializers.ChallengeSerializer})
    def get(self, request: Request, challenge_id: int) -> Response:
        found = challenges.of_partner(partner_of(request)).get(pk=challenge_id)
        return Response(serializers.ChallengeSerializer(found, context={"now": clock.now()}).data)

    @swagger_auto_schema(
        operation_summary="Cancel a challenge of mine",
        operation_description="It stays in the list as cancelled.",
        responses={204: "Cancelled."},
    )
    def delete(self, request: Request, challenge_id: int) -> Response:
        community.cancel(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ChallengeScoresView(PartnerView):
    """The standings of one of the partner's challenges."""

    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Standings of a challenge of mine",
        operation_description="Your people in it, best first, in pages; accounts only if they granted stats:read.",
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_example("A page of scores.", serializers.SCORE_EXAMPLE)},
    )
    def get(self, request: Request, challenge_id: int) -> Response:
        found: Any = challenges.scores(partner=partner_of(request), challenge_id=challenge_id)
        pages = PageNumbers()
        page: Any = pages.paginate_queryset(found, request, view=self) or []
        return pages.get_paginated_response(serializers.ScoreSerializer(page, many=True).data)


class ParticipantView(PartnerView):
    """One of the partner's people in one of its challenges."""

    key_scopes = {"post": Scope.LOGS_WRITE, "delete": Scope.LOGS_WRITE}

    @swagger_auto_schema(
        operation_summary="Let a person take part in a challenge",
        operation_description="They follow its habit then. Repeating the request changes nothing; 201 if they did not "
        "take part before. A linked account must have granted habits:write.",
        responses={200: "Takes part already.", 201: "Takes part now."},
    )
    def post(self, request: Request, challenge_id: int, external_id: str) -> Response:
        who = self.person(request, external_id)
        _, is_new = challenges.join(who=who, challenge_id=challenge_id, now=clock.now())
        return Response(status=created_or_ok(is_new))

    @swagger_auto_schema(
        operation_summary="Let a person leave a challenge",
        operation_description="If they started the habit by taking part, they stop following it; its history is kept.",
        responses={204: "Left."},
    )
    def delete(self, request: Request, challenge_id: int, external_id: str) -> Response:
        who = self.person(request, external_id)
        challenges.leave(who=who, challenge_id=challenge_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class BoardView(PartnerView):
    """A leaderboard of the partner's people."""

    key_scopes = {"get": Scope.COMMUNITY_READ}
    board: Board = Board.CURRENT
    list_title = "A leaderboard of my people"

    @swagger_auto_schema(
        operation_description="By current or longest streaks of a unit, or by the completed days of the current week or "
        "month in UTC, best first, in pages: exact however many people you have. Only your habits count, and "
        "of accounts only those that granted stats:read. Equal values share a rank.",
        query_serializer=serializers.BoardQuerySerializer,
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_example("A page of places.", serializers.BOARD_ROW_EXAMPLE)},
    )
    def get(self, request: Request) -> Response:
        chosen = valid_query(serializers.BoardQuerySerializer, request)
        found: Any = boards.board_of(
            partner=partner_of(request),
            board=self.board,
            unit=chosen.get("unit", ""),
            habit_id=chosen.get("habit"),
            now=clock.now(),
        ).rows
        pages = PageNumbers()
        page: Any = pages.paginate_queryset(found, request, view=self) or []
        return pages.get_paginated_response(serializers.BoardRowSerializer(page, many=True).data)
