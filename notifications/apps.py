"""Notifications as a Django app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from common import clock
        from notifications.monitoring import heartbeats

        clock.set_rollback_check(heartbeats.clock_ran_ahead)
