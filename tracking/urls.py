"""URL routes of tracking and of users/me/, under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tracking.explanations import views as explanation_views
from tracking.goals import views as goal_views
from tracking.insights import views as insight_views
from tracking.logs import views as log_views
from tracking.me import views as me_views
from tracking.pauses import views as pause_views
from tracking.pictures import views as picture_views
from tracking.tags import views as tag_views
from tracking.tracks import views as track_views

router = SimpleRouter()
router.register("tracks", track_views.TrackViewSet, basename="tracks")
router.register("pauses", pause_views.PauseViewSet, basename="pauses")
router.register("goals", goal_views.GoalViewSet, basename="goals")
router.register("tags", tag_views.TagViewSet, basename="tags")

urlpatterns = [
    *router.urls,
    path("tracks/order/", track_views.OrderView.as_view(), name="tracks-order"),
    path("tracks/<int:track_id>/logs/", log_views.LogsView.as_view(), name="logs-list"),
    path("tracks/<int:track_id>/logs/bulk/", log_views.BulkView.as_view(), name="logs-bulk"),
    path("tracks/<int:track_id>/logs/<str:day>/add/", log_views.AddView.as_view(), name="logs-add"),
    path("tracks/<int:track_id>/logs/<str:day>/", log_views.LogView.as_view(), name="logs"),
    path("tracks/<int:track_id>/explanation/", explanation_views.ExplanationView.as_view(), name="explanation"),
    path("tracks/<int:track_id>/heatmap.svg", picture_views.HeatmapView.as_view(), name="heatmap"),
    path("summary/trend.svg", picture_views.TrendView.as_view(), name="trend"),
    path("progress/", insight_views.ProgressView.as_view(), name="progress"),
    path("summary/", insight_views.SummaryView.as_view(), name="summary"),
    path("today/", insight_views.TodayView.as_view(), name="today"),
    path("days/<str:day>/", insight_views.DayView.as_view(), name="day"),
    path("users/me/", me_views.MeView.as_view(), name="me"),
]
