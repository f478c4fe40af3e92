"""URL routes of integrations: under /api/, and the pages of secret addresses."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from common.secret_paths import secret_path
from integrations.action_links.pages import ActionPage, UndoPage
from integrations.action_links.views import ActionLinkViewSet
from integrations.calendar.pages import calendar_page
from integrations.calendar.views import CalendarView, NewAddressView
from integrations.events.pages import open_wearables_page
from integrations.events.views import (
    EventRuleViewSet,
    EventsView,
    EventTypeViewSet,
    HealthAutoExportView,
    HealthConnectView,
    OpenWearablesView,
    RawEventsView,
)
from integrations.keys.views import KeyViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")
router.register("action-links", ActionLinkViewSet, basename="action-links")
router.register("events/types", EventTypeViewSet, basename="event-types")
router.register("events/rules", EventRuleViewSet, basename="event-rules")

urlpatterns = [
    *router.urls,
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/new-address/", NewAddressView.as_view(), name="calendar-new-address"),
    path("events/", EventsView.as_view(), name="events"),
    path("events/raw/", RawEventsView.as_view(), name="events-raw"),
    path("events/health-auto-export/", HealthAutoExportView.as_view(), name="events-health-auto-export"),
    path("events/health-connect/", HealthConnectView.as_view(), name="events-health-connect"),
    path("events/open-wearables/", OpenWearablesView.as_view(), name="events-open-wearables"),
]
page_urlpatterns = [
    secret_path("calendar/<str:token>.ics", calendar_page, name="calendar-page"),
    secret_path("events/open-wearables/<str:token>/", open_wearables_page, name="open-wearables-page"),
    secret_path("a/<str:token>", ActionPage.as_view(), name="action-page"),
    secret_path("a/<str:token>/", ActionPage.as_view()),
    secret_path("a/<str:token>/undo", UndoPage.as_view(), name="action-undo"),
]
