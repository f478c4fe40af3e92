"""Django configuration of the achievements app."""

from django.apps import AppConfig


class AchievementsConfig(AppConfig):
    name = "achievements"
