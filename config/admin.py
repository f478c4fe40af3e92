"""The admin page of what staff did."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest

from common.admin import ReadOnlyAdmin


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Shows who of the staff added, changed or deleted what, and which actions they ran."""

    list_display = ["action_time", "user", "action_flag", "content_type", "object_repr", "get_change_message"]
    list_filter = ["action_flag", "content_type"]
    search_fields = ["user__email", "user__username", "object_repr", "change_message"]
    list_select_related = ["user", "content_type"]
    date_hierarchy = "action_time"
    ordering = ["-action_time", "-pk"]
    person = "user"

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.is_active and getattr(request.user, "is_superuser", False)
