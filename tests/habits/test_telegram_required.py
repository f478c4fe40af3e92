"""If a bot is configured, users must connect Telegram before they create habits."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from habits.models import Habit
from notifications.channels.telegram.chats import disconnect_chat
from tests import make
from users.models import User

GIVEN = {"name": "Push-ups", "frequency": "daily"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bot(settings: Settings) -> None:
    settings.TELEGRAM_BOT_TOKEN = "1:a token of no bot"
    settings.SITE_URL = "https://habits.example.org"


def test_the_error_contains_the_url_for_connecting(api: APIClient) -> None:
    before = make.everything()
    refusal = api.post("/api/habits/", GIVEN)
    assert make.refused(refusal) == [("telegram_not_connected", None)]
    assert "https://habits.example.org/api/tg/link/" in refusal.json()["errors"][0]["detail"]
    assert make.everything() == before


def test_a_connected_user_can_create_habits() -> None:
    alice = make.person("alice", chat=True)
    assert make.client(alice).post("/api/habits/", GIVEN).status_code == 201


def test_a_chat_connected_without_a_bot_does_not_count(settings: Settings, alice: User) -> None:
    api = make.client(alice)
    settings.TELEGRAM_BOT_TOKEN = ""
    assert api.post("/api/tg/link/", {"chat_id": 5550001, "password": make.PASSWORD}).json() == {"connected": True}
    assert api.post("/api/habits/", GIVEN).status_code == 201
    settings.TELEGRAM_BOT_TOKEN = "1:a token of no bot"
    assert make.refused(api.post("/api/habits/", GIVEN)) == [("telegram_not_connected", None)]


def test_after_disconnecting_habits_can_be_edited_but_not_created() -> None:
    alice = make.person("alice", chat=True)
    api = make.client(alice)
    habit = api.post("/api/habits/", GIVEN).json()
    disconnect_chat(user=alice)
    assert make.refused(api.post("/api/habits/", GIVEN)) == [("telegram_not_connected", None)]
    assert api.patch(f"/api/habits/{habit['id']}/", {"place": "the garden"}).status_code == 200


def test_the_rule_can_be_turned_off(api: APIClient, settings: Settings) -> None:
    settings.REQUIRE_TELEGRAM = False
    assert api.post("/api/habits/", GIVEN).status_code == 201


def test_the_rule_has_no_effect_without_a_bot(api: APIClient, settings: Settings) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""
    assert api.post("/api/habits/", GIVEN).status_code == 201
    assert Habit.objects.count() == 1
