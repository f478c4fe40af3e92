"""URL routes of integrations: under /api/, and the pages of secret addresses."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from common.secret_paths import secret_path
from integrations.calendar.pages import calendar_page
from integrations.calendar.views import CalendarView, NewAddressView
from integrations.changes.views import ChangesView
from integrations.keys.views import KeyViewSet
from integrations.webhooks.views import AttemptsView, WebhookViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")
router.register("webhooks", WebhookViewSet, basename="webhooks")

urlpatterns = [
    *router.urls,
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/new-address/", NewAddressView.as_view(), name="calendar-new-address"),
    path("webhooks/<int:webhook_id>/attempts/", AttemptsView.as_view(), name="webhooks-attempts"),
    path("changes/", ChangesView.as_view(), name="changes"),
]
page_urlpatterns = [secret_path("calendar/<str:token>.ics", calendar_page, name="calendar-page")]
