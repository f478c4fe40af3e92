"""URL routes of challenges, groups and leaderboards under /api/."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter, StringConverter
from rest_framework.routers import SimpleRouter

from community.challenges import views
from community.groups import views as group_views
from community.leaderboards import views as leaderboard_views


class IdConverter(IntConverter):
    """Match ids of up to 18 digits, which fit into the database's 64-bit integers."""

    regex = r"[0-9]{1,18}"


class UsernameConverter(StringConverter):
    """Match usernames as users.models.User allows them."""

    regex = r"[\w.-]{1,30}"


register_converter(IdConverter, "id")
register_converter(UsernameConverter, "username")

router = SimpleRouter()
router.register("challenges", views.ChallengeViewSet, basename="challenges")
router.register("groups", group_views.GroupViewSet, basename="groups")

urlpatterns = [
    path("challenges/by-code/", views.ByCodeView.as_view(), name="challenges-by-code"),
    path("challenges/<id:challenge_id>/join/", views.JoinView.as_view(), name="challenges-join"),
    path("challenges/<id:challenge_id>/leave/", views.LeaveView.as_view(), name="challenges-leave"),
    path("challenges/<id:challenge_id>/cancel/", views.CancelView.as_view(), name="challenges-cancel"),
    path("challenges/<id:challenge_id>/code/", views.CodeView.as_view(), name="challenges-code"),
    path("challenges/<id:challenge_id>/standings/", views.StandingsView.as_view(), name="challenges-standings"),
    path("challenges/<id:challenge_id>/days/", views.DaysView.as_view(), name="challenges-days"),
    path("groups/by-code/", group_views.GroupByCodeView.as_view(), name="groups-by-code"),
    path("groups/<id:group_id>/join/", group_views.GroupJoinView.as_view(), name="groups-join"),
    path("groups/<id:group_id>/leave/", group_views.GroupLeaveView.as_view(), name="groups-leave"),
    path("groups/<id:group_id>/code/", group_views.GroupCodeView.as_view(), name="groups-code"),
    path("groups/<id:group_id>/owner/", group_views.GroupOwnerView.as_view(), name="groups-owner"),
    path("groups/<id:group_id>/members/", group_views.GroupMembersView.as_view(), name="groups-members"),
    path(
        "groups/<id:group_id>/members/<username:username>/",
        group_views.GroupMemberView.as_view(),
        name="groups-member",
    ),
    path("groups/<id:group_id>/habits/", group_views.GroupHabitsView.as_view(), name="groups-habits"),
    path("groups/<id:group_id>/habits/<id:habit_id>/", group_views.GroupHabitView.as_view(), name="groups-habit"),
    path(
        "groups/<id:group_id>/habits/<id:habit_id>/follow/",
        group_views.GroupFollowView.as_view(),
        name="groups-follow",
    ),
    path("groups/<id:group_id>/board/", group_views.GroupBoardView.as_view(), name="groups-board"),
    path("groups/<id:group_id>/feed/", group_views.GroupFeedView.as_view(), name="groups-feed"),
    *router.urls,
    path("leaderboards/current/", leaderboard_views.CurrentStreakView.as_view(), name="leaderboard-current"),
    path("leaderboards/longest/", leaderboard_views.LongestStreakView.as_view(), name="leaderboard-longest"),
    path("leaderboards/week/", leaderboard_views.WeekView.as_view(), name="leaderboard-week"),
    path("leaderboards/month/", leaderboard_views.MonthView.as_view(), name="leaderboard-month"),
]
