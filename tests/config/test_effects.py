"""What each domain event sets off, and in which order (config/effects.py)."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from common.signals import DomainSignal
from config.effects import EFFECTS, domain_signal
from habits.models import Habit
from tests import make
from tracking.models import HabitLog
from users.models import User

LAYERS = ["users", "habits", "tracking", "achievements", "community", "notifications", "integrations"]


def all_signals() -> dict[str, DomainSignal]:
    found: dict[str, DomainSignal] = {}
    for app in LAYERS:
        if (Path(settings.BASE_DIR) / app / "signals.py").exists():
            members = vars(import_module(f"{app}.signals")).items()
            found |= {f"{app}.{name}": each for name, each in members if isinstance(each, DomainSignal)}
    return found


def connected_to(signal: DomainSignal) -> list[str]:
    return [key[0] for key, *_ in signal.receivers]


def sends() -> list[tuple[str, frozenset[str]]]:
    """Return the signal and the arguments of every call of `send` in the source."""
    names = {name.partition(".")[2]: [name] for name in all_signals()}
    names["signal"] = ["community.challenge_ended", "community.challenge_cancelled"]  # endings chooses between them
    found = []
    for app in LAYERS:
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "send":
                    name = ast.unparse(node.func.value).rpartition(".")[2]
                    arguments = frozenset(str(each.arg) for each in node.keywords)
                    found += [(each, arguments) for each in names.get(name, [])]
    return found


def test_every_signal_is_listed() -> None:
    assert EFFECTS.keys() == all_signals().keys()


@pytest.mark.parametrize("name", EFFECTS)
def test_exactly_the_listed_functions_are_connected_in_their_order(name: str) -> None:
    assert connected_to(domain_signal(name)) == list(EFFECTS[name])


@pytest.mark.parametrize("name", EFFECTS)
def test_lower_layers_run_first(name: str) -> None:
    layers = [LAYERS.index(path.partition(".")[0]) for path in EFFECTS[name]]
    assert layers == sorted(layers)
    assert all(layer >= LAYERS.index(name.partition(".")[0]) for layer in layers)


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in EFFECTS.items() for path in paths])
def test_a_listed_function_exists_and_needs_only_arguments_that_its_signal_carries(name: str, path: str) -> None:
    module, _, function = path.rpartition(".")
    parameters = signature(getattr(import_module(module), function)).parameters.values()
    assert all(each.kind in {Parameter.KEYWORD_ONLY, Parameter.POSITIONAL_OR_KEYWORD} for each in parameters)
    required = {each.name for each in parameters if each.default is Parameter.empty}
    assert required <= domain_signal(name).arguments


@pytest.mark.processes
def test_a_process_that_changes_nothing_loads_no_effects_and_no_staff_pages() -> None:
    """Beat, the bot before its first update, and most commands: half the memory, a third of the start."""
    code = "import django, sys; django.setup(); print(*sys.modules)"
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.split())
    assert "notifications.models" in loaded
    assert not {"telegram", "rest_framework.serializers", "tracking.logs.services", "users.admin", "PIL"} & loaded


def test_every_send_gives_exactly_the_arguments_of_its_signal() -> None:
    assert {name for name, _ in sends()} == all_signals().keys()
    for name, arguments in sends():
        assert arguments == domain_signal(name).arguments, name


def test_nothing_else_listens_to_signals_of_the_domain_and_no_model_signal_is_used() -> None:
    for config in apps.get_app_configs():
        for path in Path(config.path).rglob("*.py") if config.name in LAYERS else []:
            text = path.read_text(encoding="utf-8")
            if path.name != "signals.py" or config.name != "common":
                assert "django.dispatch" not in text and "db.models.signals" not in text, path


def test_the_order_of_a_logged_day_is_goals_awards_challenges_programs() -> None:
    assert EFFECTS["tracking.day_logged"] == [
        "tracking.goals.services.update_for_days",
        "achievements.awards.awarding.update_for_days",
        "community.challenges.scores.update_for_track",
        "integrations.changes.recording.record_days",
    ]


def test_the_table_in_the_documentation_lists_every_signal_and_its_effects_in_order() -> None:
    text = (Path(settings.BASE_DIR) / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.partition("## What an event sets off\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    documented = {name.strip(" `"): [each.strip(" `") for each in effects.split(",")] for name, effects in rows}
    assert documented == {
        name.partition(".")[2]: [path.replace(".services.", ".") for path in paths]
        for name, paths in EFFECTS.items()
        if paths
    }


@pytest.mark.django_db(transaction=True)
def test_a_failing_effect_undoes_the_change_and_the_effects_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    alice: User = make.person("alice")
    track = make.track(alice)

    def fails(**_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("community.challenges.scores.update_for_track", fails)
    before = make.everything()
    with pytest.raises(RuntimeError, match="broken"):
        make.log(track, alice.clock.day_of(track.created_at))
    assert make.everything() == before
    assert not HabitLog.objects.exists() and Habit.objects.exists()
