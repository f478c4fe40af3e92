"""URL routes of habits under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from habits import views
from habits.alias import FormerHabitViewSet


def routes(name: str, own_habits: type[views.HabitViewSet]) -> SimpleRouter:
    """Return the router of habits with the URL prefix `name` and the view of the user's own habits."""
    router = SimpleRouter()
    router.register(f"{name}/public", views.PublicHabitViewSet, basename=f"{name}-public")
    router.register(name, own_habits, basename=name)
    return router


urlpatterns = [
    path("habits/templates/", views.TemplatesView.as_view(), name="habits-templates"),
    *routes("habits", views.HabitViewSet).urls,
    path("habits/<int:habit_id>/schedules/", views.SchedulesView.as_view(), name="habits-schedules"),
]
# Existing clients use the singular prefix. It still works but is not in the API schema.
alias_urlpatterns = routes("habit", FormerHabitViewSet).urls
