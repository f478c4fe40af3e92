"""A Python client, generated of the API's document, does the main job against a live server."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from tests import make

PACKAGE = "generated_client"


@pytest.fixture
def package(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Generate the client, and make it importable during the test."""
    (tmp_path / "openapi.json").write_bytes(client.get("/api/openapi.json").content)
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    arguments = ["--path", "openapi.json", "--config", "config.yml", "--meta", "none", "--output-path", PACKAGE]
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield PACKAGE
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def module(package: str, name: str) -> Any:
    return importlib.import_module(f"{package}.{name}")


@pytest.mark.django_db(transaction=True)
def test_a_generated_client_does_the_main_job(package: str, live_server: LiveServer) -> None:
    models, client = module(package, "models"), module(package, "client")
    address, password = "alice@example.org", make.PASSWORD

    def call(name: str, *arguments: Any, client: Any, **options: Any) -> Any:
        answer = module(package, f"api.{name}").sync_detailed(*arguments, client=client, **options)
        assert answer.status_code < 300, answer.content
        return answer.parsed

    with client.Client(base_url=f"{live_server.url}/api") as stranger:
        person = models.Register(email=address, password=password, username="alice")
        call("register.register", client=stranger, body=person)
        confirmed = models.Confirm(token=make.mailed_token(address), password=password)
        call("register.confirm_registration", client=stranger, body=confirmed)
        pair = call("token.sign_in", client=stranger, body=models.SignIn(email=address, password=password))

    with client.AuthenticatedClient(base_url=f"{live_server.url}/api", token=pair.access) as alice:
        daily = models.HabitInputFrequency.DAILY
        habit = call("habits.create_habit", client=alice, body=models.HabitInput(name="Push-ups", frequency=daily))
        day, done = timezone.now().date(), models.DayStatus.COMPLETED
        logged = call("tracks.set_day", habit.track, day, client=alice, body=models.Day(status=done))
        assert (logged.before, logged.streak.current, logged.streak.unit) == (None, 1, "day")
        again = call("tracks.set_day", habit.track, day, client=alice, body=models.Day(note="before coffee"))
        assert isinstance(again.before, models.Content) and again.before.status == "completed"
        [track] = call("tracks.list_tracks", client=alice).results
        assert (track.habit.name, track.current_streak, track.is_own) == ("Push-ups", 1, True)

        nameless = models.HabitInput(frequency=daily)
        refused = module(package, "api.habits.create_habit").sync(client=alice, body=nameless)
        assert isinstance(refused, models.Error) and refused.errors[0].attr == "name"
