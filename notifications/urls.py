"""URLs of reminders, the digest, the chat and the outbox, under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from notifications.bot import views as bot_views
from notifications.digest import views as digest_views
from notifications.outbox import views as outbox_views
from notifications.reminders import views as reminder_views

router = SimpleRouter()
router.register("reminders", reminder_views.ReminderViewSet, basename="reminders")
router.register("notifications", outbox_views.NotificationViewSet, basename="notifications")

urlpatterns = [
    *router.urls,
    path("digest/", digest_views.DigestView.as_view(), name="digest"),
    path("tg/link/", bot_views.LinkView.as_view(), name="tg-link"),
    path("tg/webhook/", bot_views.WebhookView.as_view(), name="tg-webhook"),
]
