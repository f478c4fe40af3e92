"""Staff's screens of tracks and logs: to read; what people did is theirs to say."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from tracking.models import HabitLog, HabitTrack


@admin.register(HabitTrack)
class TrackAdmin(ReadOnlyAdmin):
    list_display = ["habit", "user", "started_on", "streak", "longest_streak", "streak_unit", "lapses_at"]
    search_fields = ["user__email", "user__username", "habit__name"]
    list_select_related = ["habit", "user"]
    ordering = ["-created_at"]


@admin.register(HabitLog)
class LogAdmin(ReadOnlyAdmin):
    list_display = ["day", "track", "status", "amount", "source", "updated_at"]
    list_filter = ["status", "source"]
    search_fields = ["track__user__email", "track__habit__name"]
    list_select_related = ["track__habit", "track__user"]
    date_hierarchy = "day"
    ordering = ["-day", "-pk"]
