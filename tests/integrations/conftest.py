"""A partner with a key and a habit, at noon of a Saturday."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from habits.models import Habit
from integrations.models import Partner
from tests import make

NOW = make.utc("2026-11-21 12:00")


@pytest.fixture
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def club() -> Partner:
    return make.partner()


@pytest.fixture
def walk(club: Partner) -> Habit:
    return make.habit(club.account, name="Walk", action="")


@pytest.fixture
def clubs(club: Partner) -> APIClient:
    return make.service(club)
