"""The project itself as a Django app: connects the other apps, and holds commands that need all of them."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import effects

        effects.connect_all()


class StaffConfig(AdminConfig):
    """Django's admin, with our site."""

    default_site = "config.staff.site.StaffSite"
