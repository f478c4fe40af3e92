"""Common code as a Django app: what is set up before any other app."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from common.sqlite import register_functions


class CommonConfig(AppConfig):
    name = "common"

    def ready(self) -> None:
        connection_created.connect(register_functions, dispatch_uid="common.sqlite")
