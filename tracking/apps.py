"""Django app configuration of tracking."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"

    def ready(self) -> None:
        from tracking import receivers  # noqa: F401 (imported to register the receivers)
