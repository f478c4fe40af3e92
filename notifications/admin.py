"""Read-only admin pages of reminders, digests and the outbox."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from common.admin import ReadOnlyAdmin, report, trace
from notifications.models import ArchivedDelivery, ChannelConnection, Delivery, Digest, PushSubscription, Reminder
from notifications.outbox import archive
from notifications.outbox import services as outbox


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ["key", "kind", "channel", "user", "state", "reason", "due_at", "sent_at", "uncertain"]
    list_filter = ["state", "kind", "channel", "uncertain", "due_at"]
    person = "user"
    search_fields = ["key", "user__email", "user__username"]
    list_select_related = ["user"]
    ordering = ["-pk"]
    exclude = ["text", "token"]
    actions = ["requeue"]

    @admin.action(description="Queue again (failed and expired messages)", permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.filter(state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED]))
        count = outbox.requeue(queryset, now=clock.now())
        trace(request, chosen, "Queued it again.")
        report(request, f"Messages queued again: {count}.", done=bool(count))

    def has_requeue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_delivery")


@admin.register(ArchivedDelivery)
class ArchivedDeliveryAdmin(DeliveryAdmin):
    @admin.action(description="Queue again (failed and expired messages)", permissions=["requeue"])
    def requeue(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        chosen = list(queryset.filter(state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED]))
        count = archive.requeue(queryset, now=clock.now())
        trace(request, chosen, "Queued it again.")
        report(request, f"Messages queued again: {count}.", done=bool(count))


@admin.register(Reminder)
class ReminderAdmin(ReadOnlyAdmin):
    list_display = ["track", "local_time", "is_on", "next_at"]
    list_filter = ["is_on", "next_at", ("last_error", admin.EmptyFieldListFilter)]
    search_fields = ["track__user__email", "track__user__username", "track__habit__name"]
    person = "track__user"
    list_select_related = ["track__habit", "track__user"]
    ordering = ["next_at", "pk"]


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    list_display = ["user", "is_on", "weekday", "hour", "next_at"]
    list_filter = ["is_on", "weekday", ("last_error", admin.EmptyFieldListFilter)]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    ordering = ["pk"]


@admin.register(ChannelConnection)
class ChannelConnectionAdmin(ReadOnlyAdmin):
    list_display = ["user", "channel", "name", "pending", "created_at"]
    list_filter = ["channel", "pending"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    ordering = ["-pk"]
    exclude = ["target_url", "access_token"]


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    list_display = ["user", "device", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    ordering = ["-pk"]
    exclude = ["push_url", "push_url_hash", "public_key", "auth_secret"]
