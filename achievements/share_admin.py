"""Admin page of share links: read-only, but staff can delete (revoke) them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from achievements.models import ShareLink
from achievements.shares import services as sharing
from common.admin import ReadOnlyAdmin


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "achievement", "track", "expires_at", "created_at"]
    list_filter = ["kind"]
    search_fields = ["user__email", "user__username"]
    list_select_related = ["user", "achievement", "track__user", "track__habit"]
    exclude = ["token"]
    ordering = ["-pk"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_active and request.user.has_perm("achievements.delete_sharelink")

    def delete_model(self, request: HttpRequest, obj: ShareLink) -> None:
        sharing.revoke(user=obj.user, share_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ShareLink]) -> None:
        for link in queryset:
            sharing.revoke(user=link.user, share_id=link.pk)
