"""Django configuration of the community app."""

from django.apps import AppConfig


class CommunityConfig(AppConfig):
    name = "community"
