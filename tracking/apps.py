"""Tracking as a Django app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from tracking import receivers  # noqa: F401 (connects them)
