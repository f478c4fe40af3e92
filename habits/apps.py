"""Django app configuration of habits."""

from django.apps import AppConfig


class HabitsConfig(AppConfig):
    name = "habits"
