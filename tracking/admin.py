"""Read-only admin pages of tracks, logs, pauses and goals. Only users change their own data."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from tracking.models import Goal, HabitLog, HabitTrack, Pause


@admin.register(HabitTrack)
class TrackAdmin(ReadOnlyAdmin):
    list_display = ["habit", "user", "started_on", "streak", "longest_streak", "streak_unit", "lapses_at"]
    list_filter = ["streak_unit", "created_at", ("archived_at", admin.EmptyFieldListFilter)]
    person = "user"
    search_fields = ["user__email", "user__username", "habit__name"]
    list_select_related = ["habit", "user"]
    ordering = ["-created_at"]


@admin.register(HabitLog)
class LogAdmin(ReadOnlyAdmin):
    list_display = ["day", "track", "status", "amount", "source", "updated_at"]
    list_filter = ["status", "source"]
    search_fields = ["track__user__email", "track__user__username", "track__habit__name"]
    person = "track__user"
    list_select_related = ["track__habit", "track__user"]
    date_hierarchy = "day"
    ordering = ["-day", "-pk"]


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = ["user", "track", "first_day", "last_day", "reason"]
    list_filter = [
        "reason",
        "first_day",
        ("last_day", admin.EmptyFieldListFilter),
        ("track", admin.EmptyFieldListFilter),
    ]
    person = "user"
    search_fields = ["user__email", "user__username", "track__habit__name"]
    list_select_related = ["user", "track__habit", "track__user"]
    ordering = ["-first_day", "-pk"]


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin):
    list_display = ["track", "amount", "days", "first_day", "deadline", "reached_on"]
    list_filter = [("reached_on", admin.EmptyFieldListFilter)]
    person = "track__user"
    search_fields = ["track__user__email", "track__user__username", "track__habit__name"]
    list_select_related = ["track__habit", "track__user"]
    ordering = ["-pk"]
