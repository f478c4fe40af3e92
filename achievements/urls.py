"""URL routes of achievements under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from achievements.awards import views

router = SimpleRouter()
router.register("achievements", views.AchievementViewSet, basename="achievements")

urlpatterns = [
    path("achievements/mine/", views.MyAchievementsView.as_view(), name="achievements-mine"),
    *router.urls,
]
