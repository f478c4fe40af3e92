"""The Celery application and beat's schedule: one entry for reminders, and entries for maintenance."""

import logging
import os
from datetime import datetime
from functools import cached_property
from typing import Any

from celery import Celery
from celery.contrib.django.task import DjangoTask
from celery.schedules import crontab
from celery.signals import beat_init, celeryd_init, worker_ready, worker_shutting_down
from django.conf import settings

from common import clock, deadlines, stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
logger = logging.getLogger(__name__)


class App(Celery):
    """Celery with the service's one clock: times set on one machine are compared on another."""

    def now(self) -> datetime:
        """Return the current instant by the database's clock."""
        return clock.now().astimezone(self.timezone)

    @cached_property
    def Beat(self) -> Any:  # noqa: N802 (Celery's name)
        """The class that `celery beat` runs."""
        return self.subclass_with_self("config.beat_process:Beat")  # type: ignore[arg-type]


class Task(DjangoTask[Any, Any]):
    """A task whose messages expire by the service's clock."""

    Request = "config.worker:Request"


app = App("habits", task_cls=Task)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    # Each message expires before the next one: a worker that was down finds one tick waiting, not an hour of them.
    "tick": {"task": "notifications.tasks.tick", "schedule": crontab(), "options": {"expire_seconds": 55}},
    "apply-zone-data-release": {
        "task": "users.tasks.apply_zone_data_release",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "apply-pending-changes": {
        "task": "tracking.tasks.apply_pending_changes",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "maintain-challenges": {
        "task": "community.tasks.maintain_challenges",
        "schedule": crontab(minute="*/5"),
        "options": {"expire_seconds": 290},
    },
    "tell-programs": {
        "task": "integrations.tasks.tell_programs",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "settle-leaderboards": {
        "task": "community.tasks.settle_leaderboards",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "recheck-webhook": {
        "task": "notifications.tasks.recheck_webhook",
        "schedule": crontab(minute="*/5"),
        "options": {"expire_seconds": 290},
    },
    "apply-events": {
        "task": "integrations.tasks.apply_events",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "purge-events": {
        "task": "integrations.tasks.purge_events",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expire_seconds": 3600},
    },
    "run-transfers": {
        "task": "integrations.tasks.run_transfers",
        "schedule": crontab(),
        "options": {"expire_seconds": 55},
    },
    "purge-transfers": {
        "task": "integrations.tasks.purge_transfers",
        "schedule": crontab(minute="*/10"),
        "options": {"expire_seconds": 590},
    },
    "purge-outbox": {
        "task": "notifications.tasks.purge",
        "schedule": crontab(hour=3, minute=40),
        "options": {"expire_seconds": 3600},
    },
    "forget-old-changes": {
        "task": "integrations.tasks.forget_old_changes",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expire_seconds": 3600},
    },
    "flush-expired-tokens": {
        "task": "users.tasks.flush_expired_tokens",
        "schedule": crontab(hour=3, minute=10),
        "options": {"expire_seconds": 3600},
    },
    "clear-admin-sessions": {
        "task": "users.tasks.clear_admin_sessions",
        "schedule": crontab(hour=3, minute=20),
        "options": {"expire_seconds": 3600},
    },
    "remove-unconfirmed-accounts": {
        "task": "users.tasks.remove_unconfirmed_accounts",
        "schedule": crontab(hour=3, minute=30),
        "options": {"expire_seconds": 3600},
    },
    "clean-up-partners": {
        "task": "integrations.tasks.clean_up_partners",
        "schedule": crontab(hour=4, minute=0),
        "options": {"expire_seconds": 3600},
    },
    "delete-old-heartbeats": {
        "task": "notifications.tasks.delete_old_heartbeats",
        "schedule": crontab(hour=3, minute=50),
        "options": {"expire_seconds": 3600},
    },
}


@celeryd_init.connect
def on_worker_init(instance: Any, **_: Any) -> None:
    from config.worker import HeartbeatStep  # only a worker needs it

    deadlines.limit_statements(deadlines.WORKER)
    app.steps["worker"].add(HeartbeatStep)


@worker_ready.connect
def on_worker_ready(**_: Any) -> None:
    logger.info("Habit Tracker %s: worker starts", settings.VERSION)


@beat_init.connect
def on_beat_init(**_: Any) -> None:
    deadlines.limit_statements(deadlines.WEB)  # it reads a few rows
    logger.info("Habit Tracker %s: beat starts", settings.VERSION)


@worker_shutting_down.connect
def on_worker_shutting_down(**_: Any) -> None:
    from config.worker import exit_within  # here, because only a worker needs it

    stopping.request()
    exit_within()
