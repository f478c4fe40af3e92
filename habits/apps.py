"""Django app configuration of habits."""

from django.apps import AppConfig


class HabitsConfig(AppConfig):
    name = "habits"

    def ready(self) -> None:
        from habits import receivers  # noqa: F401 (imported to register the receivers)
