"""Beat: its messages expire, its rows follow the settings, and a wrong clock does not stop its ticks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.db import OperationalError
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from common import clock
from config.beat import Scheduler
from config.celery import app
from notifications.models import Heartbeat
from notifications.monitoring import heartbeats

pytestmark = pytest.mark.django_db(transaction=True)  # the library closes old connections

MORNING = datetime(2026, 11, 21, 8, 0, 30, tzinfo=UTC)


class Published:
    """What beat would publish, in the place of a broker: names of tasks, with the messages' headers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        monkeypatch.setattr(app.amqp, "send_task_message", self.send)
        monkeypatch.setattr(Scheduler, "producer", None)

    def send(self, producer: object, name: str, message: Any, **options: Any) -> None:
        self.messages.append((name, message.headers))

    @property
    def ticks(self) -> int:
        return [name for name, _ in self.messages].count("notifications.tasks.tick")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    return Published(monkeypatch)


@pytest.fixture
def moved() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _counter_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter that nobody sets goes by what each test says."""
    monkeypatch.setattr(clock, "monotonic", lambda: Elapsed.seconds)
    Elapsed.seconds = 1000.0


class Elapsed:
    seconds = 1000.0


def beat() -> Scheduler:
    scheduler = Scheduler(app=app)
    scheduler._finalize.cancel()  # it would write its rows when the tests have ended
    return scheduler


def pass_minutes(scheduler: Scheduler, moved: time_machine.Traveller, minutes: int) -> None:
    """Let time go on, with a look every five seconds as beat does."""
    for _ in range(minutes * 12):
        moved.shift(5)
        Elapsed.seconds += 5
        while scheduler.tick() == 0:
            pass


@pytest.mark.parametrize("name", sorted(app.conf.beat_schedule))
def test_each_message_expires_before_the_next_one(
    name: str, published: Published, moved: time_machine.Traveller
) -> None:
    scheduler = beat()
    scheduler.apply_entry(scheduler.schedule[name], producer=None)
    [(_, headers)] = published.messages
    expires = datetime.fromisoformat(headers["expires"])
    schedule = app.conf.beat_schedule[name]["schedule"]
    assert MORNING < expires < MORNING + schedule.remaining_delta(MORNING)[1] + timedelta(hours=1)
    assert expires - MORNING == timedelta(seconds=app.conf.beat_schedule[name]["options"]["expire_seconds"])


def test_celery_uses_our_scheduler_by_default() -> None:
    assert current_app.conf.beat_scheduler == "config.beat:Scheduler"


def test_it_ticks_once_a_minute(published: Published, moved: time_machine.Traveller) -> None:
    scheduler = beat()
    pass_minutes(scheduler, moved, 5)
    assert published.ticks == 5


def test_a_stored_last_run_in_the_future_does_not_stop_it(published: Published, moved: time_machine.Traveller) -> None:
    beat()
    PeriodicTask.objects.update(last_run_at=MORNING + timedelta(hours=3))
    pass_minutes(beat(), moved, 2)
    assert published.ticks == 2


def test_a_last_run_in_the_future_stored_by_another_beat_does_not_stop_it(
    published: Published, moved: time_machine.Traveller
) -> None:
    scheduler = beat()
    pass_minutes(scheduler, moved, 1)
    PeriodicTask.objects.update(last_run_at=MORNING + timedelta(hours=3))
    pass_minutes(scheduler, moved, 10)
    assert published.ticks == 11


def test_it_keeps_ticking_after_its_clock_was_three_hours_ahead(
    published: Published, moved: time_machine.Traveller
) -> None:
    scheduler = beat()
    moved.shift(3 * 3600)
    pass_minutes(scheduler, moved, 2)
    before = published.ticks
    moved.shift(-3 * 3600)
    pass_minutes(scheduler, moved, 5)
    assert published.ticks == before + 5


def test_it_keeps_ticking_when_its_clock_is_set_back(published: Published, moved: time_machine.Traveller) -> None:
    scheduler = beat()
    pass_minutes(scheduler, moved, 1)
    moved.shift(-3600)
    pass_minutes(scheduler, moved, 5)
    assert published.ticks == 6


def test_it_ticks_by_the_databases_clock(
    published: Published, moved: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This machine's clock is 40 s ahead: the tick still comes at the database's full minute."""
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) - timedelta(seconds=40))
    scheduler = beat()  # 07:59:50 by the database
    moved.shift(5)
    assert scheduler.tick() > 0
    assert published.ticks == 0
    moved.shift(6)
    while scheduler.tick() == 0:
        pass
    assert published.ticks == 1


def make_row(name: str, task: str, **fields: Any) -> PeriodicTask:
    crontab, _ = CrontabSchedule.objects.get_or_create(minute="*")
    return PeriodicTask.objects.create(name=name, task=task, **({"crontab": crontab} | fields))


def test_a_row_of_a_retired_task_is_removed_and_sends_nothing(
    published: Published, moved: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    make_row("old-name", "tracking.tasks.retired", crontab=CrontabSchedule.objects.create(minute="*/1"))
    with caplog.at_level("INFO", logger="config.beat"):
        pass_minutes(beat(), moved, 2)
    assert published.ticks == 2
    assert "tracking.tasks.retired" not in {name for name, _ in published.messages}
    assert not PeriodicTask.objects.filter(name="old-name").exists()
    assert not CrontabSchedule.objects.filter(minute="*/1").exists()
    assert [message for message in caplog.messages if "removed" in message] == [
        "beat removed the row old-name (task tracking.tasks.retired): the settings no longer name it"
    ]


def test_an_operators_own_row_of_an_existing_task_stays_and_is_sent(
    published: Published, moved: time_machine.Traveller
) -> None:
    unused = CrontabSchedule.objects.create(minute="7")
    make_row("purge more often", "notifications.tasks.purge", description="Ask the team before you change this.")
    make_row("celery.backend_cleanup", "celery.backend_cleanup")
    pass_minutes(beat(), moved, 1)
    assert [name for name, _ in published.messages].count("notifications.tasks.purge") == 1
    assert {"purge more often", "celery.backend_cleanup"} <= set(PeriodicTask.objects.values_list("name", flat=True))
    assert CrontabSchedule.objects.filter(pk=unused.pk).exists()


@pytest.mark.parametrize("is_marked", [True, False])
def test_the_old_row_of_a_renamed_entry_is_removed_though_its_task_exists(
    is_marked: bool, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_marked:
        monkeypatch.setitem(app.conf.beat_schedule, "old-name", app.conf.beat_schedule["tick"])
        beat()
        monkeypatch.delitem(app.conf.beat_schedule, "old-name")
        assert PeriodicTask.objects.filter(name="old-name").exists()
    else:  # by a version that did not mark its rows
        make_row("count-days-that-came", "notifications.tasks.tick")
    beat()
    assert set(PeriodicTask.objects.values_list("name", flat=True)) == set(app.conf.beat_schedule)


def test_a_row_that_an_operator_copied_from_one_of_ours_stays(published: Published) -> None:
    beat()
    copy = PeriodicTask.objects.get(name="purge-outbox")
    copy.pk, copy.name = None, "purge at noon"
    copy.save()
    beat()
    assert PeriodicTask.objects.filter(name="purge at noon").exists()


def test_a_second_running_beat_notices_that_a_row_was_removed(
    published: Published, moved: time_machine.Traveller
) -> None:
    first = beat()
    assert "old-name" not in first.schedule  # reads the time of the last change
    moved.shift(1)
    make_row("old-name", "tracking.tasks.retired")
    assert "old-name" in first.schedule
    moved.shift(1)
    beat()
    assert "old-name" not in first.schedule


def test_rows_of_the_settings_are_reset_to_the_settings(published: Published) -> None:
    beat()
    PeriodicTask.objects.filter(name="tick").update(
        enabled=False, expire_seconds=None, start_time=MORNING + timedelta(days=400)
    )
    scheduler = beat()
    assert set(scheduler.schedule) == set(app.conf.beat_schedule)
    tick = PeriodicTask.objects.get(name="tick")
    assert (tick.enabled, tick.expire_seconds, tick.start_time) == (True, 55, None)


def test_it_waits_at_the_start_until_the_database_responds(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sync_rows = Scheduler._sync_rows

    def away(self: Scheduler) -> None:
        if len(waits) < 3:
            raise OperationalError
        sync_rows(self)

    monkeypatch.setattr(Scheduler, "_sync_rows", away)
    monkeypatch.setattr("config.beat.time.sleep", waits.append)
    assert set(beat().schedule) == set(app.conf.beat_schedule)
    assert len(waits) == 3


def test_it_keeps_its_entries_while_the_database_is_down(
    published: Published, moved: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = beat()

    def away(self: Scheduler) -> None:
        raise OperationalError

    monkeypatch.setattr(Scheduler, "enabled_models_qs", away)
    pass_minutes(scheduler, moved, 11)  # the library reads all rows again every five
    assert published.ticks == 11


def test_it_records_its_heartbeat_and_deletes_old_ones(published: Published, moved: time_machine.Traveller) -> None:
    Heartbeat.objects.create(name="worker:elsewhere:7", at=MORNING - timedelta(days=2))
    Heartbeat.objects.create(name="tick", at=MORNING - timedelta(days=2))
    scheduler = beat()
    pass_minutes(scheduler, moved, 2)
    at = heartbeats.last_at(heartbeats.process_name(heartbeats.BEAT))
    assert at is not None
    assert datetime.now(UTC) - at < timedelta(seconds=35)
    assert not Heartbeat.objects.filter(name="worker:elsewhere:7").exists()
    assert Heartbeat.objects.filter(name="tick").exists()
