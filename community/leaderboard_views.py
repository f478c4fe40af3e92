"""Leaderboards over HTTP."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.schema import NOT_FOUND, error
from community import leaderboard_serializers as serializers
from community import leaderboards
from community.leaderboard_rules import Board
from users.requests import user_of

BAD_QUERY = error(
    "The query is refused.", "validation_error", "invalid_choice", '"days" is not a valid choice.', "unit"
)
WHO = (
    "The top 100, the caller's rank, and those around them; ties share a rank (1, 1, 3). Of everyone: those who have "
    "switched on `is_ranked`, by username only; who has not sees the rank that they would have. Of a group or "
    "challenge of the caller's: its members, by their tracks in it. "
)
ANSWERS = {200: serializers.LeaderboardSerializer, 400: BAD_QUERY, 404: NOT_FOUND}


class CurrentStreakView(APIView):
    @swagger_auto_schema(
        operation_summary="Leaderboard of current streaks",
        operation_description=WHO + "Streaks of one unit; each person's best.",
        query_serializer=serializers.StreakScopeSerializer,
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return _shown(request, Board.CURRENT, serializers.StreakScopeSerializer)


class LongestStreakView(APIView):
    @swagger_auto_schema(
        operation_summary="Leaderboard of longest streaks",
        operation_description=WHO + "Streaks of one unit; each person's best.",
        query_serializer=serializers.StreakScopeSerializer,
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return _shown(request, Board.LONGEST, serializers.StreakScopeSerializer)


class WeekView(APIView):
    @swagger_auto_schema(
        operation_summary="Leaderboard of this week",
        operation_description=WHO + "Completed days, each habit's by itself, from Monday to Sunday: the week of the "
        "caller's local day, in which everybody's own local days count.",
        query_serializer=serializers.ScopeSerializer,
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return _shown(request, Board.WEEK, serializers.ScopeSerializer)


class MonthView(APIView):
    @swagger_auto_schema(
        operation_summary="Leaderboard of this month",
        operation_description=WHO + "Completed days, each habit's by itself: the month of the caller's local day, in "
        "which everybody's own local days count.",
        query_serializer=serializers.ScopeSerializer,
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        return _shown(request, Board.MONTH, serializers.ScopeSerializer)


def _shown(request: Request, board: Board, query: type[serializers.ScopeSerializer]) -> Response:
    asked = query(data=request.query_params)
    asked.is_valid(raise_exception=True)
    found = leaderboards.leaderboard(viewer=user_of(request), board=board, now=clock.now(), **asked.validated_data)
    return Response(serializers.LeaderboardSerializer(found).data)
