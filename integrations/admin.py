"""Admin pages of integrations."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from common.admin import ReadOnlyAdmin, report, trace
from integrations.keys import services
from integrations.models import ActionLink, ApiKey, CalendarFeed, EventRule, EventType, SignedSource


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Shows keys without what is stored of their secrets; staff can revoke them."""

    list_display = ["user", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "last_used_at"]
    search_fields = ["user__email", "user__username", "name", "prefix"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["secret_hash"]
    ordering = ["-pk"]
    actions = ["revoke"]

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        keys = list(queryset.filter(revoked_at=None).select_related("user"))
        for key in keys:
            services.revoke(user=key.user, key_id=key.pk, now=clock.now())
        trace(request, keys, "revoked")
        report(request, f"Revoked: {len(keys)}.", done=bool(keys))

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the staff member may revoke keys: by the right to change them."""
        user: Any = request.user
        return bool(user.is_active and user.has_perm("integrations.change_apikey"))


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnlyAdmin):
    """Shows who has a calendar address, without its secret."""

    list_display = ["user", "alarm_minutes", "created_at"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["token"]
    ordering = ["-pk"]


@admin.register(EventType)
class EventTypeAdmin(ReadOnlyAdmin):
    """Shows which types of events come from where, without their values."""

    list_display = ["user", "source", "name", "unit", "last_at"]
    list_filter = ["source"]
    search_fields = ["user__email", "user__username", "source", "name"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["last_value"]
    ordering = ["-pk"]


@admin.register(EventRule)
class EventRuleAdmin(ReadOnlyAdmin):
    """Shows the rules from types of events to tracks."""

    list_display = ["user", "event_type", "track", "aggregation", "factor", "kind", "only_raise", "since", "created_at"]
    list_filter = ["aggregation"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user", "event_type", "track__habit", "track__user"]
    ordering = ["-pk"]


@admin.register(SignedSource)
class SignedSourceAdmin(ReadOnlyAdmin):
    """Shows who has connected Open Wearables, without address and secret."""

    list_display = ["user", "wearer", "created_at"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["token", "signing_secret"]
    ordering = ["-pk"]


@admin.register(ActionLink)
class ActionLinkAdmin(ReadOnlyAdmin):
    """Shows action links without their secrets; staff can do nothing with them."""

    list_display = ["user", "track", "action", "amount", "name", "acts_on_get", "created_at", "last_used_at"]
    list_filter = ["action", "acts_on_get"]
    search_fields = ["user__email", "user__username", "name"]
    person = "user"
    list_select_related = ["user", "track__habit", "track__user"]
    exclude = ["token", "undo"]
    ordering = ["-pk"]
