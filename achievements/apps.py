"""Django configuration of the achievements app."""

from django.apps import AppConfig


class AchievementsConfig(AppConfig):
    name = "achievements"

    def ready(self) -> None:
        from achievements import receivers  # noqa: F401 (connects them)
