"""Admin pages of challenges and groups: read-only, but staff can cancel a challenge and delete a group."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from common.admin import ReadOnlyAdmin, ServiceDeletion, report, trace
from community.challenges import services as challenges
from community.groups import services as groups
from community.models import Challenge, ChallengeMember, Group, GroupHabit, GroupMember


@admin.register(Challenge)
class ChallengeAdmin(ReadOnlyAdmin):
    list_display = ["name", "creator", "habit", "first_day", "last_day", "is_public", "cancelled_at", "results_at"]
    list_filter = [
        "is_public",
        ("cancelled_at", admin.EmptyFieldListFilter),
        ("results_at", admin.EmptyFieldListFilter),
    ]
    person = "creator"
    search_fields = ["name", "creator__email", "creator__username"]
    list_select_related = ["creator", "habit"]
    date_hierarchy = "first_day"
    ordering = ["-first_day", "-pk"]
    exclude = ["code"]
    actions = ["cancel"]

    @admin.action(description="Cancel these challenges", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Challenge]) -> None:
        chosen = list(queryset)
        challenges.cancel_all(queryset, now=clock.now())
        trace(request, chosen, "Cancelled it.")
        report(request, "The challenges that had not ended are cancelled.")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("community.change_challenge")


@admin.register(ChallengeMember)
class ChallengeMemberAdmin(ReadOnlyAdmin):
    list_display = ["challenge", "user", "joined_at", "completed", "strength", "rank", "is_final", "is_notified"]
    list_filter = ["is_final", "is_notified", "joined_at"]
    person = "user"
    search_fields = ["challenge__name", "user__email", "user__username"]
    list_select_related = ["challenge", "user"]
    ordering = ["-pk"]


class GroupMemberInline(admin.TabularInline[GroupMember, Group]):
    model = GroupMember
    extra = 0
    max_num = 0
    can_delete = False
    fields = ["user", "role", "joined_at"]
    readonly_fields = ["user", "role", "joined_at"]


class GroupHabitInline(admin.TabularInline[GroupHabit, Group]):
    model = GroupHabit
    extra = 0
    max_num = 0
    can_delete = False
    fields = ["habit", "added_at"]
    readonly_fields = ["habit", "added_at"]


@admin.register(Group)
class GroupAdmin(ServiceDeletion, ReadOnlyAdmin):
    list_display = ["name", "is_open", "created_at"]
    list_filter = ["is_open", "created_at"]
    person = "members__user"
    search_fields = ["name", "members__user__email", "members__user__username"]
    ordering = ["-created_at"]
    exclude = ["code"]
    inlines = [GroupMemberInline, GroupHabitInline]

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return request.user.has_perm("community.delete_group")

    def remove(self, obj: Group) -> None:
        groups.delete_group(group=obj)
