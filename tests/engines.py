"""A pytest plugin (`-p tests.engines`): which tests run on which database engine, and the one place that says why.

`make test` runs the suite on PostgreSQL and on SQLite at once, with `--shared`, and each run leaves to the other what
one engine proves. Without `--shared`, a run holds every test that its engine can run. A test runs

- on the engine that its marker names, `@pytest.mark.engine("postgresql", reason="...")`: the other cannot run it;
- else, if it or its file is in `ONE_ENGINE` and it is not in `NOT_WITH_THEIR_FILE`, on the engine given there;
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
_STORED = "what a write means is decided by pure rules; the same columns are written on both by the tests beside it"
_CHECKED = "it is refused by serializers and rules in Python, before a row is written"
_CLOCKS = "which instants are healed is decided in Python; claims, leases and locks are tested on both elsewhere"
COUNTS = re.compile("queries|statements")

# Tests of files in `ONE_ENGINE` that run on both all the same, or on the engine of their marker: they ask what a database
# compares, searches, locks or refuses.
NOT_WITH_THEIR_FILE: dict[str, set[str]] = {
    "test_archived.py": {
        "test_pauses_of_one_reason_are_merged",
        "test_taking_back_and_deleting_a_pause_at_once_do_not_block_each_other",
    },
    "test_doctor.py": {
        "test_a_clock_that_differs_from_the_databases_is_a_problem",
        "test_data_of_a_clock_that_ran_ahead_is_found",
        "test_missing_migrations_are_a_problem",
    },
    "test_names.py": {
        "test_a_look_alike_of_a_username_is_taken",
        "test_a_username_of_cyrillic_letters_that_look_latin_is_the_latin_one",
        "test_addresses_that_reach_one_mailbox_are_one",
        "test_any_form_of_an_address_finds_its_account",
        "test_case_does_not_matter_in_any_alphabet_on_any_database",
        "test_no_index_is_built_on_the_case_of_a_database",
        "test_search_finds_a_name_in_any_case",
        "test_the_admin_search_finds_a_name_in_any_case",
    },
    "test_register.py": {
        "test_a_taken_address_is_refused_whatever_the_case",
        "test_a_taken_username_is_refused_whatever_the_case",
        "test_an_omitted_username_is_derived_from_the_address_and_unique",
        "test_the_database_enforces_unique_names_regardless_of_case",
    },
}

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
    "test_openapi.py": (SQLITE, _TEXTS),
    "test_typescript_client.py": (SQLITE, _TEXTS),
    "test_python_client.py": (SQLITE, "what it calls is tested on both; a client knows no database"),
    "test_recipes.py": (SQLITE, "what they call is tested on both; other programs know no database"),
    "test_agents_client.py": (SQLITE, "the form of messages; what the tools do is tested on both in test_agents"),
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
    "test_work_limits.py": (SQLITE, _REFUSED),
    # Of files that run on both, what is decided before a row is read or written. It is chosen test by test, so that a
    # new test of these files runs on both.
    "test_community_bad_input.py::test_a_bad_value_is_refused_naming_the_field": (SQLITE, _CHECKED),
    "test_errors.py::test_a_body_that_is_not_valid_json_is_a_400": (SQLITE, _REFUSED),
    "test_errors.py::test_a_body_that_is_too_large_is_a_413": (SQLITE, _REFUSED),
    "test_errors.py::test_a_charset_that_is_no_text_encoding_is_ignored": (SQLITE, _REFUSED),
    "test_errors.py::test_a_form_of_too_many_fields_is_a_400": (SQLITE, _REFUSED),
    "test_errors.py::test_a_form_that_is_too_large_is_a_413": (SQLITE, _REFUSED),
    "test_errors.py::test_an_answer_in_another_type_is_refused": (SQLITE, _REFUSED),
    "test_errors.py::test_an_unsupported_method_is_a_405": (SQLITE, _REFUSED),
    "test_errors.py::test_another_content_type_is_a_415": (SQLITE, _REFUSED),
    "test_errors.py::test_every_route_but_the_public_ones_needs_authentication": (SQLITE, _REFUSED),
    "test_errors.py::test_options_and_head_are_answered_everywhere": (SQLITE, _REFUSED),
    "test_habits.py::test_a_time_is_kept_to_the_minute": (SQLITE, _CHECKED),
    "test_habits.py::test_missing_times_per_period_get_a_default": (SQLITE, _CHECKED),
    "test_habits_list.py::test_a_page_beyond_the_end_is_a_404": (SQLITE, _CHECKED),
    "test_habits_list.py::test_an_invalid_filter_is_refused": (SQLITE, _CHECKED),
    "test_habits_public.py::test_it_is_read_only_even_for_the_owner": (SQLITE, _CHECKED),
    "test_habits_public.py::test_the_alias_refuses_by_the_name_that_was_sent": (SQLITE, _CHECKED),
    "test_habits_public.py::test_the_former_names_are_unknown_elsewhere": (SQLITE, _CHECKED),
    "test_limit_habits.py::test_a_limit_habit_has_a_limit_and_none_of_the_targets": (SQLITE, _CHECKED),
    "test_limit_habits.py::test_a_limit_is_for_a_day_a_week_or_a_month_and_can_be_0": (SQLITE, _CHECKED),
    "test_limit_habits.py::test_what_was_read_can_be_sent_back": (SQLITE, _CHECKED),
    "test_log_list.py::test_what_cannot_be_asked_is_refused": (SQLITE, _CHECKED),
    "test_logs.py::test_a_completion_time_before_1970_is_refused": (SQLITE, _CHECKED),
    "test_logs.py::test_an_amount_of_0_is_refused": (SQLITE, _CHECKED),
    "test_logs.py::test_an_invalid_date_gives_a_400": (SQLITE, _CHECKED),
    "test_logs.py::test_contradictory_or_empty_input_is_refused": (SQLITE, _CHECKED),
    "test_logs.py::test_status_and_amount_are_resolved_together": (SQLITE, _STORED),
    "test_logs.py::test_today_is_the_date_in_the_users_time_zone": (SQLITE, _STORED),
    "test_logs.py::test_what_a_request_does_not_mention_is_kept": (SQLITE, _STORED),
    "test_personal.py::test_an_icon_is_any_single_emoji": (SQLITE, _CHECKED),
    "test_personal.py::test_anything_else_is_no_icon": (SQLITE, _CHECKED),
    "test_tags.py::test_a_name_can_be_seen_and_is_short": (SQLITE, _CHECKED),
    "test_tracks.py::test_an_invalid_habit_id_names_the_field": (SQLITE, _CHECKED),
    "test_undo.py::test_any_write_and_its_undo_leave_everything_as_it_was": (SQLITE, _STORED),
    "test_undo.py::test_any_write_of_a_limit_habit_and_its_undo_leave_everything_as_it_was": (SQLITE, _STORED),
    "test_archived.py": (SQLITE, _STORED),
    "test_bans.py": (
        SQLITE,
        "what a ban ends is ended by the services that test_sessions and test_recovery try on PostgreSQL",
    ),
    "test_chaos_account.py": (SQLITE, "its sums are Python; test_chaos_short has the account read each database"),
    "test_days.py": (SQLITE, _TEXTS),
    "test_doctor.py": (
        SQLITE,
        "its checks are of settings and servers; what they count in tables test_health counts on both",
    ),
    "test_doing_nothing.py": (
        SQLITE,
        "goal types are told apart in Python; boards and awards are counted on both by their own tests",
    ),
    "test_ending_in_order.py": (SQLITE, "whether a loop goes on is decided in Python"),
    "test_hosts.py": (SQLITE, _REFUSED),
    "test_limit_logs.py": (SQLITE, _STORED),
    "test_limits.py": (SQLITE, _CHECKED),
    "test_names.py": (SQLITE, _CHECKED),
    "test_new_channel.py": (SQLITE, _PROTOCOL),
    "test_apprise.py": (SQLITE, _PROTOCOL),
    "test_fault_runs.py": (POSTGRESQL, _PROTOCOL),
    "test_ntfy.py": (SQLITE, _PROTOCOL),
    "test_webpush.py": (SQLITE, _PROTOCOL),
    "test_operations.py": (
        SQLITE,
        "documents are compared with the names of metrics, which have the same names on both",
    ),
    "test_register.py": (SQLITE, _CHECKED),
    "test_single_pass.py": (SQLITE, "clocks and a library's rows, as in test_beat"),
    "test_telegram_required.py": (SQLITE, _CHECKED),
    "test_token.py": (SQLITE, "tokens are judged in Python; their sessions are tested on PostgreSQL"),
    "test_worked_examples.py": (SQLITE, _STORED),
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

    name = collection_path.name
    if config.getoption("shared") and name in ONE_ENGINE and name not in NOT_WITH_THEIR_FILE:
        return True if ONE_ENGINE[name][0] != connection.vendor else None
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
        if name in ONE_ENGINE and test not in NOT_WITH_THEIR_FILE.get(file, ()):
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
