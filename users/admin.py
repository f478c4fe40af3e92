"""The admin pages for accounts and for groups of permissions."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from common import clock
from common.admin import PersonRowsAdmin, ServiceDeletion, report, trace
from common.errors import DomainError
from users import bans, export, invitations, second_factor, services, sessions, signals
from users.keys import EXACT
from users.models import Address, Identity, Invitation, Passkey, Session, User
from users.providers import services as providers

# What a person may do here. Only superusers change it, and nobody their own.
ACCESS_FIELDS = ["is_staff", "is_superuser", "groups", "user_permissions"]
# With these, staff could take over an account by themselves: by its password, or by a reset mail to another address.
TAKEOVER_FIELDS = ["email", "password"]


class AddressInline(admin.TabularInline[Address, User]):
    model = Address
    extra = 0
    max_num = 0
    can_delete = False
    fields = ["channel", "address", "confirmed", "connected_at", "unreachable_since"]
    readonly_fields = ["channel", "address", "confirmed", "connected_at", "unreachable_since"]


class SessionInline(admin.TabularInline[Session, User]):
    """The user's signed-in devices, to look at. Tokens and their ids are not shown."""

    model = Session
    extra = 0
    can_delete = False
    ordering = ["-last_used_at"]
    readonly_fields = ["device", "network_address", "created_at", "last_used_at", "ended_at", "end_reason"]
    fields = [*readonly_fields]

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | User | None = None) -> bool:
        return False


class IdentityInline(admin.TabularInline[Identity, User]):
    model = Identity
    fields = ["issuer", "email", "created_at", "last_used_at"]
    readonly_fields = ["issuer", "email", "created_at", "last_used_at"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class PasskeyInline(admin.TabularInline[Passkey, User]):
    model = Passkey
    fields = ["name", "created_at", "last_used_at"]
    readonly_fields = ["name", "created_at", "last_used_at"]
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class SharesAKeyFilter(admin.SimpleListFilter):
    """Accounts from before addresses and usernames had lookup keys, whose key another account has."""

    title = "name of another account"
    parameter_name = "shares_a_key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Shares its address or username")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(Q(email_key__startswith=EXACT) | Q(username_key__startswith=EXACT))


@admin.register(User)
class AccountAdmin(ServiceDeletion, UserAdmin[User]):
    """Accounts. Those of staff are edited and deleted by superusers only."""

    list_display = ["email", "username", "time_zone", "is_active", "banned_at", "is_staff", "unreachable_since"]
    list_filter = ["is_active", "is_staff", "is_superuser", "language", "confirmed_at", "date_joined", SharesAKeyFilter]
    search_fields = ["email", "username", "new_email", "addresses__address"]
    ordering = ["email"]
    # The people themselves change their clock, which then replans their reminders.
    readonly_fields = [
        *("new_email", "time_zone", "day_starts_at", "language"),
        *("is_active", "date_joined", "confirmed_at", "banned_at", "last_login"),
    ]
    inlines = [AddressInline, IdentityInline, PasskeyInline, SessionInline]
    actions = ["ban", "unban", "let_in", "send_password_reset", "end_sessions", "export", "remove_second_factor"]
    fieldsets = [
        (None, {"fields": ["email", "new_email", "username", "password"]}),
        ("Clock", {"fields": ["time_zone", "day_starts_at", "language"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["date_joined", "confirmed_at", "banned_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "username", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("addresses")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """Return the account, locked if it is to be edited.

        The form saves every column: unlocked, it would bring back the password that a reset just replaced.
        """
        user = super().get_object(request, object_id, from_field)
        if user is None or request.method != "POST" or not transaction.get_connection().in_atomic_block:
            return user
        return self.get_queryset(request).select_for_update(of=("self",), no_key=True).filter(pk=user.pk).first()

    @admin.display(description="unreachable since")
    def unreachable_since(self, user: User) -> datetime | None:
        return min((each.unreachable_since for each in user.addresses.all() if each.unreachable_since), default=None)

    # Who may do what.

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_edit(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_edit(request, obj) and obj != request.user

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = [*super().get_readonly_fields(request, obj)]
        if obj is not None and not is_superuser(request):
            fields += [*ACCESS_FIELDS, *TAKEOVER_FIELDS]
        elif obj == request.user:
            fields += ACCESS_FIELDS
        return fields

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the fields by section; a password's hash is nothing to look at."""
        sections = super().get_fieldsets(request, obj)
        if obj is None or is_superuser(request):
            return sections
        return [
            (name, {**section, "fields": [field for field in section["fields"] if field != "password"]})
            for name, section in sections
        ]

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Let superusers set a password, which ends sessions; other staff send a reset mail instead."""
        if not is_superuser(request):
            raise PermissionDenied
        with transaction.atomic():
            user = self.get_object(request, unquote(id))
            response = super().user_change_password(request, id, form_url)
            if user is not None and user.password != User.objects.values_list("password", flat=True).get(pk=user.pk):
                services.end_after_new_password(user=user, now=clock.now())
            return response

    # What they have.

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        obj = options.get("obj")
        rows = self.rows_of(request, obj) if obj else []
        return super().render_change_form(request, context | {"rows_of_person": rows}, *args, **options)

    def rows_of(self, request: HttpRequest, user: User) -> list[tuple[str, int, str]]:
        """Return the kinds of rows that the person has and the staff member may see: name, number, address of the list."""
        found = []
        for model, page in self.admin_site._registry.items():
            if isinstance(page, PersonRowsAdmin) and page.person and page.has_view_permission(request):
                count = model._default_manager.filter(**{page.person: user}).count()
                name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
                address = f"{reverse(name)}?{page.person_lookup()}={user.pk}"
                found.append((str(model._meta.verbose_name_plural), count, address))
        return sorted(found)

    # Writing.

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:  # staff vouch for the address of an account that they create
            obj.is_active, obj.confirmed_at = True, clock.now()
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            signals.email_changed.send(User, user=obj, before=form.initial["email"], now=clock.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        if formset.model is Identity and formset.deleted_objects:
            signals.identity_removed.send(Identity, user=form.instance, now=clock.now())
        if formset.model is Passkey and formset.deleted_objects:
            signals.passkey_removed.send(Passkey, user=form.instance, now=clock.now())

    @admin.action(description="Ban", permissions=["change"])
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset.filter(banned_at=None), bans.ban, done="Banned.")

    @admin.action(description="Lift the ban", permissions=["change"])
    def unban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset.exclude(banned_at=None), bans.unban, done="Lifted the ban.")

    @admin.action(description="Let in (newcomers who wait for it)", permissions=["change"])
    def let_in(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        waiting = queryset.filter(is_active=False, banned_at=None, confirmed_at__isnull=False, identities__isnull=False)
        self._apply(request, waiting.distinct(), providers.approve, done="Let in.")

    def _apply(self, request: HttpRequest, users: QuerySet[User], service: Callable[..., User], *, done: str) -> None:
        """Call a service for each user, log it in their history, and report what was refused."""
        by = cast("User", request.user)
        count = 0
        for user in users:
            try:
                service(user=user, by=by, now=clock.now())
            except DomainError as error:
                self.message_user(request, f"{user.username}: {error.message}", messages.ERROR)
                continue
            trace(request, [user], done)
            count += 1
        self.message_user(request, f"{done.rstrip('.')}: {count}.")

    def remove(self, obj: User) -> None:
        services.remove_account(user=obj, now=clock.now())

    @admin.action(description="Send a mail to choose a new password", permissions=["change"])
    def send_password_reset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.request_password_reset(email=user.email, now=clock.now())
        trace(request, queryset, "Sent a password reset mail.")
        report(request, f"Mails queued: {len(queryset)}. Accounts that are not active get none.")

    @admin.action(description="Sign out all their devices (API and web client)", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = [user for user in queryset if user == request.user or may_edit(request, user)]
        with transaction.atomic():
            for user in users:
                sessions.revoke_all(user=user, now=clock.now())
        trace(request, users, "Ended their sessions.")
        report(request, f"Signed out: {len(users)}.", done=len(users) == len(queryset))

    @admin.action(description="Export what is stored of this person (JSON)", permissions=["export"])
    def export(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponseBase | None:
        if len(queryset) != 1:
            self.message_user(request, "Select one person.", messages.WARNING)
            return None
        [user] = queryset
        trace(request, [user], "Exported their data.")
        response = StreamingHttpResponse(export.as_json(user, now=clock.now()), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="person-{user.pk}.json"'
        return response

    @admin.action(description="Remove the second factor (lost device)", permissions=["export"])
    def remove_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        removed = [user for user in queryset if second_factor.remove(user, now=clock.now())]
        trace(request, removed, "Removed their second factor.")
        report(request, f"Second factors removed: {len(removed)}.", done=bool(removed))

    def has_export_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)


class PermissionGroupAdmin(GroupAdmin):
    """Groups of permissions: for superusers, because who edits a group that they are in gives rights to themselves."""

    list_filter = ["permissions__content_type__app_label"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    has_add_permission = has_module_permission

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_delete_permission = has_view_permission


admin.site.register(Group, PermissionGroupAdmin)


def is_superuser(request: HttpRequest) -> bool:
    """Return whether an active superuser asks."""
    user = cast(User, request.user)
    return user.is_active and user.is_superuser


def may_edit(request: HttpRequest, user: User | None) -> bool:
    """Return whether who asks may edit or delete this account: those of staff are for superusers."""
    return user is None or is_superuser(request) or not (user.is_staff or user.is_superuser)


@admin.register(Invitation)
class InvitationAdmin(PersonRowsAdmin):
    """Makes invitations and takes them back; the link of one is shown once."""

    list_display = ["note", "created_at", "expires_at", "user"]
    list_filter = [("user", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["note", "user__email", "user__username"]
    person = "user"
    ordering = ["-pk"]
    fields = ["note"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)  # most have no person yet

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:
        made, code = invitations.invite(note=obj.note, now=clock.now())
        obj.pk = made.pk
        report(request, f"Shown once: {invitations.link_of(code)}")

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)
