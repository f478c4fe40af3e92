"""The project itself as a Django app: connects the other apps, and holds commands that need all of them."""

import logging

from django.apps import AppConfig
from django.contrib.admin.apps import SimpleAdminConfig

from config import env

logger = logging.getLogger(__name__)


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import effects

        effects.connect_all()
        self.warn_of_misspelt_names()

    def warn_of_misspelt_names(self) -> None:
        """Log each variable that has no effect because of a spelling mistake."""
        for name, nearest in env.misspelt_names().items():
            logger.warning("%s is not a variable of this service and has no effect: did you mean %s?", name, nearest)


class StaffConfig(SimpleAdminConfig):
    """Django's admin, with our site. Its pages are imported with the URLs: worker, beat and bot do not need them."""

    default_site = "config.staff.site.StaffSite"
