"""The WSGI application that web servers load."""

import gc
import logging
import os
import re
from collections.abc import Iterable
from importlib import import_module
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from common import deadlines

deadlines.limit_statements(deadlines.WEB)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

django_application = get_wsgi_application()
logging.getLogger(__name__).info("Habit Tracker %s: web starts", settings.VERSION)
import_module(settings.ROOT_URLCONF)  # before the first request: its routes say what no log line may have
# What is loaded by now stays: a collection of garbage need not look at it again, which takes a tenth of a second, several
# times as long as most requests.
gc.collect()
gc.freeze()
# Also in the form `charset*=utf-8''hex` of RFC 2231, which Django reads.
CHARSET = re.compile(r";\s*charset\**\s*=[^;]*", re.IGNORECASE)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Run Django's application below the path of SITE_URL, and without the charset of the request's content type.

    A proxy may pass the path on or remove it. All text is read as UTF-8; a charset that is no text encoding ("hex")
    would make Django fail while it builds the request.
    """
    environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    if settings.SITE_PATH:
        path = environ.get("PATH_INFO", "")
        if path == settings.SITE_PATH or path.startswith(f"{settings.SITE_PATH}/"):
            environ["PATH_INFO"] = path.removeprefix(settings.SITE_PATH) or "/"
        environ["SCRIPT_NAME"] = settings.SITE_PATH
    return django_application(environ, start_response)
