"""Routes of habits, below /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from habits import views


def routes(name: str) -> SimpleRouter:
    """The routes of habits under the word `name`."""
    router = SimpleRouter()
    router.register(f"{name}/public", views.PublicHabitViewSet, basename=f"{name}-public")
    router.register(name, views.HabitViewSet, basename=name)
    return router


urlpatterns = [
    *routes("habits").urls,
    path("habits/<int:habit_id>/schedules/", views.SchedulesView.as_view(), name="habits-schedules"),
]
# Published clients use the singular; it stays out of the schema.
alias_urlpatterns = routes("habit").urls
