"""URL routes of habits under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from habits import views


def routes(name: str) -> SimpleRouter:
    """Return the router of habits with the URL prefix `name`."""
    router = SimpleRouter()
    router.register(f"{name}/public", views.PublicHabitViewSet, basename=f"{name}-public")
    router.register(name, views.HabitViewSet, basename=name)
    return router


urlpatterns = [
    path("habits/templates/", views.TemplatesView.as_view(), name="habits-templates"),
    *routes("habits").urls,
    path("habits/<int:habit_id>/schedules/", views.SchedulesView.as_view(), name="habits-schedules"),
]
# Existing clients use the singular prefix. It still works but is not in the API schema.
alias_urlpatterns = routes("habit").urls
