"""The recipes of docs/recipes.md do what they say: commands are run, and the requests of other programs are sent."""

import json
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import yaml
from django.utils import timezone
from jinja2.sandbox import SandboxedEnvironment
from pytest_django.live_server_helper import LiveServer

from integrations.models import PartnerPerson
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.scopes import Scope

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"
DAY = r"\d{4}-\d\d-\d\d"

pytestmark = pytest.mark.django_db(transaction=True)


class Setting(NamedTuple):
    """What stands in the recipes for the placeholders."""

    track: HabitTrack
    site: str
    key: str

    def fill(self, text: str) -> str:
        text = text.replace("https://habits.example.org", self.site).replace("htk_KEY", self.key)
        return re.sub(r"(TRACK=|/tracks/)34\b", rf"\g<1>{self.track.pk}", text)


@pytest.fixture
def setting(live_server: LiveServer) -> Setting:
    alice = make.person("alice", time_zone="UTC")
    key = make.key(alice, Scope.LOGS_READ, Scope.LOGS_WRITE).text
    return Setting(make.track(alice, schedule={"daily_amount": 2}), live_server.url, key)


def blocks(title: str, kind: str, setting: Setting) -> list[str]:
    """Return the code blocks of a kind in a section of the page, filled in."""
    [section] = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    found = re.findall(rf"^```{kind}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found, title
    return [setting.fill(each) for each in found]


def send(method: str, url: str, headers: dict[str, str], body: str | None = None) -> Any:
    with httpx.Client(trust_env=False) as http:
        answer = http.request(method, url, headers=headers, content=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def today() -> date:
    return timezone.now().date()


def logged(track: HabitTrack) -> list[tuple[date, str]]:
    return list(HabitLog.objects.filter(track=track).values_list("day", "status"))


def sh(script: str) -> str:
    done = subprocess.run(["sh", "-e", "-c", script], capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl(setting: Setting) -> None:
    whole, adding = blocks("curl", "sh", setting)
    answers = re.split(r"(?<=[\]}])(?=[\[{])", sh(whole))
    due, done, cleared = (json.loads(each) for each in (answers[0], *answers[-2:]))
    assert [entry["due"] for entry in due] == [True]
    assert (done["status"], done["before"]) == ("completed", None)
    assert cleared["before"]["status"] == "completed" and logged(setting.track) == []
    sh(adding)
    assert json.loads(sh(adding))["amount"] == "1.00"


def test_home_assistant(setting: Setting) -> None:
    """Its REST sensor and rest_command render templates and send what they are given."""
    [text] = blocks("Home Assistant", "yaml", setting)
    configuration = yaml.safe_load(text)
    templates = SandboxedEnvironment()
    [sensor] = configuration["rest"]
    state = templates.from_string(sensor["sensor"][0]["value_template"])
    assert state.render(value_json=send("GET", sensor["resource"], sensor["headers"])) == "1"
    command = configuration["rest_command"]["push_ups_done"]
    url = templates.from_string(command["url"]).render(now=timezone.now)
    headers = command["headers"] | {"Content-Type": command["content_type"]}
    send(command["method"].upper(), url, headers, command["payload"])
    assert logged(setting.track) == [(today(), "completed")]
    assert state.render(value_json=send("GET", sensor["resource"], sensor["headers"])) == "0"


def test_n8n(setting: Setting) -> None:
    """Its HTTP node sends the expression's value, the headers and the body as JSON."""
    [text] = blocks("n8n", "json", setting)
    [node] = json.loads(text)["nodes"]
    given = node["parameters"]
    url, count = re.subn(r"\{\{.*?\}\}", today().isoformat(), given["url"].removeprefix("="))
    assert count == 1
    headers = {each["name"]: each["value"] for each in given["headerParameters"]["parameters"]}
    send(given["method"], url, headers | {"Content-Type": "application/json"}, given["jsonBody"])
    assert logged(setting.track) == [(today(), "completed")]


def test_ios_shortcuts(setting: Setting) -> None:
    [text] = blocks("iOS Shortcuts", "http", setting)
    method, url, headers, body = request_in(text)
    url, count = re.subn(DAY, today().isoformat(), url)
    assert count == 1
    send(method, url, headers, body)
    assert logged(setting.track) == [(today(), "completed")]


def test_nfc_tags(setting: Setting) -> None:
    """A phone opens the address of the tag in its browser, where a person presses the button; an app sends a POST."""
    making, *touching = blocks("NFC tags, by an action link", "http", setting)
    access = make.lasting(make.sign_in(setting.track.user)["access"])
    method, url, headers, body = request_in(making.replace("ACCESS", access))
    with httpx.Client(trust_env=False) as http:
        made = http.request(method, url, headers=headers, content=body.replace("34", str(setting.track.pk)))
        assert made.status_code == 201, made.text
        secret, seen = made.json()["address"].partition("/a/")[2], []
        for text in touching:
            method, url, headers, _ = request_in(text.replace("SECRET", secret))
            answer = http.request(method, url, headers=headers)
            assert answer.status_code == 200, answer.text
            seen.append((answer, logged(setting.track)))
    (page, before), (pressed, after), (sent, later) = seen
    assert ">Done</button>" in page.text and before == []
    assert "Undo" in pressed.text and after == later == [(today(), "completed")]
    assert sent.json()["acted"] is False  # a moment later it is the same touch


def test_a_service_for_its_own_people(live_server: LiveServer) -> None:
    club = make.partner()
    key = make.partner_key(club).text
    [code] = blocks("A service for its own people", "python", Setting(make.track(make.person()), live_server.url, "-"))
    names: dict[str, Any] = {}
    exec(code.replace("htp_KEY", key), names)  # the example of the page
    assert len([line for line in code.splitlines() if line.strip()]) <= 20
    with names["api"]:
        habit = names["habit_called"]("Walk")
        assert names["habit_called"]("Walk") == habit
        days = [today() - timedelta(days=back) for back in (0, 2, 1)]
        streaks = [names["report"]("u-1042", habit, day) for day in days for _ in range(2)]
    assert streaks == [1, 1, 1, 1, 3, 3]
    assert PartnerPerson.objects.get(partner=club).external_id == "u-1042"


def request_in(text: str) -> tuple[str, str, dict[str, str], str]:
    """Return method, address, headers and body of a request as the page writes it."""
    head, _, body = text.strip().partition("\n\n")
    first, *lines = head.splitlines()
    method, url = first.split()
    return method, url, dict(line.split(": ", 1) for line in lines), body


def test_what_was_not_tried_on_a_device_says_so() -> None:
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]
    for each in sections:
        title = each.splitlines()[0]
        if title in {"Home Assistant", "n8n", "iOS Shortcuts", "NFC tags, by an action link"}:
            assert "*Not tried on a device.*" in each, title
