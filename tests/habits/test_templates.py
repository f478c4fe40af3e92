"""Habits to start from: open to anyone, in both languages, and each can be created as it is."""

from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from habits.catalogue import LANGUAGES, TEMPLATES
from habits.rules import MAX_DURATION_SECONDS
from tests import make

pytestmark = pytest.mark.django_db


def templates(client: APIClient, **options: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/habits/templates/", **options)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()
    return found


def test_there_are_thirty_of_at_most_two_minutes_each() -> None:
    assert len({template.key for template in TEMPLATES}) == len(TEMPLATES) == 30
    assert {len(LANGUAGES)} == {len(each.name) for each in TEMPLATES}
    assert max(max(each.seconds, each.pleasant_seconds) for each in TEMPLATES) <= MAX_DURATION_SECONDS


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_can_be_created_with_its_pleasant_habit_linked(api: APIClient, language: str) -> None:
    for template in templates(api, data={"language": language}):
        pleasant = api.post("/api/habits/", template["pleasant"])
        assert pleasant.status_code == 201, (template["key"], pleasant.json())
        habit = api.post("/api/habits/", {**template["habit"], "linked_habit": pleasant.json()["id"]})
        assert habit.status_code == 201, (template["key"], habit.json())
        assert habit.json().items() >= template["habit"].items()


def test_they_are_in_the_language_of_the_client(stranger: APIClient) -> None:
    assert set(LANGUAGES) == {code for code, _ in settings.LANGUAGES}
    english, russian = templates(stranger), templates(stranger, headers={"Accept-Language": "ru"})
    assert english[0]["habit"]["name"] == "A glass of water"
    assert russian[0]["habit"]["name"] == "Стакан воды"
    assert templates(stranger, data={"language": "ru"}) == russian


def test_a_language_that_there_is_not_is_refused(stranger: APIClient) -> None:
    refusal = stranger.get("/api/habits/templates/", {"language": "de"})
    assert make.refused(refusal) == [("invalid_choice", "language")]
