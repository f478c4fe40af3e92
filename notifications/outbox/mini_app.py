"""The client as Telegram opens it: its Mini App."""

from django.conf import settings

from notifications.channels.transport import Button


def url() -> str:
    """Return the address of the Mini App; "" where there is none, because Telegram opens only https addresses."""
    site: str = settings.SITE_URL
    return f"{site}/tg/" if site.startswith("https://") else ""


def open_buttons(label: str) -> tuple[Button, ...]:
    """Return the button that opens the Mini App, if there is one."""
    return (Button(label, "", opens=url()),) if url() else ()
