"""URL routes of integrations under /api/."""

from rest_framework.routers import SimpleRouter

from integrations.keys.views import KeyViewSet

router = SimpleRouter()
router.register("keys", KeyViewSet, basename="keys")

urlpatterns = [*router.urls]
