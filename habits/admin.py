"""Admin pages of habits: staff can view and delete them; only owners edit them."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from common import clock
from habits import services
from habits.models import Habit, HabitSchedule


class ScheduleInline(admin.TabularInline[HabitSchedule, Habit]):
    model = HabitSchedule
    extra = 0
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Habit | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest, obj: Habit | None = None) -> bool:
        return False


@admin.register(Habit)
class HabitAdmin(admin.ModelAdmin[Habit]):
    list_display = ["name", "owner", "is_pleasant", "is_published", "followers", "created_at"]
    list_filter = ["is_pleasant", "is_published"]
    search_fields = ["name", "owner__email", "owner__username"]
    list_select_related = ["owner"]
    ordering = ["-created_at"]
    inlines = [ScheduleInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Habit | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Habit) -> None:
        services.force_delete_habit(habit=obj, now=clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Habit]) -> None:
        for habit in queryset:
            services.force_delete_habit(habit=habit, now=clock.now())
