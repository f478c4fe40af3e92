"""Django configuration of the integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from notifications.outbox import subjects

        subjects.add("key_created", "integrations.keys.mails")
        subjects.add("link_requested", "integrations.grants.request_mail")
        subjects.add("grant_created", "integrations.grants.grant_mail")
