"""Challenges over HTTP."""

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

from common import clock
from common.http import valid
from common.throttling import CodeThrottle
from community import challenges, queries, serializers
from community.filters import ChallengeFilter
from community.models import Challenge, ChallengeMember, Group
from users.models import User
from users.requests import user_of


def context_of(user: User) -> dict[str, Any]:
    """What the serializers ask for: who looks, and when."""
    now = clock.now()
    return {"user": user, "now": now, "today": user.clock.day_of(now)}


def created(is_new: bool) -> int:
    """The status of an answer to what may have been so already."""
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK


def code_of(request: Request) -> str:
    """The invitation code that the query asks about."""
    asked = serializers.CodeSerializer(data=request.query_params)
    asked.is_valid(raise_exception=True)
    return str(asked.validated_data["code"])


def preview(of: Challenge | Group, members: QuerySet[Any]) -> Response:
    """What an invitation code tells whoever has it."""
    return Response({"id": of.pk, "name": of.name, "members": queries.unbarred(members).count()})


def shown(user: User, challenge_id: int) -> dict[str, Any]:
    """The challenge as the user may see it."""
    challenge = get_object_or_404(queries.challenges_for(user), pk=challenge_id)
    member = ChallengeMember.objects.filter(challenge=challenge_id, user=user).first()
    context = context_of(user) | {"member": member}
    return dict(serializers.OneChallengeSerializer(challenge, context=context).data)


class ChallengeViewSet(viewsets.ReadOnlyModelViewSet[Challenge]):
    """The public challenges, and the caller's own; another's private one answers 404."""

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
            context |= context_of(user_of(self.request))
        return context

    @swagger_auto_schema(
        operation_summary="A challenge",
        operation_description="With how the caller stands in it. Its state is upcoming, running (for somebody), over "
        "(for everybody) or cancelled.",
        responses={200: serializers.OneChallengeSerializer},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(shown(user_of(request), int(pk)))

    @swagger_auto_schema(
        operation_summary="Make a challenge",
        operation_description="On a habit of one's own or a published one; the days are those of each member's own "
        "calendar. The caller is its first member. A public one needs a published habit.",
        request_body=serializers.NewChallengeSerializer,
        responses={201: serializers.OneChallengeSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewChallengeSerializer, request)
        challenge = challenges.create(creator=user_of(request), habit_id=given.pop("habit"), now=clock.now(), **given)
        return Response(shown(user_of(request), challenge.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a challenge",
        operation_description="By its creator, until its first day begins anywhere on Earth.",
        request_body=serializers.EditChallengeSerializer,
        responses={200: serializers.OneChallengeSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        user = user_of(request)
        get_object_or_404(Challenge, pk=pk, creator=user)
        given = valid(serializers.EditChallengeSerializer, request)
        challenges.edit(user=user, challenge_id=int(pk), now=clock.now(), **given)
        return Response(shown(user, int(pk)))


class CancelView(APIView):
    @swagger_auto_schema(
        operation_summary="Cancel a challenge",
        operation_description="By its creator, until it is over. The other members are told.",
        request_body=None,
        responses={200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenges.cancel(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(shown(user_of(request), challenge_id))


class CodeView(APIView):
    @swagger_auto_schema(
        operation_summary="Renew a challenge's code",
        operation_description="By its creator; the old code lets nobody in any more.",
        request_body=None,
        responses={200: serializers.CodeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenge = challenges.renew_code(user=user_of(request), challenge_id=challenge_id)
        return Response({"code": challenge.code})


class JoinView(APIView):
    @swagger_auto_schema(
        operation_summary="Join a public challenge",
        operation_description="Also late: the days since its first count as they were logged. Follows its habit, or "
        "goes on with the track that there is. 200 for who is in already.",
        request_body=None,
        responses={201: serializers.OneChallengeSerializer, 200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        _, is_new = challenges.join(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(shown(user_of(request), challenge_id), status=created(is_new))


class LeaveView(APIView):
    @swagger_auto_schema(
        operation_summary="Leave a challenge",
        operation_description="The history of the track is kept; a habit that is not published, and that only the "
        "challenge gave the right to follow, is left as well.",
        request_body=None,
        responses={204: "Left."},
    )
    def post(self, request: Request, challenge_id: int) -> Response:
        challenges.leave(user=user_of(request), challenge_id=challenge_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ByCodeView(APIView):
    """Whatever challenge an invitation code is for."""

    throttle_classes = [CodeThrottle]

    @swagger_auto_schema(
        operation_summary="What a challenge's code is for",
        operation_description="The name of the challenge and how many are in it, and nothing else.",
        query_serializer=serializers.CodeSerializer,
        responses={200: serializers.PreviewSerializer},
    )
    def get(self, request: Request) -> Response:
        challenge = challenges.by_code(code_of(request))
        return preview(challenge, challenge.members.all())

    @swagger_auto_schema(
        operation_summary="Join a challenge by its code",
        operation_description="Follows its habit, published or not, or goes on with the track that there is. 200 for "
        "who is in already.",
        request_body=serializers.CodeSerializer,
        responses={201: serializers.OneChallengeSerializer, 200: serializers.OneChallengeSerializer},
    )
    def post(self, request: Request) -> Response:
        code = valid(serializers.CodeSerializer, request)["code"]
        member, is_new = challenges.join_by_code(user=user_of(request), code=code, now=clock.now())
        return Response(shown(user_of(request), member.challenge_id), status=created(is_new))


class MembersView(generics.ListAPIView[ChallengeMember]):
    """What the members of a challenge see of each other, the best first."""

    serializer_class: type[BaseSerializer[Any]]
    filter_backends: list[Any] = []
    queryset = ChallengeMember.objects.none()

    def get_queryset(self) -> QuerySet[ChallengeMember]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return queries.standings(self.challenge())

    def challenge(self) -> Challenge:
        """The challenge of the path, for its members. Raises ChallengeMember.DoesNotExist."""
        return queries.member_of(self.kwargs["challenge_id"], user_of(self.request)).challenge

    def members(self) -> list[ChallengeMember]:
        return list(self.paginate_queryset(self.get_queryset()) or [])

    def answer(self, rows: list[Any]) -> Response:
        shown_row = self.get_serializer_class()(context={"user": user_of(self.request)})
        return self.get_paginated_response([shown_row.to_representation(row) for row in rows])


class StandingsView(MembersView):
    serializer_class = serializers.StandingSerializer

    @swagger_auto_schema(
        operation_summary="Standings of a challenge",
        operation_description="For its members: by completed days within the challenge, then by strength; equals "
        "share a rank. Once the challenge is over for everybody they are fixed.",
    )
    def get(self, request: Request, challenge_id: int) -> Response:
        page = self.members()
        return self.answer(list(zip(queries.ranks_of(page), page, strict=True)))


class DaysView(MembersView):
    serializer_class = serializers.MemberDaysSerializer

    @swagger_auto_schema(
        operation_summary="Days of a challenge",
        operation_description="For its members: what each of them said of each of its days (nothing: the day is not "
        "there), the best first.",
        query_serializer=serializers.SomeDaysSerializer,
    )
    def get(self, request: Request, challenge_id: int) -> Response:
        challenge = self.challenge()
        asked = serializers.SomeDaysSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        first = max(challenge.first_day, asked.validated_data.get("from", date.min))
        last = min(challenge.last_day, asked.validated_data.get("to", date.max))
        page = self.members()
        days = queries.days_of(page, first=first, last=last)
        return self.answer([(member, days[member.pk]) for member in page])
