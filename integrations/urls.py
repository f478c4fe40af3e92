"""URL routes of integrations: under /api/, the paths of the first concept, and the pages of secret addresses."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from common.secret_paths import secret_path
from community.leaderboards.rules import Board
from integrations.action_links.pages import ActionPage, UndoPage
from integrations.action_links.views import ActionLinkViewSet
from integrations.agents.pages import llms_page
from integrations.agents.views import AgentView
from integrations.calendar.pages import calendar_page
from integrations.calendar.views import CalendarView, NewAddressView
from integrations.catalogue import views as own_views
from integrations.changes.views import ChangesView
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
from integrations.feed import views as feed_views
from integrations.grants import views as account_views
from integrations.grants.pages import LinkAccountPage
from integrations.keys.views import KeyViewSet
from integrations.partners import views
from integrations.seeds import views as seed_views
from integrations.transfer import views as transfer_views
from integrations.webhooks.views import AttemptsView, WebhookViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")
router.register("webhooks", WebhookViewSet, basename="webhooks")
router.register("grants", account_views.GrantViewSet, basename="grants")
router.register("link-requests", account_views.LinkRequestViewSet, basename="link-requests")
router.register("histories", account_views.HistoryViewSet, basename="histories")
router.register("partner/webhooks", feed_views.PartnerWebhookViewSet, basename="partner-webhooks")
router.register("partner/habits", own_views.PartnerHabitViewSet, basename="partner-habits")
router.register("action-links", ActionLinkViewSet, basename="action-links")
router.register("events/types", EventTypeViewSet, basename="event-types")
router.register("events/rules", EventRuleViewSet, basename="event-rules")

PERSON = "partner/people/<str:external_id>/"
HABIT = f"{PERSON}habits/<id:habit_id>/"
BOARDS = {
    Board.CURRENT: "current streaks",
    Board.LONGEST: "longest streaks",
    Board.WEEK: "this week",
    Board.MONTH: "this month",
}
CHALLENGE = "partner/challenges/<id:challenge_id>/"

partner_urlpatterns = [
    path("partner/people/", views.PeopleView.as_view(), name="partner-people"),
    path(PERSON, views.PersonView.as_view(), name="partner-person"),
    path(HABIT, views.PersonHabitView.as_view(), name="partner-person-habit"),
    path(f"{HABIT}logs/<str:day>/", views.PersonDayView.as_view(), name="partner-person-day"),
    path(f"{HABIT}logs/<str:day>/add/", views.PersonAddView.as_view(), name="partner-person-add"),
    path("partner/batch/", views.BatchView.as_view(), name="partner-batch"),
    path(
        "partner/webhooks/<int:webhook_id>/attempts/",
        feed_views.PartnerAttemptsView.as_view(),
        name="partner-webhooks-attempts",
    ),
    path("partner/changes/", feed_views.PartnerChangesView.as_view(), name="partner-changes"),
    path("partner/links/", views.LinksView.as_view(), name="partner-links"),
    path("partner/achievements/", own_views.AchievementsView.as_view(), name="partner-achievements"),
    path("partner/achievements/<id:achievement_id>/", own_views.AchievementView.as_view(), name="partner-achievement"),
    path("partner/challenges/", own_views.ChallengesView.as_view(), name="partner-challenges"),
    path(CHALLENGE, own_views.ChallengeView.as_view(), name="partner-challenge"),
    path(f"{CHALLENGE}standings/", own_views.ChallengeScoresView.as_view(), name="partner-standings"),
    path(f"{CHALLENGE}people/<str:external_id>/", own_views.ParticipantView.as_view(), name="partner-participant"),
    *(
        path(
            f"partner/leaderboards/{board}/",
            own_views.BoardView.as_view(board=board, list_title=f"My people: {BOARDS[board]}"),
            name=f"partner-leaderboard-{board}",
        )
        for board in Board
    ),
]
urlpatterns = [
    *router.urls,
    *partner_urlpatterns,
    path("agents/mcp/", AgentView.as_view(), name="agents"),
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/new-address/", NewAddressView.as_view(), name="calendar-new-address"),
    path("webhooks/<int:webhook_id>/attempts/", AttemptsView.as_view(), name="webhooks-attempts"),
    path("imports/", transfer_views.ImportsView.as_view(), name="imports"),
    path("imports/<id:import_id>/", transfer_views.ImportView.as_view(), name="import"),
    path("imports/<id:import_id>/start/", transfer_views.StartImportView.as_view(), name="import-start"),
    path("export/", transfer_views.ExportsView.as_view(), name="exports"),
    path("export/<id:export_id>/", transfer_views.ExportView.as_view(), name="export"),
    path("export/<id:export_id>/file/", transfer_views.ExportFileView.as_view(), name="export-file"),
    path("tracks/<id:track_id>/logs.csv", transfer_views.LogsFileView.as_view(), name="logs-csv"),
    path("changes/", ChangesView.as_view(), name="changes"),
    path("events/", EventsView.as_view(), name="events"),
    path("events/raw/", RawEventsView.as_view(), name="events-raw"),
    path("events/health-auto-export/", HealthAutoExportView.as_view(), name="events-health-auto-export"),
    path("events/health-connect/", HealthConnectView.as_view(), name="events-health-connect"),
    path("events/open-wearables/", OpenWearablesView.as_view(), name="events-open-wearables"),
]

# As the first concept has them, with and without a slash at the end.
seed_urlpatterns = [
    re_path(r"^create_user/?$", seed_views.CreateUserView.as_view()),
    re_path(r"^get_user/?$", seed_views.GetUserView.as_view()),
    re_path(r"^create_habit/?$", seed_views.CreateHabitView.as_view()),
    re_path(r"^get_habits/?$", seed_views.GetHabitsView.as_view()),
    re_path(r"^get habits/?$", seed_views.GetHabitsView.as_view()),
    re_path(r"^register_habit/?$", seed_views.RegisterHabitView.as_view()),
    re_path(r"^check_off/?$", seed_views.CheckOffView.as_view()),
]
page_urlpatterns = [
    path("llms.txt", llms_page, name="llms"),
    secret_path("calendar/<str:token>.ics", calendar_page, name="calendar-page"),
    secret_path("link/<str:token>/", LinkAccountPage.as_view(), name="link-page"),
    secret_path("events/open-wearables/<str:token>/", open_wearables_page, name="open-wearables-page"),
    secret_path("a/<str:token>", ActionPage.as_view(), name="action-page"),
    secret_path("a/<str:token>/", ActionPage.as_view()),
    secret_path("a/<str:token>/undo", UndoPage.as_view(), name="action-undo"),
]
