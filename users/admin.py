"""The admin pages for accounts."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from common import clock
from users import services, signals
from users.keys import EXACT
from users.models import Address, User


class AddressInline(admin.TabularInline[Address, User]):
    model = Address
    extra = 0
    fields = ["channel", "address", "confirmed", "connected_at", "unreachable_since"]
    readonly_fields = ["connected_at"]


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
class AccountAdmin(UserAdmin[User]):
    list_display = ["email", "username", "time_zone", "is_active", "is_staff", "unreachable_since"]
    list_filter = ["is_active", "is_staff", "language", SharesAKeyFilter]
    search_fields = ["email", "username"]
    ordering = ["email"]
    readonly_fields = ["date_joined", "confirmed_at", "last_login"]
    inlines = [AddressInline]
    fieldsets = [
        (None, {"fields": ["email", "new_email", "username", "password"]}),
        ("Clock", {"fields": ["time_zone", "day_starts_at", "language"]}),
        ("Access", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["date_joined", "confirmed_at", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "username", "password1", "password2", "is_active"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("addresses")

    @admin.display(description="unreachable since")
    def unreachable_since(self, user: User) -> datetime | None:
        return min((each.unreachable_since for each in user.addresses.all() if each.unreachable_since), default=None)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data:
            signals.ranking_changed.send(User, user=obj, now=clock.now())

    # Deletion goes through the service, which signals the other apps first.
    def delete_model(self, request: HttpRequest, obj: User) -> None:
        services.remove_account(user=obj, now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.remove_account(user=user, now=clock.now())
