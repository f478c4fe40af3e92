"""The project itself as an app: it holds the commands that need every other app."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "config"
