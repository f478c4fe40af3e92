"""The environment and `.env`: database variables of other projects, misspelt names, and special characters."""

import json
import logging
import subprocess
from pathlib import Path

import compose
import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from config import doctor, env
from tests.config.test_env_sample import ROOT, listed, settings_shown
from tests.config.test_env_sample import copied_project as copied_project

COMPOSE = str(Path(compose.__path__[0]) / "docker-compose")
DATABASE = {
    "DATABASE_NAME": "seed",
    "DATABASE_USER": "al/ice",
    "DATABASE_PASSWORD": "p@ss/w:rd",
    "DATABASE_HOST": "db.example.org",
    "DATABASE_PORT": "5433",
}
PARTS = ("HOST", "PORT", "USER", "PASSWORD")


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DATABASE_URL", "POSTGRES_DB", *DATABASE, *(f"POSTGRES_{part}" for part in PARTS)):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_the_database_variables_of_other_projects_are_read(clean: pytest.MonkeyPatch) -> None:
    for name, value in DATABASE.items():
        clean.setenv(name, value)
    read = env.database(env.database_url_of_parts() or "")
    assert (read["NAME"], read["USER"], read["PASSWORD"]) == ("seed", "al/ice", "p@ss/w:rd")
    assert (read["HOST"], read["PORT"]) == ("db.example.org", 5433)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"DATABASE_NAME": "seed"}, "postgres://habits@localhost:5432/seed"),
        ({"DATABASE_HOST": "db"}, "postgres://habits@db:5432/habits"),
        ({"DATABASE_USER": "x", "DATABASE_PASSWORD": "y", "DATABASE_PORT": "1"}, None),
        (DATABASE | {"POSTGRES_HOST": "pg"}, "postgres://habits:habits@pg:5432/habits"),
        ({"POSTGRES_DB": "x"}, None),
    ],
)
def test_parts_have_defaults_and_an_order(clean: pytest.MonkeyPatch, given: dict[str, str], url: str | None) -> None:
    for name, value in given.items():
        clean.setenv(name, value)
    assert env.database_url_of_parts() == url


def test_a_malformed_port_is_named(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("DATABASE_PORT", "many")
    clean.setenv("DATABASE_HOST", "db")
    with pytest.raises(ImproperlyConfigured, match="DATABASE_PORT is malformed"):
        env.database_url_of_parts()


def test_only_postgresql_has_a_replica() -> None:
    primary, sqlite = "postgres://db.example.org/habits", "sqlite:////tmp/db.sqlite3"
    for first, second in ((primary, sqlite), (sqlite, primary)):
        with pytest.raises(ValueError, match="SQLite has no replicas"):
            env.replica_of(env.database(first))(second)
    assert (
        env.replica_of(env.database(primary))("postgres://replica.example.org/habits")["HOST"] == "replica.example.org"
    )


def test_the_settings_follow_a_file_of_another_project(copied_project: Path, tmp_path: Path) -> None:
    lines = [*(f"{name} = '{value}'" for name, value in DATABASE.items()), "CORS_ALLOW_ALL=True"]
    (copied_project / ".env").write_text("\n".join(lines))
    shown = settings_shown(copied_project, tmp_path / "data")
    assert "'HOST': 'db.example.org'" in shown and "'NAME': 'seed'" in shown
    assert "CORS_ALLOW_ALL_ORIGINS = True" in shown
    (copied_project / ".env").write_text("\n".join([*lines, "DATABASE_URL=sqlite:////tmp/other.db"]))
    shown = settings_shown(copied_project, tmp_path / "data")
    assert "'NAME': '/tmp/other.db'" in shown and "db.example.org" not in shown


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("TELEGRAM_BOT_TOKE", "TELEGRAM_BOT_TOKEN"),
        ("TELEGRAM_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("SECRETKEY", "SECRET_KEY"),
        ("ALLOWED_HOST", "ALLOWED_HOSTS"),
        ("EMAIL_PASSWORD", "EMAIL_HOST_PASSWORD"),
        ("DATABASE_ENGINE", "DATABASE_NAME"),
    ],
)
def test_a_name_in_the_file_that_looks_like_ours_is_named_at_start_with_the_nearest_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, nearest: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{name}=x\nPORT=8000\nCOMPOSE_PROJECT_NAME=x\nUNRELATED=x\nFOO_BAR=x\n")
    monkeypatch.setattr(env, "DOT_ENV", file)
    monkeypatch.setenv("DJANGO_READ_DOT_ENV", "on")
    assert env.misspelt_names() == {name: nearest}
    with caplog.at_level(logging.WARNING, "config.apps"):
        apps.get_app_config("config").warn_of_misspelt_names()  # type: ignore[attr-defined]
    assert f"{name} is not a variable of this service" in caplog.text and f"did you mean {nearest}?" in caplog.text
    assert [name in str(finding) for finding in doctor.variables(timezone.now())] == [True]


KNOWN = """
import json
from config import env, settings
print(json.dumps({"known": sorted(env.known_names), "misspelt": env.misspelt_names()}))
"""


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["DATABASE_URL=sqlite:////tmp/other.db", *(f"{name}=1" for name in sorted(env.DATABASE_PARTS))],
        ["POSTGRES_HOST=db", *(f"{name}=1" for name in DATABASE)],
        ["DATABASE_HOST=db", "POSTGRES_PASSWORD=x"],
    ],
    ids=["nothing", "url", "postgres", "database"],
)
def test_a_variable_is_known_whether_or_not_it_is_needed(
    copied_project: Path, tmp_path: Path, lines: list[str]
) -> None:
    (copied_project / ".env").write_text("\n".join(lines))
    shown = json.loads(settings_shown(copied_project, tmp_path / "data", KNOWN))
    assert shown == {"known": listed(), "misspelt": {}}


def test_of_the_environment_only_what_is_almost_the_same_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TELEGRAM_BOT_TOKE", "REDIS_TLS_URL", "DATABASE_URL_OLD", "SENTRY_ENVIRONMENT", "EMAIL", "HOSTNAME"):
        monkeypatch.setenv(name, "x")
    assert env.misspelt_names() == {"TELEGRAM_BOT_TOKE": "TELEGRAM_BOT_TOKEN"}


QUOTED = ["a$b", "$HOME", "${HOME}", "a#b", "a #b", "# b", 'say "x"', "a b ", "back\\slash", "$$", "100%"]


@pytest.mark.parametrize("value", QUOTED)
def test_a_value_in_single_quotes_is_read_as_it_is_also_by_compose(tmp_path: Path, value: str) -> None:
    (tmp_path / ".env").write_text(f"PORT=8000\nSECRET_KEY='{value}'\n")
    assert env.variables_of(tmp_path / ".env") == {"PORT": "8000", "SECRET_KEY": value}
    assert by_compose(tmp_path) == value


@pytest.mark.parametrize(
    ("written", "here", "compose"),
    [
        ("a#b", "a#b", "a#b"),
        ("a #b", "a", "a"),  # a comment
        ("a$HABITS_UNSET", "a$HABITS_UNSET", "a"),  # why the sample asks for quotes
        ('"a$HABITS_UNSET"', "a$HABITS_UNSET", "a"),
        ("", "", ""),
    ],
)
def test_without_single_quotes_a_comment_ends_a_value_and_compose_replaces_variables(
    tmp_path: Path, written: str, here: str, compose: str
) -> None:
    (tmp_path / ".env").write_text(f"SECRET_KEY={written}\n")
    assert env.variables_of(tmp_path / ".env") == {"SECRET_KEY": here}
    assert by_compose(tmp_path) == compose


def test_a_single_quote_is_written_with_a_backslash(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY='it\\'s'\n")
    assert env.variables_of(tmp_path / ".env") == {"SECRET_KEY": "it's"}
    assert by_compose(tmp_path) == "it's"


def test_the_sample_explains_it() -> None:
    assert "into single quotes" in (ROOT / ".env.sample").read_text()


def by_compose(folder: Path) -> str:
    """Return SECRET_KEY as Compose passes it from the folder's `.env` to a container."""
    (folder / "compose.yml").write_text("services: {web: {image: x, env_file: [.env]}}\n")
    command = [COMPOSE, "--env-file", "/dev/null", "--file", "compose.yml", "config", "--format", "json"]
    shown = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return str(json.loads(shown)["services"]["web"]["environment"]["SECRET_KEY"]).replace("$$", "$")
