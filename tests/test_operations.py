"""docs/operations.md, the alert rules and the dashboard speak of figures that are there, and of all of them."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.celery import app
from notifications import heartbeats

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "operations.md").read_text()
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((DOCS / "grafana-dashboard.json").read_text())["panels"]
FIGURE = re.compile(r"\bhabits_\w+")
PROMETHEUS_OWN = {"up"}


@pytest.fixture
def figures(db: None, settings: Settings) -> dict[str, set[str]]:
    """The names that /metrics gives, each with its labels' names."""
    settings.METRICS_TOKEN, settings.TELEGRAM_BOT_TOKEN = "token", "123:abc"
    for name in (heartbeats.TICK, heartbeats.SEND, heartbeats.BOT, heartbeats.BOT_UPDATE):
        heartbeats.record(name, now=timezone.now() - timedelta(minutes=1))
    text = Client().get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()
    return {
        name: set(re.findall(r"(\w+)=\"", " ".join(re.findall(rf"^{name}\{{.*?\}}", text, re.MULTILINE))))
        for name in re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE)
    }


def test_the_page_explains_every_figure_and_no_other(figures: dict[str, set[str]]) -> None:
    assert set(FIGURE.findall(PAGE)) == set(figures)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_of_a_figure_that_is_there(rule: dict[str, Any], figures: dict[str, set[str]]) -> None:
    asked = set(FIGURE.findall(rule["expr"]))
    assert asked <= set(figures)
    assert asked or rule["expr"].split("{")[0] in PROMETHEUS_OWN
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]


def test_every_alert_has_a_section_that_says_what_to_do_and_no_section_is_left_over() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) == names
    assert len(names) == len(set(names))


def test_what_can_stop_in_silence_has_an_alarm() -> None:
    watched = " ".join(rule["expr"] for rule in ALERTS)
    for figure in ("habits_stopped", "habits_lag_seconds", "habits_tick_age_seconds", "habits_stepped_aside"):
        assert figure in watched


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_shows_a_figure_that_is_there(panel: dict[str, Any], figures: dict[str, set[str]]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        asked = FIGURE.findall(target["expr"])
        assert asked and set(asked) <= set(figures)
        if labels := re.search(r" by \((.*?)\)", target["expr"]):
            wanted = set(re.split(r", *", labels[1]))
            # Nothing is pending here, so those two show no labels.
            assert wanted <= figures[asked[0]] | {"kind", "channel"}


def test_the_dashboard_shows_every_figure(figures: dict[str, set[str]]) -> None:
    assert set(FIGURE.findall(json.dumps(PANELS))) == set(figures)


def test_panels_have_a_place_of_their_own() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and all(x < 24 for x, _ in cells)
        taken |= cells


def test_what_the_page_says_of_cleaning_up_is_done_daily() -> None:
    daily = {
        entry["task"].rpartition(".")[2]
        for entry in app.conf.beat_schedule.values()
        if len(entry["schedule"].hour) == 1
    }
    assert daily == {
        "purge", "remove_unconfirmed_accounts", "flush_expired_tokens", "clear_admin_sessions", "delete_old_heartbeats",
    }  # fmt: skip
