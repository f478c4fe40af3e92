"""An account that is deleted while the worker moves its rows to an archive or back, and a worker that is killed meanwhile.

What is being moved is in neither table for others until the commit; a deletion has to wait for it.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.utils import timezone

from integrations.changes.rules import ChangeType
from integrations.changes.services import number_all
from integrations.models import ArchivedWebhook, WebhookAttempt, WebhookDelivery
from integrations.webhooks import archive as webhooks_archive
from integrations.webhooks import outbox as webhooks_outbox
from integrations.webhooks import services as webhooks
from integrations.webhooks.outbox import Attempt, Result
from integrations.webhooks.queueing import queue_for_endpoints
from notifications.models import ArchivedDelivery, Delivery
from notifications.outbox import archive
from notifications.outbox.archive import ARCHIVE
from tests import make, migrated
from tests.notifications.outbox.test_outbox import delivery
from users import services as users
from users.models import User
from users.services import confirm, edit_profile
from users.tokens import email_change

ROOT = Path(__file__).resolve().parents[3]
NOW = make.utc("2026-11-21 12:00")
DAY = timedelta(days=1)
OLD, NEW = "alice@example.org", "elsewhere@example.org"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def move_messages() -> None:
    archive.archive(before=timezone.now() - archive.AFTER)


def delete(user: User) -> None:
    users.remove_account(user=User.objects.get(pk=user.pk), now=timezone.now())


def left() -> set[str]:
    return {key for model in (Delivery, ArchivedDelivery) for key in model.objects.values_list("key", flat=True)}


@pytest.mark.django_db
class TestEarlierAddresses:
    """Messages that were asked for by an address name no account."""

    def test_what_waits_for_an_address_ends_when_the_account_has_another_and_the_rest_goes_with_it(
        self, clock: Any
    ) -> None:
        alice, bob = make.person("alice"), make.person("bob")
        Delivery.objects.all().delete()
        users.request_password_reset(email=OLD, now=timezone.now())
        make.mails()
        clock.shift(4 * DAY)
        move_messages()
        users.request_password_reset(email=OLD, now=timezone.now())
        make.mails()
        clock.shift(timedelta(minutes=2))
        for email in (OLD, bob.email):
            users.request_password_reset(email=email, now=timezone.now())
        edit_profile(user=alice, email=NEW, password=make.PASSWORD, now=timezone.now())
        confirm(token=email_change.make(User.objects.get(pk=alice.pk)), now=timezone.now())
        assert Delivery.objects.filter(state="pending", user=None).get().address == bob.email
        delete(alice)
        assert {each.partition(":")[0] for each in left()} == {"password_reset"}
        assert [each.address for each in Delivery.objects.all()] == [bob.email]
        assert not ArchivedDelivery.objects.exists()

    def test_staffs_history_names_a_deleted_account_by_its_id_alone(self) -> None:
        alice, staff = make.person("alice"), Client()
        staff.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
        chosen = {"_selected_action": [alice.pk]}
        staff.post("/admin/users/user/", {"action": "end_sessions"} | chosen)
        staff.post("/admin/users/user/", {"action": "delete_selected", "post": "yes"} | chosen)
        assert not User.objects.filter(pk=alice.pk).exists()
        assert [each.object_repr for each in LogEntry.objects.all()] == [f"account {alice.pk}"] * 2


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
class TestMessages:
    @pytest.fixture
    def alice(self, clock: Any) -> User:
        user = make.person("alice")
        Delivery.objects.all().delete()
        for number in range(3):
            delivery(user, f"old {number}", age=10)
        delivery(user, "to the address alone", age=10)
        Delivery.objects.filter(key="to the address alone").update(user=None, address=user.email)
        delivery(make.person("bob"), "theirs", age=10)
        Delivery.objects.filter(kind="email_confirmation").delete()
        return user

    def test_what_is_being_moved_is_deleted_where_it_arrives(self, alice: User) -> None:
        with make.meanwhile(lambda: delete(alice)):
            move_messages()
        assert left() == {"theirs"}

    def test_what_is_being_deleted_is_not_moved(self, alice: User) -> None:
        with make.meanwhile(move_messages):
            delete(alice)
        assert left() == {"theirs"}

    def test_what_an_operator_takes_back_is_deleted_where_it_arrives(self, alice: User) -> None:
        Delivery.objects.filter(user=alice).update(state="failed", sent_at=None)
        move_messages()
        assert ArchivedDelivery.objects.count() == 5 and not Delivery.objects.exists()
        with make.meanwhile(lambda: delete(alice)):
            archive.requeue(ArchivedDelivery.objects.all(), now=timezone.now())
        assert left() == {"theirs"}

    def test_what_moves_to_a_new_partition_is_deleted_there(self, alice: User) -> None:
        move_messages()
        with make.meanwhile(lambda: delete(alice)):
            ARCHIVE.maintain(now=NOW, drop_before=NOW - 90 * DAY)
            assert "notifications_archiveddelivery_2026_11" in ARCHIVE.partitions()
        assert left() == {"theirs"}

    @pytest.fixture(autouse=True)
    def _no_partitions(self, transactional_db: None) -> Iterator[None]:
        """The tables outlive such a test."""
        yield
        ArchivedDelivery.objects.all().delete()
        with connection.cursor() as cursor:
            for name in ARCHIVE.partitions():
                if not name.endswith("default"):
                    cursor.execute(f"DROP TABLE {name}")


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
class TestWebhooks:
    @pytest.fixture
    def alice(self, clock: Any, settings: Any) -> User:
        """Alice, whose webhook was taken ten days ago."""
        user, events = make.person("alice"), [ChangeType.LOG_SET]
        url = "https://hooks.example.org/x"
        webhooks.create(user=user, name="Server", url=url, events=events, now=NOW)
        clock.shift(-10 * DAY)
        make.log(make.track(user), "2026-11-11")
        number_all(now=timezone.now(), queue=queue_for_endpoints, may_go_on=lambda: True)
        WebhookDelivery.objects.update(state="sent", sent_at=timezone.now())
        clock.move_to(NOW)
        return user

    def move(self) -> None:
        webhooks_archive.archive(before=timezone.now() - webhooks_archive.AFTER)

    def left(self) -> list[int]:
        return [model.objects.count() for model in (WebhookDelivery, ArchivedWebhook, WebhookAttempt)]

    def test_what_is_being_moved_is_deleted_where_it_arrives(self, alice: User) -> None:
        assert self.left() == [1, 0, 0]
        with make.meanwhile(lambda: delete(alice)):
            self.move()
        assert self.left() == [0, 0, 0]

    def test_what_is_being_deleted_is_not_moved(self, alice: User) -> None:
        with make.meanwhile(self.move):
            delete(alice)
        assert self.left() == [0, 0, 0]

    def test_an_attempt_that_is_being_recorded_is_deleted_too(self, alice: User) -> None:
        WebhookDelivery.objects.update(state="pending", sent_at=None)
        lease, [claimed] = webhooks_outbox.claim(limit=1, busy=(), now=timezone.now())
        sent = Attempt(claimed, Result(200, "", "", 5), lease)
        with make.meanwhile(lambda: delete(alice)):
            assert webhooks_outbox.record_sent([sent], now=timezone.now()) == 1
        assert self.left() == [0, 0, 0]


# Ends as by `kill -9`, once a statement with these words was made, and before what follows.
KILLED = """
import os, signal, sys
import django; django.setup()
from datetime import timedelta
from django.db import connection
from django.utils import timezone
from notifications.models import Delivery
from notifications.outbox import archive
now = timezone.now()
long_ago = now - timedelta(days=10)
times = dict.fromkeys(["due_at", "available_at", "expires_at", "created_at", "sent_at"], long_ago)
Delivery.objects.bulk_create(
    Delivery(key=f"old {number}", kind="reminder", channel="telegram", state="sent", **times) for number in range(5)
)
def kill(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if sys.argv[1] in sql:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
with connection.execute_wrapper(kill):
    archive.archive(before=now - archive.AFTER)
"""


def kill_in_the_middle(url: str, folder: Path, after: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    env |= {"DATABASE_URL": url, "DATA_DIR": str(folder), "REDIS_URL": "redis://127.0.0.1:1/0"}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, after]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -9, done.stderr


BOTH = "SELECT key FROM notifications_delivery UNION ALL SELECT key FROM notifications_archiveddelivery"


@pytest.mark.processes
@pytest.mark.engine("sqlite", reason="makes a file of its own")
def test_a_worker_that_is_killed_between_copying_and_deleting_leaves_each_row_in_one_place(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    migrated.copy_sqlite(file)
    kill_in_the_middle(f"sqlite:///{file}", tmp_path, after="INSERT INTO notifications_archiveddelivery")
    with closing(sqlite3.connect(file)) as database:
        assert sorted(key for (key,) in database.execute(BOTH)) == [f"old {number}" for number in range(5)]


@pytest.mark.processes
@pytest.mark.engine("postgresql", reason="uses the server of the run")
def test_a_worker_that_is_killed_before_its_commit_leaves_each_row_in_one_place(tmp_path: Path) -> None:
    name = "killed_while_moving"
    server = {
        key.lower(): value for key in ("HOST", "PORT", "USER", "PASSWORD") if (value := connection.settings_dict[key])
    }
    with migrated.postgres_database(name) as url:
        kill_in_the_middle(url, tmp_path, after="WITH moved AS")
        with closing(psycopg2.connect(dbname=name, **server)) as database, database.cursor() as cursor:
            cursor.execute(BOTH)
            assert sorted(key for (key,) in cursor.fetchall()) == [f"old {number}" for number in range(5)]
