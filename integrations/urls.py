"""URL routes of integrations: under /api/, and the pages of secret addresses."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from common.secret_paths import secret_path
from integrations.agents.pages import llms_page
from integrations.agents.views import AgentView
from integrations.calendar.pages import calendar_page
from integrations.calendar.views import CalendarView, NewAddressView
from integrations.keys.views import KeyViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")

urlpatterns = [
    *router.urls,
    path("agents/mcp/", AgentView.as_view(), name="agents"),
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/new-address/", NewAddressView.as_view(), name="calendar-new-address"),
]
page_urlpatterns = [
    secret_path("calendar/<str:token>.ics", calendar_page, name="calendar-page"),
    path("llms.txt", llms_page, name="llms"),
]
