"""Django configuration of the integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from integrations.keys import mails

        mails.add()
