"""The URLs of the web client."""

import re

from django.conf import settings
from django.urls import path, re_path

from config.env import OWN_PATHS
from web.views import mini_app, page, worker

# The first names of the client's own screens. All of them answer the page, which shows the screen of the address.
SCREENS = (
    "check-mail",
    "day",
    "forgotten",
    "habits",
    "me",
    "sign-in",
    "sign-in-link",
    "sign-up",
    "statistics",
    "together",
)


def screen_pattern(site_path: str) -> str:
    """Return the pattern of the addresses of screens, below SITE_URL's path.

    A proxy may remove that path. If it is also a screen's, such as /habits, it is then removed once more, and what is left
    of a screen's address can be anything that is not a path of the service.
    """
    if site_path.removeprefix("/") in SCREENS:
        return rf"^(?!(?:{'|'.join(map(re.escape, sorted(OWN_PATHS)))})(?:/|$)).+$"
    return rf"^(?:{'|'.join(SCREENS)})(?:/.*)?$"


urlpatterns = [
    path("", page, name="web"),
    path("worker.js", worker, {"screens": SCREENS}, name="web-worker"),
    path("tg/", mini_app, name="web-mini-app"),
    re_path(r"^tg(?:/(?!link$).*)?$", mini_app),  # tg/link is a path of published clients
    re_path(screen_pattern(settings.SITE_PATH), page, name="web-screen"),
]
