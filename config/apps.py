"""The project itself as a Django app: connects the other apps, and holds commands that need all of them."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import effects

        effects.connect_all()
