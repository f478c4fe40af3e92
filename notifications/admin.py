"""Read-only admin pages of reminders, digests and the outbox."""

from django.contrib import admin

from common.admin import ReadOnlyAdmin
from notifications.models import Delivery, Digest, Reminder


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "channel", "user", "state", "reason", "due_at", "sent_at", "uncertain"]
    list_filter = ["state", "kind", "channel", "uncertain"]
    search_fields = ["key", "user__email", "user__username"]
    list_select_related = ["user"]
    ordering = ["-pk"]
    exclude = ["text"]


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["track", "local_time", "is_on", "next_at"]
    list_select_related = ["track__habit", "track__user"]
    ordering = ["next_at", "pk"]


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    list_display = ["user", "is_on", "weekday", "hour", "next_at"]
    list_select_related = ["user"]
    ordering = ["pk"]
