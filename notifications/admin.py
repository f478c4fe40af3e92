"""Staff's screens of reminders and the outbox: to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from notifications.models import Delivery, Reminder


class ReadOnly(admin.ModelAdmin[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ["key", "kind", "channel", "user", "state", "reason", "due_at", "sent_at", "uncertain"]
    list_filter = ["state", "kind", "channel", "uncertain"]
    search_fields = ["key", "user__email", "user__username"]
    list_select_related = ["user"]
    ordering = ["-pk"]
    exclude = ["text"]


@admin.register(Reminder)
class ReminderAdmin(ReadOnly):
    list_display = ["track", "local_time", "is_on", "next_at"]
    list_select_related = ["track__habit", "track__user"]
    ordering = ["next_at", "pk"]
