"""Routes of tracks, logs and the person, below /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tracking import views

router = SimpleRouter()
router.register("tracks", views.TrackViewSet, basename="tracks")
router.register("pauses", views.PauseViewSet, basename="pauses")

urlpatterns = [
    *router.urls,
    path("tracks/<int:track_id>/logs/bulk/", views.BulkView.as_view(), name="logs-bulk"),
    path("tracks/<int:track_id>/logs/<str:day>/add/", views.AddView.as_view(), name="logs-add"),
    path("tracks/<int:track_id>/logs/<str:day>/", views.LogView.as_view(), name="logs"),
    path("today/", views.TodayView.as_view(), name="today"),
    path("users/me/", views.MeView.as_view(), name="me"),
]
