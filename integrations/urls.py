"""URL routes of integrations under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from integrations.changes.views import ChangesView
from integrations.keys.views import KeyViewSet
from integrations.webhooks.views import AttemptsView, WebhookViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")
router.register("webhooks", WebhookViewSet, basename="webhooks")

urlpatterns = [
    *router.urls,
    path("webhooks/<int:webhook_id>/attempts/", AttemptsView.as_view(), name="webhooks-attempts"),
    path("changes/", ChangesView.as_view(), name="changes"),
]
