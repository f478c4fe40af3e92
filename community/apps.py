"""Django configuration of the community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"

    def ready(self) -> None:
        from community import leaderboard_receivers, receivers  # noqa: F401 (connects them)
