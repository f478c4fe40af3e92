"""The archive of the outbox: what goes there, who still finds it there, and how it ends."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from common.archiving import continue_numbers
from notifications.models import ArchivedDelivery, Delivery
from notifications.outbox import archive, queries
from notifications.outbox.archive import ARCHIVE
from notifications.tasks import purge
from tests import make
from tests.notifications.outbox.test_outbox import delivery
from tracking.models import HabitTrack
from tracking.tracks import services as tracks
from users import services as users
from users.models import User

pytestmark = pytest.mark.django_db

NOW = make.utc("2026-11-21 12:00")
DAY = timedelta(days=1)
on_postgresql = pytest.mark.engine("postgresql", reason="PostgreSQL divides the table by month")


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def alice(clock: Any, db: None) -> User:
    user = make.person("alice")
    Delivery.objects.all().delete()
    return user


@pytest.fixture
def track(alice: User) -> HabitTrack:
    return make.track(alice)


def archived() -> set[str]:
    return set(ArchivedDelivery.objects.values_list("key", flat=True))


def queued() -> set[str]:
    return set(Delivery.objects.values_list("key", flat=True))


def test_messages_whose_time_was_over_three_days_ago_are_moved(alice: User) -> None:
    for state in ("sent", "failed", "expired", "dropped"):
        delivery(alice, f"old {state}", state, age=4)
    delivery(alice, "young", age=2)
    delivery(alice, "waits", "pending", age=4)
    useful = delivery(alice, "useful until yesterday", "dropped", age=4)
    Delivery.objects.filter(pk=useful.pk).update(expires_at=NOW - DAY)
    late = delivery(alice, "sent late", age=4)
    Delivery.objects.filter(pk=late.pk).update(sent_at=NOW - DAY)
    purge()
    assert archived() == {"old sent", "old failed", "old expired", "old dropped"}
    assert queued() == {"young", "waits", "useful until yesterday", "sent late"}


def test_what_is_told_once_or_uncertain_stays_in_the_outbox_until_its_retention_is_over(alice: User) -> None:
    for age in (4, 91):
        for kind in archive.TOLD_ONCE:
            delivery(alice, f"{kind} {age}", age=age, kind=kind)
        delivery(alice, f"uncertain {age}", age=age, uncertain=True)
    purge()
    assert archived() == set()
    assert queued() == {f"{kind.value} 4" for kind in archive.TOLD_ONCE} | {"uncertain 4"}


def test_a_moved_message_is_as_it_was(alice: User, track: HabitTrack) -> None:
    row = delivery(
        alice, "old", age=4, track=track, day=NOW.date(), text="⏰ up", message_id=2**40, sent_to="7", attempts=3
    )
    Delivery.objects.filter(pk=row.pk).update(tapped_at=NOW, address="x@example.org", postponed_at=NOW)
    row.refresh_from_db()
    purge()
    [found] = ArchivedDelivery.objects.all()
    names = [field.attname for field in ArchivedDelivery._meta.concrete_fields]
    assert {name: getattr(found, name) for name in names} == {name: getattr(row, name) for name in names}
    assert {name: getattr(found.as_delivery(), name) for name in names} == {name: getattr(row, name) for name in names}


@pytest.mark.parametrize("crash_after", range(1, 8))
def test_a_crash_at_any_statement_loses_and_doubles_nothing(alice: User, crash_after: int) -> None:
    class Crash(Exception):
        pass

    for number in range(3):
        delivery(alice, f"old {number}", age=4)
    done = 0

    def crash(execute: Any, *call: Any) -> Any:
        nonlocal done
        result = execute(*call)
        done += 1
        if done == crash_after:
            raise Crash
        return result

    with connection.execute_wrapper(crash), suppress(Crash):
        archive.archive(before=NOW - DAY)
    everything = {"old 0", "old 1", "old 2"}
    assert (queued(), archived()) in [(everything, set()), (set(), everything)]
    purge()
    assert (queued(), archived()) == (set(), everything)


def test_a_person_finds_messages_wherever_they_are(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["old", "older sent", "older failed"]
    made = [delivery(alice, name, name.rpartition(" ")[2] if " " in name else "sent", age=10) for name in names]
    made.append(delivery(alice, "young"))
    over = delivery(alice, "over", age=89)
    theirs = delivery(bob, "theirs", age=10)
    purge()
    ArchivedDelivery.objects.filter(pk=over.pk).update(created_at=NOW - 91 * DAY)  # its month is not dropped yet
    api = make.client(alice)
    first = api.get("/api/notifications/", {"page_size": 2}).json()
    second = api.get(first["next"]).json()
    assert first["count"] == 4
    assert [each["id"] for page in (first, second) for each in page["results"]] == [each.pk for each in made[::-1]]
    assert [each["id"] for each in api.get("/api/notifications/?state=failed").json()["results"]] == [made[2].pk]
    assert api.get(f"/api/notifications/{made[0].pk}/").json() == second["results"][-1]
    for pk in (over.pk, theirs.pk):
        assert api.get(f"/api/notifications/{pk}/").status_code == 404


def test_a_message_that_is_moved_while_a_page_is_read_is_on_it(alice: User) -> None:
    row = delivery(alice, "old", age=4)
    ids = queries.message_ids_of(alice, kept_from=NOW - 90 * DAY, chosen=lambda rows: rows)
    assert list(ids) == [row.pk]
    purge()
    assert [each.key for each in queries.load_messages([row.pk])] == ["old"]


def test_a_button_of_an_old_message_still_finds_it(alice: User, bob: User, track: HabitTrack) -> None:
    row = delivery(alice, "old", age=10, track=track, day=NOW.date() - 10 * DAY)
    purge()
    assert archived() == {"old"}
    found = queries.find_reminder(alice, delivery_id=row.pk, token=row.token)
    assert found is not None and (found.key, found.track, found.user) == ("old", track, alice)
    assert queries.find_reminder(alice, delivery_id=row.pk, token="wrong") is None
    assert queries.find_reminder(bob, delivery_id=row.pk, token=row.token) is None


def test_an_archived_message_can_be_queued_again(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    failed, sent = delivery(alice, "failed", "failed", age=10), delivery(alice, "sent", age=10)
    replaced = delivery(alice, "replaced", "failed", age=10)
    purge()
    delivery(alice, "replaced")
    call_command("outbox", "--requeue", str(failed.pk), str(sent.pk), str(replaced.pk))
    assert "messages requeued: 1" in capsys.readouterr().out
    failed.refresh_from_db()
    assert (failed.state, failed.available_at, failed.expires_at) == ("pending", NOW, NOW + timedelta(hours=2))
    assert archived() == {"sent", "replaced"}
    call_command("outbox", "--requeue-failed", "--since", "2026-11-01")
    assert archived() == {"sent", "replaced"}


def test_a_deleted_account_leaves_no_archived_messages(alice: User, bob: User) -> None:
    delivery(alice, "old", age=10)
    delivery(alice, "to the address alone", age=10)
    Delivery.objects.filter(key="to the address alone").update(user=None, address=alice.email)
    delivery(bob, "theirs", age=10)
    purge()
    assert archived() == {"old", "to the address alone", "theirs"}
    users.remove_account(user=alice, now=NOW)
    assert archived() == {"theirs"}


def test_messages_outlive_the_track_that_they_are_about(alice: User, track: HabitTrack, clock: Any) -> None:
    delivery(alice, "old", age=10, track=track)
    purge()
    tracks.delete_track(track=track, now=NOW)
    assert not HabitTrack.objects.filter(pk=track.pk).exists()
    assert [each.track_id for each in ArchivedDelivery.objects.all()] == [None]


def test_a_restored_database_numbers_new_messages_after_the_archive(alice: User) -> None:
    last = delivery(alice, "old", age=10)
    purge()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence('notifications_delivery', 'id'), 1)")
        else:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'notifications_delivery'")
    continue_numbers(Delivery, ArchivedDelivery)
    assert delivery(alice, "new").pk == last.pk + 1


@on_postgresql
class TestPartitions:
    def test_messages_go_to_the_partition_of_their_month(self, alice: User) -> None:
        delivery(alice, "old", age=10)
        purge()
        assert [name.rpartition("delivery_")[2] for name in ARCHIVE.partitions()] == [
            "2026_11", "2026_12", "2027_01", "default"
        ]  # fmt: skip
        assert rows_of("2026_11") == {"old"}

    def test_a_month_without_partition_loses_nothing_and_is_told(
        self, alice: User, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        delivery(alice, "of October", age=30)
        purge()
        purge()
        assert rows_of("default") == archived() == {"of October"}
        assert "1 rows of notifications_archiveddelivery are of months that have no partition" in caplog.text
        call_command("outbox")
        assert "archived messages of months without a partition: 1" in capsys.readouterr().out

    def test_a_partition_that_comes_late_takes_its_rows(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        delivery(alice, "old", age=10)
        archive.archive(before=NOW - 3 * DAY)
        assert rows_of("default") == {"old"}
        purge()
        assert (rows_of("2026_11"), rows_of("default")) == ({"old"}, set())

    def test_months_past_retention_are_dropped(self, alice: User, clock: Any) -> None:
        delivery(alice, "old", age=10)
        purge()
        nightly(clock, until=make.utc("2027-02-28 12:00"))
        assert archived() == {"old"}  # its month ended less than ninety days ago
        nightly(clock, until=make.utc("2027-03-02 12:00"))
        assert archived() == set()
        assert "notifications_archiveddelivery_2026_11" not in ARCHIVE.partitions()
        assert "notifications_archiveddelivery_2026_12" in ARCHIVE.partitions()


def rows_of(partition: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT key FROM notifications_archiveddelivery_{partition}")
        return {key for (key,) in cursor.fetchall()}


def nightly(clock: Any, *, until: datetime) -> None:
    """Purge every night until an instant."""
    while timezone.now() < until:
        clock.shift(DAY)
        purge()
