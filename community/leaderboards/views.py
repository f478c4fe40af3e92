"""API views of leaderboards."""

from drf_yasg.utils import swagger_auto_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.http import valid_query
from common.schema import NOT_FOUND, error
from community.leaderboards import boards as leaderboards
from community.leaderboards import serializers
from community.leaderboards.rules import Board
from users.requests import user_of
from users.scopes import Scope

BAD_QUERY = error(
    "The query is not valid.", "validation_error", "invalid_choice", '"days" is not a valid choice.', "unit"
)
SCOPE = (
    "The top 100, your rank, and the users around you; equal users share a rank (1, 1, 3). The global leaderboard "
    "lists users who have switched on `is_ranked`, by username only; if you have not, you see the rank that you would "
    "have. The leaderboard of a group or challenge of yours lists its members, by their tracks in it. "
)
RESPONSES = {200: serializers.LeaderboardSerializer, 400: BAD_QUERY, 404: NOT_FOUND}


class CurrentStreakView(APIView):
    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Leaderboard of current streaks",
        operation_description=SCOPE + "Compares streaks of one unit; of each user, the best one counts.",
        query_serializer=serializers.StreakScopeSerializer,
        responses=RESPONSES,
    )
    def get(self, request: Request) -> Response:
        return _leaderboard_response(request, Board.CURRENT, serializers.StreakScopeSerializer)


class LongestStreakView(APIView):
    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Leaderboard of longest streaks",
        operation_description=SCOPE + "Compares streaks of one unit; of each user, the best one counts.",
        query_serializer=serializers.StreakScopeSerializer,
        responses=RESPONSES,
    )
    def get(self, request: Request) -> Response:
        return _leaderboard_response(request, Board.LONGEST, serializers.StreakScopeSerializer)


class WeekView(APIView):
    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Leaderboard of this week",
        operation_description=SCOPE + "Compares completed days from Monday to Sunday, counting each habit separately. "
        "The week is that of your local day; each user's own local days count.",
        query_serializer=serializers.ScopeSerializer,
        responses=RESPONSES,
    )
    def get(self, request: Request) -> Response:
        return _leaderboard_response(request, Board.WEEK, serializers.ScopeSerializer)


class MonthView(APIView):
    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Leaderboard of this month",
        operation_description=SCOPE + "Compares completed days, counting each habit separately. The month is that of "
        "your local day; each user's own local days count.",
        query_serializer=serializers.ScopeSerializer,
        responses=RESPONSES,
    )
    def get(self, request: Request) -> Response:
        return _leaderboard_response(request, Board.MONTH, serializers.ScopeSerializer)


def _leaderboard_response(request: Request, board: Board, query: type[serializers.ScopeSerializer]) -> Response:
    given = valid_query(query, request)
    found = leaderboards.leaderboard(viewer=user_of(request), board=board, now=clock.now(), **given)
    return Response(serializers.LeaderboardSerializer(found).data)
