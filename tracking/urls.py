"""URL routes of tracking and of users/me/, under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tracking import views
from tracking.goals import views as goal_views
from tracking.insights import views as insight_views
from tracking.pictures import views as picture_views

router = SimpleRouter()
router.register("tracks", views.TrackViewSet, basename="tracks")
router.register("pauses", views.PauseViewSet, basename="pauses")
router.register("goals", goal_views.GoalViewSet, basename="goals")

urlpatterns = [
    *router.urls,
    path("tracks/<int:track_id>/logs/bulk/", views.BulkView.as_view(), name="logs-bulk"),
    path("tracks/<int:track_id>/logs/<str:day>/add/", views.AddView.as_view(), name="logs-add"),
    path("tracks/<int:track_id>/logs/<str:day>/", views.LogView.as_view(), name="logs"),
    path("tracks/<int:track_id>/heatmap.svg", picture_views.HeatmapView.as_view(), name="heatmap"),
    path("summary/trend.svg", picture_views.TrendView.as_view(), name="trend"),
    path("progress/", insight_views.ProgressView.as_view(), name="progress"),
    path("summary/", insight_views.SummaryView.as_view(), name="summary"),
    path("today/", views.TodayView.as_view(), name="today"),
    path("users/me/", views.MeView.as_view(), name="me"),
]
