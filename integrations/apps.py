"""Django configuration of the integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from common import webhook_events
        from integrations.changes import documentation
        from notifications.monitoring import liveness
        from notifications.outbox import subjects

        subjects.add("key_created", "integrations.keys.mails")
        subjects.add("webhook_failing", "integrations.webhooks.notices")
        subjects.add("webhook_off", "integrations.webhooks.notices")
        webhook_events.add(documentation.webhook_events())
        liveness.add_job("webhooks", "integrations.webhooks.queries.lag")
        subjects.add("link_requested", "integrations.grants.request_mail")
        subjects.add("grant_created", "integrations.grants.grant_mail")
