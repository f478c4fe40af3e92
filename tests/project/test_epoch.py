"""Instants in SQL as whole seconds since 1970."""

from datetime import UTC, datetime
from typing import Any

import pytest

from common.epoch import EpochSeconds
from tests import make
from tracking.models import HabitLog
from users.models import User
from users.timing import DAY

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 11, 21, 6, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 58, tzinfo=UTC),
    ],
)
def test_seconds_are_those_of_the_instant_rounded_down(alice: User, instant: datetime) -> None:
    track = make.track(alice)
    fields: dict[str, Any] = {"track": track, "status": "completed", "amount": 1, "source": "api"}
    HabitLog.objects.create(day=track.started_on, completed_at=instant, **fields)
    HabitLog.objects.create(day=track.started_on - DAY, completed_at=None, **fields)
    seconds = list(HabitLog.objects.order_by("-day").values_list(EpochSeconds("completed_at"), flat=True))
    assert seconds == [int(instant.timestamp() // 1), None]
    assert type(seconds[0]) is int
