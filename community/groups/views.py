"""API views of groups."""

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
from common.http import created_or_ok, valid, valid_query
from common.throttling import CodeThrottle
from community.challenges.views import serializer_context
from community.groups import feed, serializers
from community.groups import queries as group_queries
from community.groups import services as groups
from community.groups.filters import GroupFilter
from community.membership.serializers import CodeSerializer, PreviewSerializer
from community.membership.views import code_of, preview
from community.models import Group, GroupHabit, GroupMember
from users.models import User
from users.requests import is_by_key, user_of
from users.scopes import Scope


def group_data(user: User, group_id: int) -> dict[str, Any]:
    """Return the group as the user may see it. Raises Http404."""
    group = get_object_or_404(group_queries.groups_for(user), pk=group_id)
    return dict(serializers.GroupSerializer(group).data)


class GroupViewSet(viewsets.ReadOnlyModelViewSet[Group]):
    """Open groups, and those of which the caller is a member. Other groups answer 404."""

    key_scopes = {"list": Scope.COMMUNITY_READ, "retrieve": Scope.COMMUNITY_READ}
    list_title, object_title = "Groups", "One group"
    serializer_class = serializers.GroupSerializer
    filterset_class = GroupFilter
    lookup_value_regex = r"\d{1,18}"
    queryset = Group.objects.none()

    def get_queryset(self) -> QuerySet[Group]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return group_queries.groups_for(user_of(self.request))

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["hides_code"] = is_by_key(self.request)
        return context

    @swagger_auto_schema(
        operation_summary="Create a group",
        operation_description="You become its owner. An open group is listed and everyone can join it.",
        request_body=serializers.NewGroupSerializer,
        responses={201: serializers.GroupSerializer},
    )
    def create(self, request: Request) -> Response:
        given = valid(serializers.NewGroupSerializer, request)
        group = groups.create(owner=user_of(request), now=clock.now(), **given)
        return Response(group_data(user_of(request), group.pk), status=status.HTTP_201_CREATED)

    @swagger_auto_schema(
        operation_summary="Change a group",
        operation_description="For its owner and admins: name, description, and whether it is open.",
        request_body=serializers.EditGroupSerializer,
        responses={200: serializers.GroupSerializer},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        group_queries.membership(int(pk), user_of(request))
        given = valid(serializers.EditGroupSerializer, request)
        groups.edit(user=user_of(request), group_id=int(pk), **given)
        return Response(group_data(user_of(request), int(pk)))

    @swagger_auto_schema(
        operation_summary="Delete a group",
        operation_description="For its owner. Members keep their tracks and logs.",
        responses={204: "Deleted."},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        groups.dissolve(user=user_of(request), group_id=int(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupJoinView(APIView):
    @swagger_auto_schema(
        operation_summary="Join an open group",
        operation_description="The group sees your progress on a habit only after you follow that habit in the group. "
        "Answers 200 if you are a member already.",
        request_body=None,
        responses={201: serializers.GroupSerializer, 200: serializers.GroupSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        _, is_new = groups.join(user=user_of(request), group_id=group_id, now=clock.now())
        return Response(group_data(user_of(request), group_id), status=created_or_ok(is_new))


class GroupLeaveView(APIView):
    @swagger_auto_schema(
        operation_summary="Leave a group",
        operation_description="Unpublished habits that you may follow only as a member of the group are left as well; "
        "your logs are kept. An owner must first transfer the group or delete it.",
        request_body=None,
        responses={204: "Left."},
    )
    def post(self, request: Request, group_id: int) -> Response:
        groups.leave(user=user_of(request), group_id=group_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupCodeView(APIView):
    @swagger_auto_schema(
        operation_summary="Renew a group's code",
        operation_description="For its owner and admins. The old code stops working.",
        request_body=None,
        responses={200: CodeSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        return Response({"code": groups.renew_code(user=user_of(request), group_id=group_id).code})


class GroupOwnerView(APIView):
    @swagger_auto_schema(
        operation_summary="Transfer a group",
        operation_description="For its owner: another member becomes the owner, and you become an admin.",
        request_body=serializers.NewOwnerSerializer,
        responses={200: serializers.GroupSerializer},
    )
    def put(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        given = valid(serializers.NewOwnerSerializer, request)
        groups.transfer_ownership(user=user, group_id=group_id, **given)
        return Response(group_data(user, group_id))


class GroupByCodeView(APIView):
    """The group of an invitation code."""

    throttle_classes = [CodeThrottle]

    @swagger_auto_schema(
        operation_summary="Preview a group by its code",
        operation_description="Shows only the name of the group and the number of members.",
        query_serializer=CodeSerializer,
        responses={200: PreviewSerializer},
    )
    def get(self, request: Request) -> Response:
        group = groups.by_code(code_of(request))
        return preview(group, group.members.all())

    @swagger_auto_schema(
        operation_summary="Join a group by its code",
        operation_description="Works for open and closed groups. Answers 200 if you are a member already.",
        request_body=CodeSerializer,
        responses={201: serializers.GroupSerializer, 200: serializers.GroupSerializer},
    )
    def post(self, request: Request) -> Response:
        code = valid(CodeSerializer, request)["code"]
        member, is_new = groups.join_by_code(user=user_of(request), code=code, now=clock.now())
        return Response(group_data(user_of(request), member.group_id), status=created_or_ok(is_new))


class GroupMembersView(generics.ListAPIView[GroupMember]):
    key_scopes = {"get": Scope.COMMUNITY_READ}
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
        operation_description="For members: the owner first, then admins, then the others, each by time of joining.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        return self.list(request)


class GroupMemberView(APIView):
    """One member, by their username."""

    @swagger_auto_schema(
        operation_summary="Change a member's role",
        operation_description="For the owner: make a member an admin, or a plain member again.",
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
        operation_description="The owner can remove anybody, admins can remove plain members. A removed member no "
        "longer sees the group, and leaves unpublished habits that only the group allowed them to follow.",
        responses={204: "Removed."},
    )
    def delete(self, request: Request, group_id: int, username: str) -> Response:
        groups.remove_member(user=user_of(request), group_id=group_id, username=username, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupHabitsView(generics.ListAPIView[GroupHabit]):
    key_scopes = {"get": Scope.COMMUNITY_READ}
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
            context |= serializer_context(user_of(self.request))
        return context

    @swagger_auto_schema(
        operation_summary="Habits of a group",
        operation_description="For members: each habit with your track if you follow the habit in the group.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        return self.list(request)

    @swagger_auto_schema(
        operation_summary="Add a habit to a group",
        operation_description="For its owner and admins: one of your own habits, published or not, or a published one.",
        request_body=serializers.NewGroupHabitSerializer,
        responses={201: serializers.GroupHabitSerializer, 200: serializers.GroupHabitSerializer},
    )
    def post(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        habit_id = valid(serializers.NewGroupHabitSerializer, request)["habit"]
        added, is_new = groups.add_habit(user=user, group_id=group_id, habit_id=habit_id, now=clock.now())
        habit = self.get_queryset().get(pk=added.pk)
        return Response(self.get_serializer(habit).data, status=created_or_ok(is_new))


class GroupHabitView(APIView):
    @swagger_auto_schema(
        operation_summary="Remove a habit from a group",
        operation_description="For the group's owner and admins, and for the habit's owner. Members keep their tracks.",
        responses={204: "Removed."},
    )
    def delete(self, request: Request, group_id: int, habit_id: int) -> Response:
        groups.remove_habit(user=user_of(request), group_id=group_id, habit_id=habit_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupFollowView(APIView):
    """The caller's track of a group habit."""

    @swagger_auto_schema(
        operation_summary="Follow a group's habit",
        operation_description="Members may follow it even if it is not published. From then on the group sees your "
        "progress on it. Answers 200 if you follow it in the group already.",
        request_body=None,
        responses={201: serializers.GroupHabitSerializer, 200: serializers.GroupHabitSerializer},
    )
    def post(self, request: Request, group_id: int, habit_id: int) -> Response:
        user = user_of(request)
        followed, is_new = groups.follow_habit(user=user, group_id=group_id, habit_id=habit_id, now=clock.now())
        habit = group_queries.habits_of(group_queries.membership(group_id, user)).get(pk=followed.group_habit_id)
        serializer = serializers.GroupHabitSerializer(habit, context=serializer_context(user))
        return Response(serializer.data, status=created_or_ok(is_new))

    @swagger_auto_schema(
        operation_summary="Stop following a group's habit",
        operation_description="Hides your progress from the group. You keep the track, unless you may follow the habit "
        "only as a member of the group: then the track is left and its logs are kept.",
        responses={204: "No longer followed in the group."},
    )
    def delete(self, request: Request, group_id: int, habit_id: int) -> Response:
        groups.unfollow_habit(user=user_of(request), group_id=group_id, habit_id=habit_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class GroupBoardView(GroupMembersView):
    key_scopes = {"get": Scope.COMMUNITY_READ}
    serializer_class = serializers.BoardSerializer

    @swagger_auto_schema(
        operation_summary="Progress in a group",
        operation_description="For members: each member's current streak, completed days of their week, and strength "
        "on each habit that they follow in the group.",
    )
    def get(self, request: Request, group_id: int) -> Response:
        page = list(self.paginate_queryset(self.get_queryset()) or [])
        progress, serializer = group_queries.progress_of(page, now=clock.now()), serializers.BoardSerializer()
        return self.get_paginated_response([serializer.to_representation(each) for each in progress])


class GroupFeedView(APIView):
    key_scopes = {"get": Scope.COMMUNITY_READ}

    @swagger_auto_schema(
        operation_summary="Feed of a group",
        operation_description="For members, newest first: days of group habits that members completed in the last 30 "
        "days, and links that they shared. Follow `next` for older items; items added meanwhile do not shift the pages.",
        query_serializer=serializers.FeedQuerySerializer,
        responses={
            200: openapi.Response(
                "A page of the feed.",
                schema=openapi.Schema(**serializers.FEED_SHAPE),
                examples={"application/json": serializers.FEED_EXAMPLE},
            ),
        },
    )
    def get(self, request: Request, group_id: int) -> Response:
        member = group_queries.membership(group_id, user_of(request))
        query = valid_query(serializers.FeedQuerySerializer, request)
        page = feed.feed(
            member.group,
            now=clock.now(),
            limit=query["page_size"],
            before=query.get("before"),
        )
        serializer = serializers.FeedItemSerializer()
        link = serializers.next_link(request, page.next_cursor) if page.next_cursor else None
        return Response({"next": link, "results": [serializer.to_representation(item) for item in page.items]})

    @swagger_auto_schema(
        operation_summary="Share with a group",
        operation_description="Posts one of your share links to the feed, where it is shown as long as the link is "
        "live. Revoke the link to remove the post. Answers 200 if the link is posted already.",
        request_body=serializers.PostSerializer,
        responses={201: "Posted.", 200: "Posted already."},
    )
    def post(self, request: Request, group_id: int) -> Response:
        user = user_of(request)
        group_queries.membership(group_id, user)
        share_id = valid(serializers.PostSerializer, request)["share"]
        _, is_new = groups.post_share(user=user, group_id=group_id, share_id=share_id, now=clock.now())
        return Response(status=created_or_ok(is_new))
