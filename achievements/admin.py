"""Admin pages of achievements, whose rules are validated, and of awards, read-only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest

from achievements.awards import services
from achievements.awards.rules import KINDS, UNITS
from achievements.models import Achievement, ShareLink, UserAchievement
from achievements.shares import services as sharing
from common.admin import ReadOnlyAdmin, ServiceDeletion
from common.errors import DomainError


class AchievementForm(forms.ModelForm[Achievement]):
    """Form of an achievement: kinds are listed by their labels, numbers are checked by achievements.rules."""

    kind = forms.ChoiceField(choices=[(kind, entry.label) for kind, entry in KINDS.items()])
    unit = forms.ChoiceField(choices=[("", "any"), *((unit, unit) for unit in UNITS)], required=False)

    class Meta:
        model = Achievement
        fields = [
            "picture",
            "name_en",
            "description_en",
            "name_ru",
            "description_ru",
            "habit",
            "kind",
            "target",
            "window_days",
            "unit",
            "retired_at",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        if self.errors:
            return cleaned
        draft = Achievement(pk=self.instance.pk, **cleaned)
        try:
            services.validate(draft)
            if draft.pk and set(services.RULE_FIELDS) & set(self.changed_data):
                services.refuse_change_of_earned_rule(draft, field="kind")
        except DomainError as error:
            self.add_error(error.field, error.message)
        return cleaned


@admin.register(Achievement)
class AchievementAdmin(admin.ModelAdmin[Achievement]):
    form = AchievementForm
    list_display = ["__str__", "picture", "habit", "kind", "target", "window_days", "unit", "holders", "retired_at"]
    list_filter = ["kind", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["name_en", "name_ru", "habit__name"]
    list_select_related = ["habit"]
    raw_id_fields = ["habit"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Achievement]:
        held = Count("awards", filter=Q(awards__revoked_at=None))
        return super().get_queryset(request).annotate(holders=held)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # staff retire it instead, so that users who hold it keep it

    @admin.display(ordering="holders")
    def holders(self, achievement: Any) -> int:
        return int(achievement.holders)


@admin.register(UserAchievement)
class AwardAdmin(ReadOnlyAdmin):
    list_display = ["user", "achievement", "track", "day", "awarded_at", "revoked_at"]
    list_filter = ["achievement__kind", ("revoked_at", admin.EmptyFieldListFilter), "awarded_at"]
    person = "user"
    search_fields = ["user__email", "user__username", "achievement__name_en", "achievement__name_ru"]
    list_select_related = ["user", "achievement", "track__habit", "track__user"]
    ordering = ["-awarded_at", "-pk"]


@admin.register(ShareLink)
class ShareLinkAdmin(ServiceDeletion, ReadOnlyAdmin):
    list_display = ["user", "kind", "achievement", "track", "expires_at", "created_at"]
    list_filter = ["kind", "expires_at"]
    search_fields = ["user__email", "user__username"]
    person = "user"
    list_select_related = ["user", "achievement", "track__user", "track__habit"]
    exclude = ["token"]
    ordering = ["-pk"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.has_perm("achievements.delete_sharelink")

    def remove(self, obj: ShareLink) -> None:
        sharing.revoke(user=obj.user, share_id=obj.pk)
