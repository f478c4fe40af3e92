"""A pytest plugin (`-p tests.engines`): which tests run on which database engine, and the one place that says why.

`make test` runs the suite on PostgreSQL and on SQLite at once, with `--shared`, and each run leaves to the other what
one engine proves. Without `--shared`, a run holds every test that its engine can run. A test runs

- on the engine that its marker names, `@pytest.mark.engine("postgresql", reason="...")`: the other cannot run it;
- else, if it or its file is in `ONE_ENGINE`, on the engine given there;
- else, if it uses no database or starts processes with databases of their own, on `WITHOUT_DATABASE`;
- else, if its name says that it counts queries or statements, on PostgreSQL: Python makes as many on both;
- else on both: it may depend on SQL, constraints, locks, order, transactions, JSON or dates as an engine has them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

POSTGRESQL, SQLITE = "postgresql", "sqlite"
BOTH = frozenset({POSTGRESQL, SQLITE})

WITHOUT_DATABASE = SQLITE  # where its run has time to spare
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup", "django_db_reset_sequences"}

_TEXTS = "what is said, drawn or logged comes from Python; the rows that it reads are read by tests on both engines"
_PROTOCOL = "it is about another service's protocol and pace; rows are written as in the tests of outbox and tick"
_WHO_SEES_WHAT = "who may see what is decided by filters that every list and page test uses on both engines"
_REFUSED = "it is refused, limited or dressed before a row is read; Redis counts, whatever the database"
_LEFT_OUT = "serializers and services decide in Python which columns they write; the rows are plain"
_LINKS = "a mailed link is signed and checked in Python; the rows that it changes are plain"
_SESSIONS = "sessions and their tokens are judged in Python; what locks them needs PostgreSQL"
_CLOCKS = "which instants are healed is decided in Python; claims, leases and locks are tested on both elsewhere"
COUNTS = re.compile("queries|statements")

# File, or file::test -> the engine that is enough, and why.
ONE_ENGINE: dict[str, tuple[str, str]] = {
    "test_responses.py": (SQLITE, _PROTOCOL),
    "test_beat.py": (SQLITE, "clocks and a library's rows; that PostgreSQL keeps them is seen by test_main_job"),
    "test_bot.py": (SQLITE, _TEXTS),
    "test_bot_commands.py": (SQLITE, _TEXTS),
    "test_buttons.py": (SQLITE, _TEXTS),
    "test_composing.py": (SQLITE, _TEXTS),
    "test_confirm.py": (SQLITE, _LINKS),
    "test_delivery_guarantees.py": (POSTGRESQL, _CLOCKS),
    "test_digest.py": (SQLITE, _TEXTS),
    "test_email_fallback.py": (SQLITE, _TEXTS),
    "test_errors.py::test_a_number_out_of_range_is_an_error_of_its_field": (POSTGRESQL, _REFUSED),
    "test_errors.py::test_an_unknown_path_is_a_404": (SQLITE, _REFUSED),
    "test_errors.py::test_no_body_causes_a_server_error": (POSTGRESQL, "the stricter engine; few bodies reach it"),
    "test_explanations.py": (SQLITE, _TEXTS),
    "test_fast_clock.py": (POSTGRESQL, _CLOCKS),
    "test_achievement_awards.py": (
        POSTGRESQL,
        "awards are judged in Python; the logs that they read are stored by tests on both engines",
    ),
    "test_challenges.py": (
        POSTGRESQL,
        "who may create and join is decided in Python; test_challenge_end ranks on both",
    ),
    "test_goals.py": (POSTGRESQL, "goals are judged in Python; what they read is stored by tests on both engines"),
    "test_languages.py": (SQLITE, _TEXTS),
    "test_limit_buttons.py": (SQLITE, _TEXTS),
    "test_limit_progress.py": (SQLITE, _TEXTS),
    "test_left_out.py": (SQLITE, _LEFT_OUT),
    "test_log_lines.py": (SQLITE, _TEXTS),
    "test_dst_nights.py": (SQLITE, "instants are computed in Python, and stored and compared in UTC"),
    "test_me.py": (SQLITE, _TEXTS),
    "test_password.py": (SQLITE, _LINKS),
    "test_pictures.py": (SQLITE, _TEXTS),
    "test_progress.py": (SQLITE, _TEXTS),
    "test_polling.py": (SQLITE, _PROTOCOL),
    "test_liveness.py": (SQLITE, _PROTOCOL),
    "test_recovery.py": (POSTGRESQL, _SESSIONS),
    "test_reminders.py": (POSTGRESQL, "on SQLite the nights of clock changes, the bot and the main job plan and tick"),
    "test_resend.py": (SQLITE, _LINKS),
    "test_reused_ids.py": (SQLITE, "ids are reused by hand; the stamps that tell rows apart are compared in Python"),
    "test_rules_through_the_service.py": (SQLITE, "the rules are pure; that logs are stored is seen on both elsewhere"),
    "test_schema.py": (SQLITE, _TEXTS),
    "test_sending.py": (
        POSTGRESQL,
        "on SQLite the tests of the bot, of crash points and the main job claim, send and record all the time",
    ),
    "test_sentry.py": (SQLITE, _TEXTS),
    "test_sessions.py": (POSTGRESQL, _SESSIONS),
    "test_share_cards.py": (SQLITE, _TEXTS),
    "test_shares.py": (SQLITE, _TEXTS),
    "test_summary.py": (SQLITE, _TEXTS),
    "test_templates.py": (SQLITE, "each template passes the same checks in Python as any other habit"),
    "test_throttling.py": (SQLITE, "its counters are in Redis, whatever the database"),
    "test_today.py": (SQLITE, _TEXTS),
    "test_token_refresh.py": (POSTGRESQL, _SESSIONS),
    "test_zones.py": (SQLITE, _TEXTS),
    # What engines refuse differently (zero characters, numbers beyond 64 bits, odd dates) test_errors and the files
    # named bad_input send to both, on purpose and not by chance.
    "test_achievements.py": (POSTGRESQL, "rows of plain columns; their constraints hold in both schemas"),
    "test_api_fuzz.py": (POSTGRESQL, "the stricter engine; what they refuse differently is sent to both elsewhere"),
    "test_banned.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_privacy.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_two_people.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_ways_in.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_cors.py": (SQLITE, _REFUSED),
    "test_groups.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_habits_bad_input.py::test_bad_input_names_its_field_and_changes_nothing": (SQLITE, _REFUSED),
    "test_headers.py": (SQLITE, _REFUSED),
    "test_mass_assignment.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_pages.py": (SQLITE, _TEXTS),
    "test_published_clients.py": (SQLITE, _PROTOCOL),
    "test_rights.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_second_factor.py": (POSTGRESQL, _WHO_SEES_WHAT),
    "test_sign_in_limit.py": (SQLITE, _REFUSED),
    "test_strict_input.py": (SQLITE, _REFUSED),
    "test_tg_link.py": (SQLITE, _PROTOCOL),
    "test_web.py": (SQLITE, _TEXTS),
    "test_work_limits.py": (SQLITE, _REFUSED),
}

assigned = pytest.StashKey[dict[str, frozenset[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--shared`."""
    parser.addoption(
        "--shared", action="store_true", help="Leave out the tests that `make test` runs on the other engine only."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line("markers", "engine(name, reason): the only database engine that can run the test")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With `--shared`, do not even import a file that the other engine runs."""
    from django.db import connection  # the settings are loaded only now

    if config.getoption("shared") and collection_path.name in ONE_ENGINE:
        return True if ONE_ENGINE[collection_path.name][0] != connection.vendor else None
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this engine cannot run; with `--shared`, leave out what the other engine runs."""
    from django.db import connection  # the settings are loaded only now

    config.stash[assigned] = engines = {item.nodeid: engines_of(item) for item in items}
    if config.getoption("shared"):
        left_out = [item for item in items if connection.vendor not in engines[item.nodeid]]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if connection.vendor in engines[item.nodeid]]
        return
    for item in items:
        for marker in item.iter_markers("engine"):
            if marker.args[0] != connection.vendor:
                item.add_marker(pytest.mark.skip(reason=marker.kwargs["reason"]))


def engines_of(item: pytest.Item) -> frozenset[str]:
    """The engines that run the test in `make test`."""
    return choose(
        named=[marker.args[0] for marker in item.iter_markers("engine")],
        uses_database=uses_database(item),
        file=item.path.name,
        test=item.name.partition("[")[0],
    )


def choose(*, named: Iterable[str], uses_database: bool, file: str, test: str) -> frozenset[str]:
    """The engines for a test whose markers name some; raises `pytest.UsageError` where no run would hold it."""
    only = frozenset(named)
    for name in (file, f"{file}::{test}"):
        if name in ONE_ENGINE:
            only |= {ONE_ENGINE[name][0]}
    if only:
        if len(only) > 1 or not only <= BOTH:
            raise pytest.UsageError(f"{file}: no run of `make test` has {test} on {' and '.join(sorted(only))}")
        return only
    if not uses_database:
        return frozenset({WITHOUT_DATABASE})
    if COUNTS.search(test):
        return frozenset({POSTGRESQL})
    return BOTH


def uses_database(item: pytest.Item) -> bool:
    """Whether the test has the database of the run."""
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
