"""The admin's site: which pages it has, who may use it, and its policy for scripts and styles."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from common.csp import ADMIN, policy
from common.throttling import SecretThrottle, hit, too_many_requests
from config.staff.login import StaffLoginForm
from users import second_factor

# Every page of the admin. Libraries register pages too, which show token texts, keys, or tasks to run: none of theirs is
# used, only those of our own packages for these models.
PAGES = frozenset(
    {
        "achievements.Achievement",
        "achievements.ShareLink",
        "achievements.UserAchievement",
        "admin.LogEntry",
        "auth.Group",
        "community.Challenge",
        "community.ChallengeMember",
        "community.Group",
        "habits.Habit",
        "integrations.ActionLink",
        "integrations.ApiKey",
        "integrations.CalendarFeed",
        "integrations.WebhookEndpoint",
        "integrations.Grant",
        "integrations.Partner",
        "integrations.PartnerPerson",
        "integrations.EventRule",
        "integrations.EventType",
        "integrations.SignedSource",
        "integrations.Transfer",
        "notifications.ArchivedDelivery",
        "notifications.ChannelConnection",
        "notifications.Delivery",
        "notifications.Digest",
        "notifications.PushSubscription",
        "notifications.Reminder",
        "tracking.Goal",
        "tracking.HabitLog",
        "tracking.HabitTrack",
        "tracking.Pause",
        "users.Invitation",
        "users.User",
    }
)
OUR_PACKAGES = frozenset(label.partition(".")[0] for label in PAGES) - {"admin", "auth"} | {"config"}


class StaffSite(AdminSite):
    """The admin, with the pages in PAGES, and a second factor for those who have one or must have one."""

    site_header = site_title = "Habit Tracker"
    login_form = StaffLoginForm
    login_template = "staff/login.html"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        """Register a page of ours; leave out those of libraries. Raise ImproperlyConfigured if PAGES has not ours."""
        package = admin_class.__module__.partition(".")[0] if admin_class else ""
        if package not in OUR_PACKAGES:
            return
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else list(model_or_iterable)
        for model in models:
            if model._meta.label not in PAGES:
                raise ImproperlyConfigured(f"The admin page of {model._meta.label} is not in PAGES.")
        super().register(models, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the request may use the admin: by staff, and with their second factor.

        Those without one pass unless ADMIN_REQUIRE_TOTP is on.
        """
        if not super().has_permission(request):
            return False
        user: Any = request.user
        return bool(user.is_verified() or not (settings.ADMIN_REQUIRE_TOTP or second_factor.is_enrolled(user)))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | {"version": settings.VERSION}

    def must_enrol(self, request: HttpRequest) -> bool:
        """Return whether the signed-in staff member must set up a second factor before anything else."""
        user: Any = request.user
        return bool(
            super().has_permission(request) and settings.ADMIN_REQUIRE_TOTP and not second_factor.is_enrolled(user)
        )

    @method_decorator([never_cache, policy(ADMIN)])
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and self.must_enrol(request):
            return HttpResponseRedirect(reverse("admin:second-factor"))
        return super().login(request, extra_context)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return policy(ADMIN)(super().admin_view(view, cacheable))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show or process the form for one's own password, which asks for the current one; 429 beyond the limit."""
        if request.method == "POST":
            wait = hit(SecretThrottle.scope, f"user:{request.user.pk}")
            if wait is not None:
                return too_many_requests(wait)
        return super().password_change(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from config.staff.second_factor import second_factor_page  # it needs this site

        return [path("second-factor/", second_factor_page, name="second-factor"), *super().get_urls()]
