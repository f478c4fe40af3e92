"""Django app configuration of tracking."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
