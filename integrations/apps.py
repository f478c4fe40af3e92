"""Django configuration of the integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from notifications.outbox import subjects

        subjects.add("key_created", "integrations.keys.mails")
