"""API views of challenges."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from common import clock, replica
from common.http import created_or_ok, valid, valid_query
from common.throttling import CodeThrottle
from community.challenges import queries, serializers
from community.challenges import services as challenges
from community.challenges.filters import ChallengeFilter
from community.membership.serializers import CodeSerializer, PreviewSerializer
from community.membership.views import code_of, preview
from community.models import Challenge, ChallengeMember
from users.models import User
from users.requests import is_by_key, user_of
from users.scopes import Scope


def serializer_context(user: User) -> dict[str, Any]:
    """Return the serializer context: the caller, the current instant and the caller's local day."""
    now = clock.now()
    return {"user": user, "now": now, "today": user.clock.day_of(now)}


def challenge_data(user: User, challenge_id: int, *, hides_code: bool = False) -> dict[str, Any]:
    """Return the challenge as the user may see it. Raises Http404."""
    challenge = get_object_or_404(queries.challenges_for(user), pk=challenge_id)
    member = ChallengeMember.objects.filter(challenge=challenge_id, user=user).first()
    context = serializer_context(user) | {"member": member, "hides_code": hides_code}
    return dict(serializers.OneChallengeSerializer(challenge, context=context).data)


class ChallengeViewSet(viewsets.ReadOnlyModelViewSet[Challenge]):
    """Public challenges, and those that the caller created or has joined. Other private ones answer 404."""

    key_scopes = {"list": Scope.COMMUNITY_READ, "retrieve": Scope.COMMUNITY_READ}
    list_title = "Challenges"
    serializer_class = serializers.ChallengeSerializer
    filterset_class = ChallengeFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Challenge.objects.none()

    def get_queryset(self) -> QuerySet[Challenge]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.challenges_for(user_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context |= serializer_context(user_of(self.request)) | {"hides_code": is_by_key(self.request)}
        return context

    @swagger_auto_schema(
        operation_summary="One challenge",
        operation_description="With your score and rank if you are a member. Its state is upcoming, running (in at "
        "least one time zone), over (in all of them) or cancelled.",
        responses={200: serializers.OneChallengeSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(challenge_data(user_of(request), int(pk), hides_code=is_by_key(request)))

    @swagger_auto_schema(
        operation_summary="Create a challenge",
        operation_description="On one of your habits or a published one. The dates are local days of each member. You "
        "become its first member. A public challenge needs a published habit.",
        request_body=serializers.NewChallengeSerializer,
        responses={201: serializers.OneChallengeSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewChallengeSerializer, request)
        challenge = challenges.create(creator=user_of(request), habit_id=given.pop("habit"), now=clock.now(), **given)
        return Response(challenge_data(user_of(request), challenge.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a challenge",
        operation_description="For its creator, until its first day begins anywhere on Earth.",
        request_body=serializers.EditChallengeSerializer,
        responses={200: serializers.OneChallengeSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        user = user_of(request)
        get_object_or_404(Challenge, pk=pk, creator=user)
        given = valid(serializers.EditChallengeSerializer, request)
        challenges.edit(user=user, challenge_id=int(pk), now=clock.now(), **given)
        return Response(challenge_data(user, int(pk)))


class CancelView(APIView):
    @swagger_auto_schema(
        operation_summary="Cancel a challenge",
        operation_description="For its creator, until it is over. The other members are notified.",
        request_body=None,
        responses={200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenges.cancel(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(challenge_data(user_of(request), challenge_id))


class CodeView(APIView):
    @swagger_auto_schema(
        operation_summary="Renew a challenge's code",
        operation_description="For its creator. The old code stops working.",
        request_body=None,
        responses={200: CodeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenge = challenges.renew_code(user=user_of(request), challenge_id=challenge_id)
        return Response({"code": challenge.code})


class JoinView(APIView):
    @swagger_auto_schema(
        operation_summary="Join a public challenge",
        operation_description="You can join while it is running: days that you have already logged count. Follows the "
        "habit, or uses your existing track. Answers 200 if you are a member already.",
        request_body=None,
        responses={201: serializers.OneChallengeSerializer, 200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        _, is_new = challenges.join(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(challenge_data(user_of(request), challenge_id), status=created_or_ok(is_new))


class LeaveView(APIView):
    @swagger_auto_schema(
        operation_summary="Leave a challenge",
        operation_description="Your logs are kept. An unpublished habit that you may follow only as a member of the "
        "challenge is left as well.",
        request_body=None,
        responses={204: "Left."},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenges.leave(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ByCodeView(APIView):
    """The challenge of an invitation code."""

    throttle_classes = [CodeThrottle]

    @swagger_auto_schema(
        operation_summary="Preview a challenge by its code",
        operation_description="Shows only the name of the challenge and the number of members.",
        query_serializer=CodeSerializer,
        responses={200: PreviewSerializer},
    )
    def get(self, request: Request) -> Response:
        challenge = challenges.by_code(code_of(request))
        return preview(challenge, challenge.members.all())

    @swagger_auto_schema(
        operation_summary="Join a challenge by its code",
        operation_description="Follows the habit, published or not, or uses your existing track. Answers 200 if you "
        "are a member already.",
        request_body=CodeSerializer,
        responses={201: serializers.OneChallengeSerializer, 200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request) -> Response:
        code = valid(CodeSerializer, request)["code"]
        member, is_new = challenges.join_by_code(user=user_of(request), code=code, now=clock.now())
        return Response(challenge_data(user_of(request), member.challenge_id), status=created_or_ok(is_new))


class MembersView(generics.ListAPIView[ChallengeMember]):
    """Base of the lists of members that members of a challenge see, best first."""

    serializer_class: type[BaseSerializer[Any]]
    filter_backends: list[Any] = []
    queryset = ChallengeMember.objects.none()

    def get_queryset(self) -> QuerySet[ChallengeMember]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.ranked_members(self.challenge())

    def challenge(self) -> Challenge:
        """Return the challenge of the URL if the caller is a member. Raises ChallengeMember.DoesNotExist."""
        return queries.member_of(self.kwargs["challenge_id"], user_of(self.request)).challenge

    def page_of_members(self, members: QuerySet[ChallengeMember] | None = None) -> list[ChallengeMember]:
        # A copy: what is read again after the replica failed must not go to the database that it was made for.
        found = self.get_queryset() if members is None else members.all()
        return list(self.paginate_queryset(found) or [])

    def members_before_page(self) -> int:
        """Return how many members are on the pages before the one that `page_of_members` has returned."""
        pages: Any = self.paginator
        return int(pages.page.start_index()) - 1 if pages.page.paginator.count else 0

    def page_response(self, rows: list[Any]) -> Response:
        serializer = self.get_serializer_class()(context={"user": user_of(self.request)})
        return self.get_paginated_response([serializer.to_representation(row) for row in rows])


class StandingsView(MembersView):
    key_scopes = {"get": Scope.COMMUNITY_READ}
    serializer_class = serializers.StandingSerializer

    @swagger_auto_schema(
        operation_summary="Standings of a challenge",
        operation_description="For members: ranked by completed days within the challenge, then by strength. Equal "
        "members share a rank. The standings become final once the challenge is over in every time zone.",
    )
    def get(self, request: Request, challenge_id: int) -> Response:
        members = self.get_queryset()  # whether the caller is one is read from the primary
        return self.page_response(replica.read(lambda: self._ranked_page(members)))

    def _ranked_page(self, members: QuerySet[ChallengeMember]) -> list[tuple[int, ChallengeMember]]:
        page = self.page_of_members(members)
        return list(zip(queries.ranks_of(page, before=self.members_before_page()), page, strict=True))


class DaysView(MembersView):
    key_scopes = {"get": Scope.COMMUNITY_READ}
    serializer_class = serializers.MemberDaysSerializer

    @swagger_auto_schema(
        operation_summary="Days of a challenge",
        operation_description="For members: what each member logged on the days of the challenge, best member first. "
        "Days without a log are left out.",
        query_serializer=serializers.DayRangeSerializer,
    )
    def get(self, request: Request, challenge_id: int) -> Response:
        challenge = self.challenge()
        query = valid_query(serializers.DayRangeSerializer, request)
        first = max(challenge.first_day, query.get("from", date.min))
        last = min(challenge.last_day, query.get("to", date.max))
        page = self.page_of_members()
        logs = queries.logs_by_member(page, first=first, last=last)
        return self.page_response([(member, logs[member.pk]) for member in page])
