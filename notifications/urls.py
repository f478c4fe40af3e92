"""URLs of reminders, the digest, the chat and the outbox, under /api/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from common.secret_paths import secret_path
from notifications.bot import views as bot_views
from notifications.channels.apprise.views import ConnectAppriseView
from notifications.channels.ntfy.views import ConnectNtfyView
from notifications.channels.webpush import views as push_views
from notifications.connections import views as connection_views
from notifications.digest import views as digest_views
from notifications.outbox import views as outbox_views
from notifications.reminders import views as reminder_views
from notifications.taps.pages import TapPage

router = SimpleRouter()
router.register("reminders", reminder_views.ReminderViewSet, basename="reminders")
router.register("notifications", outbox_views.NotificationViewSet, basename="notifications")
router.register("push/subscriptions", push_views.SubscriptionViewSet, basename="push-subscriptions")

urlpatterns = [
    *router.urls,
    path("channels/", connection_views.ChannelsView.as_view(), name="channels"),
    path("channels/ntfy/connect/", ConnectNtfyView.as_view(), name="ntfy-connect"),
    path("channels/apprise/connect/", ConnectAppriseView.as_view(), name="apprise-connect"),
    path("channels/<str:channel_name>/", connection_views.ChannelView.as_view(), name="channel"),
    path("channels/<str:channel_name>/confirm/", connection_views.ConfirmView.as_view(), name="channel-confirm"),
    path("channels/<str:channel_name>/test/", connection_views.SendTestView.as_view(), name="channel-test"),
    path("push/key/", push_views.PushKeyView.as_view(), name="push-key"),
    path("digest/", digest_views.DigestView.as_view(), name="digest"),
    path("tg/link/", bot_views.LinkView.as_view(), name="tg-link"),
    path("tg/webhook/", bot_views.WebhookView.as_view(), name="tg-webhook"),
]
# Under the root.
page_urlpatterns = [secret_path("t/<str:token>/", TapPage.as_view(), name="tap-page")]
