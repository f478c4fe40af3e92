"""docs/operations.md, the alert rules and the dashboard use existing metrics, and all of them."""

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
from notifications.monitoring import heartbeats

DOCS = Path(__file__).resolve().parents[3] / "docs"
PAGE = (DOCS / "operations.md").read_text()
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((DOCS / "grafana-dashboard.json").read_text())["panels"]
METRIC = re.compile(r"\bhabits_\w+")
PROMETHEUS_OWN = {"up"}


@pytest.fixture
def metrics(db: None, settings: Settings) -> dict[str, set[str]]:
    """The names of all metrics, each with the names of its labels."""
    settings.METRICS_TOKEN, settings.TELEGRAM_BOT_TOKEN = "token", "123:abc"
    for name in (heartbeats.TICK, heartbeats.SEND, heartbeats.BOT, heartbeats.BOT_UPDATE):
        heartbeats.record(name, now=timezone.now() - timedelta(minutes=1))
    text = Client().get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()
    return {
        name: set(re.findall(r"(\w+)=\"", " ".join(re.findall(rf"^{name}\{{.*?\}}", text, re.MULTILINE))))
        for name in re.findall(r"^# TYPE (\w+) gauge$", text, re.MULTILINE)
    }


def test_the_page_explains_exactly_the_existing_metrics(metrics: dict[str, set[str]]) -> None:
    assert set(METRIC.findall(PAGE)) == set(metrics)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_uses_existing_metrics(rule: dict[str, Any], metrics: dict[str, set[str]]) -> None:
    used = set(METRIC.findall(rule["expr"]))
    assert used <= set(metrics)
    assert used or rule["expr"].split("{")[0] in PROMETHEUS_OWN
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"]


def test_every_alert_has_exactly_one_section_of_instructions() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert re.findall(r"^### (\w+)$", PAGE, re.MULTILINE) == names
    assert len(names) == len(set(names))


def test_everything_that_can_stop_silently_has_an_alert() -> None:
    watched = " ".join(rule["expr"] for rule in ALERTS)
    for metric in ("habits_stopped", "habits_lag_seconds", "habits_tick_age_seconds", "habits_stepped_aside"):
        assert metric in watched


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_shows_existing_metrics(panel: dict[str, Any], metrics: dict[str, set[str]]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        used = METRIC.findall(target["expr"])
        assert used and set(used) <= set(metrics)
        if labels := re.search(r" by \((.*?)\)", target["expr"]):
            wanted = set(re.split(r", *", labels[1]))
            # Nothing is pending here, so those two show no labels.
            assert wanted <= metrics[used[0]] | {"kind", "channel"}


def test_the_dashboard_shows_every_metric(metrics: dict[str, set[str]]) -> None:
    assert set(METRIC.findall(json.dumps(PANELS))) == set(metrics)


def test_panels_do_not_overlap() -> None:
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


def test_the_daily_entries_are_the_ones_that_the_page_describes() -> None:
    daily = {
        entry["task"].rpartition(".")[2]
        for entry in app.conf.beat_schedule.values()
        if len(entry["schedule"].hour) == 1
    }
    assert daily == {
        "purge", "remove_unconfirmed_accounts", "flush_expired_tokens", "clear_admin_sessions", "delete_old_heartbeats",
        "forget_old_changes", "clean_up_partners", "purge_events",
    }  # fmt: skip
