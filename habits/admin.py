"""Admin pages of habits: staff can view and delete them; only owners edit them."""

from django.contrib import admin
from django.http import HttpRequest

from common import clock
from common.admin import PersonRowsAdmin, ServiceDeletion
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
class HabitAdmin(ServiceDeletion, PersonRowsAdmin):
    list_display = ["name", "owner", "is_pleasant", "is_published", "followers", "created_at"]
    list_filter = ["is_pleasant", "is_published", "created_at"]
    search_fields = ["name", "owner__email", "owner__username"]
    list_select_related = ["owner"]
    ordering = ["-created_at"]
    inlines = [ScheduleInline]
    person = "owner"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Habit | None = None) -> bool:
        return False

    def remove(self, obj: Habit) -> None:
        services.force_delete_habit(habit=obj, now=clock.now())
