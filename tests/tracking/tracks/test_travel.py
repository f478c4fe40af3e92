"""Travel changes no log: a log counts on its local day, wherever the user is on that day."""

from datetime import date

import pytest
import time_machine
from rest_framework.test import APIClient

from tests import make
from tracking.models import HabitLog, HabitTrack
from tracking.tasks import apply_pending_changes
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def traveller() -> User:
    with time_machine.travel("2026-11-17 00:00Z", tick=False):  # noon of the 17th in Kiritimati
        return make.person("alice", time_zone="Pacific/Kiritimati")


@pytest.fixture
def track(traveller: User) -> HabitTrack:
    with time_machine.travel("2026-11-17 00:00Z", tick=False):
        return make.track(traveller)


def done_at(track: HabitTrack, instant: str) -> None:
    with time_machine.travel(instant, tick=False):
        track.user.refresh_from_db()
        make.log(track, track.user.clock.day_of(make.utc(instant.removesuffix("Z"))))


def streak(api: APIClient, track: HabitTrack) -> int:
    return int(api.get(f"/api/tracks/{track.pk}/").json()["current_streak"])


def test_a_future_dated_log_left_by_travel_counts_when_its_day_comes(traveller: User, track: HabitTrack) -> None:
    done_at(track, "2026-11-19T22:00Z")  # the 20th in Kiritimati
    done_at(track, "2026-11-20T12:00Z")  # the 21st
    with time_machine.travel("2026-11-20T13:00Z", tick=False) as clock:
        api = make.client(traveller)
        api.patch("/api/users/me/", {"time_zone": "Pacific/Pago_Pago"})  # the 20th again
        assert streak(api, track) == 1
        assert list(HabitLog.objects.order_by("day").values_list("day", flat=True)) == [
            date(2026, 11, 20),
            date(2026, 11, 21),
        ]
        apply_pending_changes()
        assert streak(api, track) == 1
        clock.move_to("2026-11-21T11:00Z")  # midnight of the 21st in Pago Pago
        apply_pending_changes()
        assert streak(api, track) == 2
        track.refresh_from_db()
        assert track.recount_at is None
        clock.move_to("2026-11-23T10:59Z")  # the last minute of the 22nd
        assert streak(api, track) == 2
        clock.move_to("2026-11-23T11:00Z")
        assert streak(api, track) == 0


def test_a_day_skipped_by_travel_counts_as_not_done(traveller: User, track: HabitTrack) -> None:
    with time_machine.travel("2026-11-18T00:00Z", tick=False) as clock:
        api = make.client(traveller)
        api.patch("/api/users/me/", {"time_zone": "Pacific/Pago_Pago"})  # from the 18th to the 17th
        done_at(track, "2026-11-18T10:00Z")
        clock.move_to("2026-11-18T10:30Z")
        assert streak(api, track) == 1
        api.patch("/api/users/me/", {"time_zone": "Pacific/Kiritimati"})  # the 19th: the user had no 18th
        assert streak(api, track) == 0
        made = api.put(f"/api/tracks/{track.pk}/logs/2026-11-18/", {"status": "completed"}).json()
        assert made["streak"]["current"] == 2
