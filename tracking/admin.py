"""Staff's screens of tracks and logs: to read; what people did is theirs to say."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tracking.models import HabitLog, HabitTrack


class ReadOnly(admin.ModelAdmin[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(HabitTrack)
class TrackAdmin(ReadOnly):
    list_display = ["habit", "user", "started_on", "streak", "longest_streak", "streak_unit", "lapses_at"]
    search_fields = ["user__email", "user__username", "habit__name"]
    list_select_related = ["habit", "user"]
    ordering = ["-created_at"]


@admin.register(HabitLog)
class LogAdmin(ReadOnly):
    list_display = ["day", "track", "status", "amount", "source", "updated_at"]
    list_filter = ["status", "source"]
    search_fields = ["track__user__email", "track__habit__name"]
    list_select_related = ["track__habit", "track__user"]
    date_hierarchy = "day"
    ordering = ["-day", "-pk"]
