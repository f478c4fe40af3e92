"""Whether this database is older than the last tick that others remember: a backup that was restored."""

from notifications.models import Installation


def installation() -> Installation:
    """Return the one row about this database, made on first use."""
    return Installation.objects.get_or_create(pk=Installation.ONLY)[0]
