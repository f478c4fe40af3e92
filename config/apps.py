"""The project itself as a Django app, for the management commands that need every other app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "config"
