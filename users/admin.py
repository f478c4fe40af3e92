"""The admin pages for accounts."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from common.errors import DomainError
from users import bans, services
from users.models import Address, User


class AddressInline(admin.TabularInline[Address, User]):
    model = Address
    extra = 0
    fields = ["channel", "address", "confirmed", "connected_at", "unreachable_since"]
    readonly_fields = ["connected_at"]


@admin.register(User)
class AccountAdmin(UserAdmin[User]):
    list_display = ["email", "username", "time_zone", "is_active", "banned_at", "is_staff", "unreachable_since"]
    list_filter = ["is_active", "is_staff", "language"]
    search_fields = ["email", "username"]
    ordering = ["email"]
    readonly_fields = ["is_active", "date_joined", "confirmed_at", "banned_at", "last_login"]
    actions = ["ban", "unban"]
    inlines = [AddressInline]
    fieldsets = [
        (None, {"fields": ["email", "new_email", "username", "password"]}),
        ("Clock", {"fields": ["time_zone", "day_starts_at", "language"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["date_joined", "confirmed_at", "banned_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "username", "password1", "password2"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("addresses")

    @admin.display(description="unreachable since")
    def unreachable_since(self, user: User) -> datetime | None:
        return min((each.unreachable_since for each in user.addresses.all() if each.unreachable_since), default=None)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:  # staff vouch for the address of an account that they create
            obj.is_active, obj.confirmed_at = True, clock.now()
        super().save_model(request, obj, form, change)

    @admin.action(description="Ban", permissions=["change"])
    def ban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset.filter(banned_at=None), bans.ban, done="Banned.")

    @admin.action(description="Lift the ban", permissions=["change"])
    def unban(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._apply(request, queryset.exclude(banned_at=None), bans.unban, done="Lifted the ban.")

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
            self.log_change(request, user, done)
            count += 1
        self.message_user(request, f"{done.rstrip('.')}: {count}.")

    # Deletion goes through the service, which signals the other apps first.
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.remove_account(user=obj, now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.remove_account(user=user, now=clock.now())
