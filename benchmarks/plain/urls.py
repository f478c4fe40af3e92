"""Routes of the plain application."""

from rest_framework.routers import DefaultRouter

from benchmarks.plain.views import HabitViewSet

router = DefaultRouter()
router.register("habits", HabitViewSet, basename="plain-habit")
urlpatterns = router.urls
