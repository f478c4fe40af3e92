"""The project: settings, URLs, processes. It imports every app; no app imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
