"""Groups over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_yasg import openapi
from drf_yasg.utils import swagger_auto_schema
from rest_framework import generics, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from common import clock
from common.http import valid
from common.throttling import CodeThrottle
from community import feed, group_queries, groups
from community import group_serializers as serializers
from community.filters import GroupFilter
from community.models import Group, GroupHabit, GroupMember
from community.serializers import CodeSerializer, PreviewSerializer
from community.views import code_of, context_of, created, preview
from users.models import User
from users.requests import user_of


def shown(user: User, group_id: int) -> dict[str, Any]:
    """The group as the user may see it."""
    group = get_object_or_404(group_queries.groups_for(user), pk=group_id)
    return dict(serializers.GroupSerializer(group).data)


class GroupViewSet(viewsets.ReadOnlyModelViewSet[Group]):
    """The open groups, and those that the caller is in; another one answers 404."""

    list_title, object_title = "Groups", "A group"
    serializer_class = serializers.GroupSerializer
    filterset_class = GroupFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Group.objects.none()

    def get_queryset(self) -> QuerySet[Group]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return group_queries.groups_for(user_of(self.request))

    @swagger_auto_schema(
        operation_summary="Make a group",
        operation_description="The caller owns it. An open one is listed, and anybody may join.",
        request_body=serializers.NewGroupSerializer,
        responses={201: serializers.GroupSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewGroupSerializer, request)
        group = groups.create(owner=user_of(request), now=clock.now(), **given)
        return Response(shown(user_of(request), group.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a group",
        operation_description="By its owner or an admin: name, description, whether it is open.",
        request_body=serializers.EditGroupSerializer,
        responses={200: serializers.GroupSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        group_queries.membership(int(pk), user_of(request))
        given = valid(serializers.EditGroupSerializer, request)
        groups.edit(user=user_of(request), group_id=int(pk), **given)
        return Response(shown(user_of(request), int(pk)))

    @swagger_auto_schema(
        operation_summary="Dissolve a group",
        operation_description="By its owner. What its members track stays theirs.",
        responses={204: "Dissolved."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        groups.dissolve(user=user_of(request), group_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupJoinView(APIView):
    @swagger_auto_schema(
        operation_summary="Join an open group",
        operation_description="200 for who is in already. What one tracks is shown to the group where one follows its "
        "habit there, and not before.",
        request_body=None,
        responses={201: serializers.GroupSerializer, 200: serializers.GroupSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        _, is_new = groups.join(user=user_of(request), group_id=group_id, now=clock.now())
        return Response(shown(user_of(request), group_id), status=created(is_new))


class GroupLeaveView(APIView):
    @swagger_auto_schema(
        operation_summary="Leave a group",
        operation_description="And with it the habits that are not published and that only the group gave the right "
        "to follow; their history is kept. An owner hands the group over first, or dissolves it.",
        request_body=None,
        responses={204: "Left."},
    )
    def post(self, request: Request, group_id: int) -> Response:
        groups.leave(user=user_of(request), group_id=group_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupCodeView(APIView):
    @swagger_auto_schema(
        operation_summary="Renew a group's code",
        operation_description="By its owner or an admin; the old code lets nobody in any more.",
        request_body=None,
        responses={200: CodeSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        return Response({"code": groups.renew_code(user=user_of(request), group_id=group_id).code})


class GroupOwnerView(APIView):
    @swagger_auto_schema(
        operation_summary="Hand a group over",
        operation_description="By its owner, to another member; who it was becomes an admin.",
        request_body=serializers.NewOwnerSerializer,
        responses={200: serializers.GroupSerializer},
    )
    def put(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        given = valid(serializers.NewOwnerSerializer, request)
        groups.hand_over(user=user, group_id=group_id, **given)
        return Response(shown(user, group_id))


class GroupByCodeView(APIView):
    """Whatever group an invitation code is for."""

    throttle_classes = [CodeThrottle]

    @swagger_auto_schema(
        operation_summary="What a group's code is for",
        operation_description="The name of the group and how many are in it, and nothing else.",
        query_serializer=CodeSerializer,
        responses={200: PreviewSerializer},
    )
    def get(self, request: Request) -> Response:
        group = groups.by_code(code_of(request))
        return preview(group, group.members.all())

    @swagger_auto_schema(
        operation_summary="Join a group by its code",
        operation_description="Open or not. 200 for who is in already.",
        request_body=CodeSerializer,
        responses={201: serializers.GroupSerializer, 200: serializers.GroupSerializer},
    )
    def post(self, request: Request) -> Response:
        code = valid(CodeSerializer, request)["code"]
        member, is_new = groups.join_by_code(user=user_of(request), code=code, now=clock.now())
        return Response(shown(user_of(request), member.group_id), status=created(is_new))


class GroupMembersView(generics.ListAPIView[GroupMember]):
    serializer_class: type[BaseSerializer[Any]] = serializers.GroupMemberSerializer
    filter_backends: list[Any] = []
    queryset = GroupMember.objects.none()

    def get_queryset(self) -> QuerySet[GroupMember]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        member = group_queries.membership(self.kwargs["group_id"], user_of(self.request))
        return group_queries.members_of(member.group)

    @swagger_auto_schema(
        operation_summary="Members of a group",
        operation_description="For its members: the owner, admins, the others, each in the order in which they came.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        return self.list(request)


class GroupMemberView(APIView):
    """One member, by their username."""

    @swagger_auto_schema(
        operation_summary="Make a member an admin",
        operation_description="Or a plain member again; by the owner.",
        request_body=serializers.RoleSerializer,
        responses={200: serializers.GroupMemberSerializer},
    )
    def patch(self, request: Request, group_id: int, username: str) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        role = valid(serializers.RoleSerializer, request)["role"]
        member = groups.set_role(user=user, group_id=group_id, username=username, role=role)
        return Response(serializers.GroupMemberSerializer(member).data)

    @swagger_auto_schema(
        operation_summary="Remove a member from a group",
        operation_description="The owner removes anybody, admins remove plain members. Whoever is removed sees "
        "nothing of the group from then on, and leaves those of its habits that are not published.",
        responses={204: "Removed."},
    )
    def delete(self, request: Request, group_id: int, username: str) -> Response:
        groups.remove(user=user_of(request), group_id=group_id, username=username, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupHabitsView(generics.ListAPIView[GroupHabit]):
    serializer_class = serializers.GroupHabitSerializer
    filter_backends: list[Any] = []
    queryset = GroupHabit.objects.none()

    def get_queryset(self) -> QuerySet[GroupHabit]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return group_queries.habits_of(group_queries.membership(self.kwargs["group_id"], user_of(self.request)))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context |= context_of(user_of(self.request))
        return context

    @swagger_auto_schema(
        operation_summary="Habits of a group",
        operation_description="For its members, each with the caller's track where they follow it in the group.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        return self.list(request)

    @swagger_auto_schema(
        operation_summary="Add a habit to a group",
        operation_description="By its owner or an admin: a habit of one's own, published or not, or a published one.",
        request_body=serializers.NewGroupHabitSerializer,
        responses={201: serializers.GroupHabitSerializer, 200: serializers.GroupHabitSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        habit_id = valid(serializers.NewGroupHabitSerializer, request)["habit"]
        added, is_new = groups.add_habit(user=user, group_id=group_id, habit_id=habit_id, now=clock.now())
        habit = self.get_queryset().get(pk=added.pk)
        return Response(self.get_serializer(habit).data, status=created(is_new))


class GroupHabitView(APIView):
    @swagger_auto_schema(
        operation_summary="Take a habit from a group",
        operation_description="By its owner or an admin, or whose habit it is. Who tracks it goes on alone.",
        responses={204: "Taken away."},
    )
    def delete(self, request: Request, group_id: int, habit_id: int) -> Response:
        groups.remove_habit(user=user_of(request), group_id=group_id, habit_id=habit_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupFollowView(APIView):
    """The caller's own part in a group habit."""

    @swagger_auto_schema(
        operation_summary="Follow a group's habit",
        operation_description="Published or not: membership gives the right to. From then on the group sees one's "
        "progress on it. 200 where it is followed in the group already.",
        request_body=None,
        responses={201: serializers.GroupHabitSerializer, 200: serializers.GroupHabitSerializer},
    )
    def post(self, request: Request, group_id: int, habit_id: int) -> Response:
        user = user_of(request)
        followed, is_new = groups.follow_habit(user=user, group_id=group_id, habit_id=habit_id, now=clock.now())
        habit = group_queries.habits_of(group_queries.membership(group_id, user)).get(pk=followed.group_habit_id)
        shown_habit = serializers.GroupHabitSerializer(habit, context=context_of(user))
        return Response(shown_habit.data, status=created(is_new))

    @swagger_auto_schema(
        operation_summary="Stop following a group's habit",
        operation_description="The group sees no more of it. The track goes on, unless only the group gave the right "
        "to follow the habit: then it is left, and its history kept.",
        responses={204: "No longer shown."},
    )
    def delete(self, request: Request, group_id: int, habit_id: int) -> Response:
        groups.unfollow_habit(user=user_of(request), group_id=group_id, habit_id=habit_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupBoardView(GroupMembersView):
    serializer_class = serializers.BoardSerializer

    @swagger_auto_schema(
        operation_summary="Progress in a group",
        operation_description="For its members: each member, with the current streak, the completed days of their "
        "week and the strength of each group habit that they follow in the group.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        page = list(self.paginate_queryset(self.get_queryset()) or [])
        found, shown_row = group_queries.progress_of(page, now=clock.now()), serializers.BoardSerializer()
        return self.get_paginated_response([shown_row.to_representation(each) for each in found])


class GroupFeedView(APIView):
    @swagger_auto_schema(
        operation_summary="Feed of a group",
        operation_description="For its members, the newest first: who completed which day of which group habit, in "
        "the last 30 days, and when they said so; and what they shared. `next` leads on to what came before, however much is added meanwhile.",
        query_serializer=serializers.FeedQuerySerializer,
        responses={
            200: openapi.Response("Some of the feed.", examples={"application/json": serializers.FEED_EXAMPLE}),
        },
    )
    def get(self, request: Request, group_id: int) -> Response:
        member = group_queries.membership(group_id, user_of(request))
        asked = serializers.FeedQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        page = feed.feed(
            member.group,
            now=clock.now(),
            limit=asked.validated_data["page_size"],
            before=asked.validated_data.get("before"),
        )
        shown_item = serializers.ItemSerializer()
        link = serializers.next_link(request, page.goes_on) if page.goes_on else None
        return Response({"next": link, "results": [shown_item.to_representation(item) for item in page.items]})

    @swagger_auto_schema(
        operation_summary="Share into a group",
        operation_description="Posts one of the caller's share links into the feed, where it is shown for as long as "
        "the link is live: take the link back to take the post back. 200 for one that is there already.",
        request_body=serializers.PostSerializer,
        responses={201: "Posted.", 200: "It is there already."},
    )
    def post(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        share_id = valid(serializers.PostSerializer, request)["share"]
        _, is_new = groups.post_share(user=user, group_id=group_id, share_id=share_id, now=clock.now())
        return Response(status=created(is_new))
