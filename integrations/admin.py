"""Admin pages of integrations."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from common import clock
from common.admin import ReadOnlyAdmin, report, trace
from common.errors import DomainError
from integrations.keys import services
from integrations.models import (
    ActionLink,
    ApiKey,
    CalendarFeed,
    EventRule,
    EventType,
    Grant,
    Partner,
    PartnerPerson,
    SignedSource,
    Transfer,
    WebhookEndpoint,
)
from integrations.partners import rules
from integrations.partners import services as partners
from integrations.transfer import queries as transfers
from integrations.transfer import running


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Shows keys without what is stored of their secrets; staff can revoke them, and rotate those of partners."""

    list_display = [
        "user",
        "partner",
        "name",
        "prefix",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    ]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "last_used_at", "partner"]
    search_fields = ["user__email", "user__username", "partner__name", "name", "prefix"]
    person = "user"
    list_select_related = ["user", "partner"]
    exclude = ["secret_hash"]
    ordering = ["-pk"]
    actions = ["revoke", "rotate"]

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        keys = list(queryset.filter(revoked_at=None).select_related("user", "partner__account"))
        for key in keys:
            services.revoke(owner=key.partner or key.account, key_id=key.pk, now=clock.now())
        trace(request, keys, "revoked")
        report(request, f"Revoked: {len(keys)}.", done=bool(keys))

    @admin.action(
        description="Rotate the selected keys of partners: the old ones work for 24 hours", permissions=["revoke"]
    )
    def rotate(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset.filter(revoked_at=None, partner__isnull=False).select_related("partner"):
            assert key.partner is not None
            try:
                made = services.rotate_for_partner(partner=key.partner, key_id=key.pk, now=clock.now())
            except DomainError as error:
                report(request, f"{key}: {error.message}", done=False)
                continue
            trace(request, [key], "rotated")
            show_key(request, made)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Return whether the staff member may revoke keys: by the right to change them."""
        user: Any = request.user
        return bool(user.is_active and user.has_perm("integrations.change_apikey"))


@admin.register(CalendarFeed)
class CalendarFeedAdmin(ReadOnlyAdmin):
    """Shows who has a calendar address, without its secret."""

    list_display = ["user", "alarm_minutes", "created_at"]
    list_filter = ["created_at"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["token"]
    ordering = ["-pk"]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Shows webhooks without their secrets: whether they work, and since when they do not."""

    list_display = [
        "user",
        "name",
        "host",
        "created_at",
        "failures",
        "failing_since",
        "off_at",
        "off_reason",
        "ended_at",
    ]
    list_filter = [
        "off_reason",
        ("failing_since", admin.EmptyFieldListFilter),
        ("ended_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["user__email", "user__username", "name"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["url", "signing_secret", "previous_secret"]
    ordering = ["-pk"]

    @admin.display(description="host")
    def host(self, endpoint: WebhookEndpoint) -> str:
        """Return whose address it is: the rest of it may be a secret of its program."""
        return urlsplit(endpoint.url).hostname or ""


class StuckFilter(admin.SimpleListFilter):
    """Files that got no further for ten minutes."""

    title = "stuck"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> QuerySet[Transfer]:
        return queryset.filter(pk__in=transfers.stuck(now=clock.now())) if self.value() == "yes" else queryset


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """Shows how far files in and out are, without what is in them; staff try again, or end, what got stuck."""

    list_display = [
        "user",
        "kind",
        "state",
        "source",
        "size",
        "done",
        "total",
        "attempts",
        "reason",
        "created_at",
        "moved_at",
        "finished_at",
    ]
    list_filter = [StuckFilter, "kind", "state", "source", "code"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user"]
    exclude = ["name", "sha256", "choices", "new_choices", "preview", "lease", "code"]
    readonly_fields = ["reason"]
    ordering = ["-pk"]
    actions = ["try_again", "give_up"]

    @admin.display(description="why it failed")
    def reason(self, transfer: Transfer) -> str:
        """Return the code of the failure."""
        return transfer.code

    @admin.action(description="Try the selected files again", permissions=["mend"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> None:
        found = [each for each in queryset if running.try_again(transfer_id=each.pk, now=clock.now())]
        trace(request, found, "tried again")
        report(request, f"Given to the worker: {len(found)}.", done=bool(found))

    @admin.action(description="End the selected files that are not finished", permissions=["mend"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Transfer]) -> None:
        found = [each for each in queryset if running.give_up(transfer_id=each.pk)]
        trace(request, found, "ended")
        report(request, f"Ended: {len(found)}.", done=bool(found))

    def has_mend_permission(self, request: HttpRequest) -> bool:
        """Return whether the staff member may try again and end: by the right to change them."""
        user: Any = request.user
        return bool(user.is_active and user.has_perm("integrations.change_transfer"))


class PartnerForm(forms.ModelForm[Partner]):
    """A partner: its name, if it is new, and the address that is told what stops."""

    class Meta:
        model = Partner
        fields = ["name", "contact_email"]

    def clean(self) -> None:
        """Make or change the partner, so that what the service refuses is shown at the field. Raises ValidationError."""
        if self.errors:
            return
        contact = str(self.cleaned_data["contact_email"])
        try:
            if self.instance.pk:
                partners.set_contact(partner=self.instance, email=contact)
            else:
                name = str(self.cleaned_data["name"])
                self.instance = partners.create(name=name, contact_email=contact, now=clock.now())
        except DomainError as error:
            field = "contact_email" if error.field == "email" else error.field
            raise ValidationError({field or "name": ValidationError(error.message, code=error.code)}) from error


@admin.register(Partner)
class PartnerAdmin(admin.ModelAdmin[Partner]):
    """Makes partners and their keys, and removes partners. A partner's name is what people have agreed to: it stays."""

    list_display = ["name", "contact_email", "people_count", "grant_count", "created_at", "removed_at"]
    list_filter = [("removed_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "contact_email"]
    ordering = ["name"]
    form = PartnerForm
    actions = ["make_key", "remove", "restore"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        found = super().get_queryset(request)
        return found.annotate(
            people_count=Count("people", filter=Q(people__is_managed=True), distinct=True),
            grant_count=Count("grants", filter=Q(grants__ended_at=None), distinct=True),
        )

    @admin.display(description="managed people")
    def people_count(self, partner: Partner) -> int:
        return int(partner.people_count)  # type: ignore[attr-defined]  # annotated

    @admin.display(description="linked accounts")
    def grant_count(self, partner: Partner) -> int:
        return int(partner.grant_count)  # type: ignore[attr-defined]  # annotated

    def save_model(self, request: HttpRequest, obj: Partner, form: Any, change: bool) -> None:
        """Do nothing: the form has made or changed the partner by the service."""

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> list[str]:
        return ["name", "created_at", "removed_at"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Partner | None = None) -> Any:
        return ["name", "contact_email", "created_at", "removed_at"] if obj else ["name", "contact_email"]

    def has_delete_permission(self, request: HttpRequest, obj: Partner | None = None) -> bool:
        return False

    @admin.action(description="Make a key (shown once)", permissions=["change"])
    def make_key(self, request: HttpRequest, queryset: QuerySet[Partner]) -> None:
        for partner in queryset:
            try:
                made = services.create_for_partner(
                    partner=partner, name="Made by staff", scopes=rules.OF_KEYS, now=clock.now()
                )
            except DomainError as error:
                report(request, f"{partner}: {error.message}", done=False)
                continue
            trace(request, [partner], f"made the key {made.key.prefix}")
            show_key(request, made)

    @admin.action(description="Remove: keys and grants end now, people are deleted in 30 days", permissions=["change"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Partner]) -> None:
        found = list(queryset.filter(removed_at=None))
        for partner in found:
            partners.remove(partner=partner, now=clock.now())
        trace(request, found, "removed")
        report(request, f"Removed: {len(found)}.", done=bool(found))

    @admin.action(description="Restore: keys and managed people go on", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Partner]) -> None:
        found = list(queryset.exclude(removed_at=None))
        for partner in found:
            partners.restore(partner=partner)
        trace(request, found, "restored")
        report(request, f"Restored: {len(found)}.", done=bool(found))


@admin.register(PartnerPerson)
class PartnerPersonAdmin(ReadOnlyAdmin):
    """Shows the people of partners, as the partners know them: here managed users are meant."""

    list_display = ["partner", "external_id", "email", "is_managed", "created_at"]
    list_filter = ["partner", "is_managed"]
    search_fields = ["external_id", "email"]
    list_select_related = ["partner"]
    ordering = ["-pk"]


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    """Shows what accounts have granted to partners."""

    list_display = ["user", "partner", "scopes", "created_at", "ended_at"]
    list_filter = ["partner", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user", "partner"]
    ordering = ["-pk"]


def show_key(request: HttpRequest, made: services.NewKey) -> None:
    """Show a new key to the staff member, this once."""
    messages.warning(request, f"{made.key.partner}: {made.text} (shown this once)")


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
    list_filter = ["created_at"]
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
