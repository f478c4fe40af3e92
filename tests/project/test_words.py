"""Retired words and names stay out of code, tests, templates, documents and translations.

A failing test says what to write instead. The words come from the glossary: plain, current English, and one name for
one thing.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".py", ".html", ".svg", ".md", ".po", ".yml", ".toml"}
SKIPPED_FOLDERS = {"migrations", "node_modules", "data"}
# The first names old names, the second lists them.
SKIPPED_FILES = {"CHANGELOG.md", "tests/project/test_words.py"}

# Group: retired pattern: what to write instead.
RETIRED: dict[str, dict[str, str]] = {
    "turns of phrase": {
        r"\b[Ww]hom staff\b": "banned users",
        r"\banew\b": "again",
        r"\bso many (days|times|periods|habits|rows|people|users)\b": "that many, or the number",
        r"\b(rests?|rested) on\b": "depends on, is based on",
        r"\bbears? (it|them|an award|that)\b|\bthat bears?\b": "qualifies, has",
        r"\b(its|their|the) ground (goes|is gone)\b|\bwith (its|their) ground\b": "reason",
        r"\b(where|all is|bring|brought|brings|is) in line\b": "in sync, nothing is pending",
        r"\banother is at it\b": "another worker holds the lock",
        r"\bfaults? of ours\b": "a bug, an internal error",
        r"\b(steps?|stepped) aside\b": "is retried later and does not delay others",
        r"\b(goes|sent|let go) alone and waits\b|\blet go alone\b": "is sent alone, stays down",
        r"\bpassed over\b": "missed, ignored",
        r"\bmust not take the others with it\b": "must not fail the others",
        r"\bgone meanwhile\b": "deleted meanwhile",
        r"\bis told so\b": "is notified",
        r"\b[Gg]ives? its key free\b": "frees its key",
        r"\bnobody is blamed\b": "say what happens",
        r"\blast four weeks together\b": "last four weeks",
        r"\bthe book\b": "registry",
    },
    "texts that users read": {
        r"a fault of ours keeps|That day is settled already|The day is over by then|I will ask again|Nowhere is it": (
            "the texts of notifications/bot/"
        ),
        r"I speak %\(language\)s with you|On which day shall it come|No more reminders by mail": (
            "the texts of notifications/bot/screens.py and users/pages.py"
        ),
        r"is not valid, has expired or was used already|not the present password|and no JSON": (
            "the errors of users/services.py and common/parsing.py"
        ),
        r"Nothing asks for today|lets nobody in any more|Take the link back|Say your e-mail address": (
            "the texts of the API and the web client"
        ),
    },
    "terms": {
        r"\b(un)?barred\b": "banned",
        r"\bmails?[ _-]off\b|\bMailsOff": "unsubscribe",
        r"\b(parked|parking|parks)\b": "postponed",
        r"\bhints?\b": "wake-up, wake",
        r"\bstanding\b|\bstanding_changed\b": "streak stats, score; track_stats_changed",
        r"\b(take_up|keep_up|catch_up|begin_by)\b": "replan, apply_pending_changes, recount_due_tracks",
        r"\b(bring_in_line|look_again|let_go)\b": "sync_…, recheck_…, leave_if_unentitled or reassign_or_revoke",
        r"\bfollow_(habit_change|clock|edit|logs|ranking)\b": "resync_…, update_…; to follow is to subscribe to a habit",
        r"\bclass (Course|Facts|Figures|Progress|Place|Said|Asked|Taken|Turn|Planned|Aside|Purged)\b": (
            "TrackHistory, ReminderPlan, TrackFacts, BatchContext, SummaryStats, StoredStats, DayEntry, QueuedReminder, "
            "DueReminder: one name for one thing"
        ),
        r"\b(_say|_judged)\(": "_apply_entry, _resolve_status",
        r"\b(MOST|LONGEST|SHORTEST|LEAST|LARGEST)_[A-Z]": "MAX_…, MIN_…",
        r"\bwhole\(\d|\benv\.(whole|words)\b": "int_between, comma_separated",
        r"\bpassed_over\b": "missed_count",
        r"\bkept_(secret|password)\b": "load_or_create_secret, load_or_create_password",
    },
    "users and sessions": {
        r"\btake[_-]up[_-]zone[_-]data\b|zone_data\.take_up\b": "apply_zone_data_release, replan_next_user",
        r"\bstop_reminder_mails\b": "users.services.unsubscribe",
        r"\bFormerToken\b|\.former\.make_token": "LegacyLinkToken",
        r"\bunconfirmed_removing\b": "unconfirmed_accounts_removing",
        r"\bfirst_day_everywhere\b|\bFIRST_ZONE\b|\bLAST_ZONE\b": "latest_date_anywhere, MAX_UTC_OFFSET, MAX_UTC_LAG",
        r"sessions\.end(_all)?\(|_is_of_present_password": "sessions.revoke, revoke_all, _matches_current_password",
        r"\busers[./]cleaning\b|\bUNCONFIRMED_FOR\b": "users.cleanup, UNCONFIRMED_LIFETIME",
        r"ZoneData\.ONLY\b": "ZoneData.SINGLETON_ID",
    },
    "habits and tracking": {
        r"\b(count_followers|room_for_another|telegram_first|often_enough|schedule_makes_sense)\b": (
            "change_follower_count, check_habit_limit, check_telegram_connected, check_min_frequency, check_schedule"
        ),
        r"\b(new_end_not_past|dates_in_order|duration_is_short)\b(?!`)": "check_new_end, check_dates, check_duration",
        r"\b(asks_on|asks_something|pace_suffices|fits_before_deadline|open_from_today|end_open)\b": (
            "includes_weekday, is_target, is_on_pace, check_days_fit, pause_from_today, end_pause"
        ),
        r"\b(schedule_shown|HabitLists|WantedTrend|NOT_ASKED)\b": "schedule_data, BaseHabitViewSet, TrendRequest",
        r"\bcourses?_of(_todays?)?\b|\bcourses_over(_ranges)?\b|\b(with_all|tracks_of_all|tracks_named)\b": (
            "plan_of, load_histories…, with_related, tracks_of_users, filtered_tracks"
        ),
        r"\b(strength_needs|first_needed|recount_ahead)\b": "first_log_day_for_strength, repair_tracks",
    },
    "achievements": {
        r"\b(streak_figures|day_figure|figures_of|from_figures)\b": "streak_values, period_value",
        r"\b(_move_or_withdraw|_another_that_bears)\b": "reassign_or_revoke, _other_track_that_earns",
        r"\b(with_the_opposite|most_habits_in_a_day)\b": "with_day_toggled, max_habits_in_a_day",
        r"\b(live_share|ready_links|ShareEntry|HEART_OF_FLAME)\b": "live_content, app_links, LinkDetails, INNER_FLAME",
        r"\b(rests_until|holds_until|withdrawn_at|rule_can_change)\b": (
            "evidence_until, valid_until, revoked_at, refuse_change_of_earned_rule"
        ),
        r"\b(ReadyLinks|SomeDays|Place)Serializer\b": "AppLinksSerializer, MemberDaysSerializer, LeaderboardRowSerializer",
    },
    "community": {
        r"\blook[_-]after[_-]challenges\b": "maintain_challenges",
        r"\b(told_at|is_told|carry_at|MAX_CARRY)\b": "notified_at, is_notified, recount_at, MAX_RECOUNT_DELAY",
        r"\b(fix_ended|_reopen_ahead|_tell_batch|_tell_some)\b": (
            "finalize_ended, _reopen_finalized_early, _notify_batch, _notify_locked"
        ),
        r"\b(people_on|sure_day|day_key|of_everyone)\b": (
            "users_on_board, earliest_today, period_key, global_leaderboard"
        ),
        r"\b(forget_(person|owner|unpublished|all_of)|remove_all_of)\b": (
            "remove_user, remove_former_owner, remove_unpublished_habit, delete_for_…"
        ),
        r"\b(hand_over|_owners_only|wait_for_others|follow_ranking|show_from_now|public_needs_published)\b": (
            "transfer_ownership, _require_owner, wait_for_cross_habit_lock, update_ranking, validate_public"
        ),
    },
    "notifications": {
        r"\b(beat_each_minute|note_passed|note_refused|note_away)\b": (
            "record_every_minute, note_accepted, note_rate_limited, note_unavailable"
        ),
        r"\b(bring_forward|record_presumed|release_keys)\b": (
            "resume_after_outage, record_presumed_sent, drop_and_free_keys"
        ),
        r"\b(may_be_mailed|replan_made_ahead|replan_ahead)\b": "can_be_emailed, replan_after_fast_clock",
        r"\b(PLANNED_WELL|DEATHS_TO_GO_ALONE|MAX_DEATHS|TAKEN_BACK_AT_ONCE|WHOLE_FROM)\b": (
            "NO_FAILURES, ISOLATE_AFTER, MAX_EXPIRED_LEASES, BATCH"
        ),
        r"\b(CHATS_FOR_A_HOLD|NEWS_USEFUL_FOR|ALSO_BY_MAIL)\b": (
            "MIN_CHATS_FOR_HOLD, EVENT_LIFETIME, EMAIL_FALLBACK_KINDS"
        ),
        r"\boutcomes\.(insist|put_off|step_aside)\b|\boutbox\.(take_back|begin|divert)\b|\bReminderFacts\b": (
            "write_with_retry, postpone_…, release, mark_sending, redirect_to_email, ReminderContent"
        ),
        r"\btelegram[./]answers\b|\btelegram/memory\b": "notifications.bot.responses, handled_updates",
        r"\bis_telegrams\b|\blongest_call\b|\bTO_SPARE\b": "is_from_bot_api, max_call_time, CALL_MARGIN",
        r"\bits_word\b|\bNotItsWord\b|\bOneConnection\b|\bwent_out\b": (
            "check_response, NotFromBotApi, SingleConnectionRequest, NOT_SENT"
        ),
        r"zones\.(known|offset_of|offset_name|with_offset|fixed|LIKELY)\b|screens\.MOST_ZONES": (
            "all_zones, parse_offset, format_offset, zones_at_offset, fixed_zone, COMMON_ZONES"
        ),
        r"updates\.(in_turns|id_of|chat_of|repeated|HANDLED)\b": (
            "interleave_chats, get_update_id, get_chat_id, superseded_commands, ALLOWED_UPDATES"
        ),
        r"\bNoLongerWorks\b|\b_ask_again\b|\bMAX_HERE\b|\b_plan_anew\b": (
            "InvalidButton, _remind_again, MAX_LOCAL, replan_after_fast_clock"
        ),
        r"\bover_redis\b|\bby_row\b": "redis_probe, heartbeat_probe",
    },
    "processes, clock and settings": {
        r"\b_?[Ll]eash(ed)?\b|\bLEASHED\b": "ProcessGuard",
        r"\bKeepsDying\b|\bStopAsked\b|\b(last_words|LAST_WORDS)\b": "CrashLoop, StopRequested, OUTPUT_TAIL_LINES",
        r"\b(_mourn|_bury|keep_watched|hear_signals|ask_to_stop)\b": "_on_exit, _reap, handle_signals, request_stop",
        r"\bshort_lives?\b|\blongest_pause\b|\bLockWatch\b|\bend_holder\b": "RestartPolicy, LockMonitor, kill_lock_holder",
        r"\bAside\(|\.passing\(|\bare_spent\b": "RowBackoff, attempt, FailureCounter.should_skip",
        r"\bahead_of\(|\bclock\.(at_least|NOISE|estimate|counter)\b": (
            "future_cutoff, now_at_least, TOLERANCE, estimated_now, monotonic"
        ),
        r"\b(set_witness|_witness)\b|\bstopping\.(ask|is_asked|forget)\b|\bmay_try\b": (
            "set_rollback_check, stopping.request, is_requested, reset"
        ),
        r"\bWithoutSecret\b|\bNOTED_AS\b|\bwhy_failing\b|\b_make_rows_equal\b": (
            "SecretFilter, HEARTBEAT_PREFIX, failure_reasons, _sync_rows"
        ),
        r"\bCannotBeSeen\b|\bask_to_send\b|\bhint_in\b": "wake, wake_in",
        r"\bSTANDING_EXAMPLES\b": "STREAK_STATS_EXAMPLES",
    },
}

# Where a retired name stays, because others rely on it: file, name, reason.
ALLOWED: tuple[tuple[str, str, str], ...] = (
    ("config/urls.py", "mails-off", "the path in mails sent before it was renamed"),
    ("config/env.py", "mails-off", "the same path, which SITE_URL cannot start with"),
    ("users/tokens.py", "mails-off", "part of the hash of links in mails that were sent"),
    ("tests/notifications/outbox/test_reused_ids.py", "mails-off", "the old path still works"),
    ("tests/users/test_throttling.py", "mails-off", "the old path has a limit too"),
    ("config/beat.py", "take-up-zone-data", "rows of beat made before entries were marked"),
    ("config/beat.py", "look-after-challenges", "rows of beat made before entries were marked"),
    ("config/sentry.py", "hint", "a parameter of Sentry's interface"),
    ("notifications/outbox/serializers.py", "passed_over", "a field of the API"),
    ("docs/walkthrough.md", "passed_over", "a field of the API"),
    ("docs/data-model.md", "duration_is_short", "the name of a constraint in the database"),
    ("docs/data-model.md", "dates_in_order", "the name of a constraint in the database"),
)


@cache
def files() -> dict[str, str]:
    """Return the texts to check, by path."""
    found = {}
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [each for each in folders if each not in SKIPPED_FOLDERS and not each.startswith(".")]
        for path in (Path(folder, name) for name in names):
            name = path.relative_to(ROOT).as_posix()
            if name not in SKIPPED_FILES and (path.suffix in SUFFIXES or path.name in {"Makefile", ".env.sample"}):
                found[name] = path.read_text()
    return found


def problems(pattern: str, instead: str) -> Iterator[str]:
    """Yield file, line, text and what to write instead for each match that is not allowed."""
    retired = re.compile(pattern)
    for name, text in files().items():
        for match in retired.finditer(text):
            if not any(name == file and word in match[0] for file, word, _ in ALLOWED):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: “{match[0]}”: write: {instead}"


@pytest.mark.parametrize("group", RETIRED)
def test_retired_words_do_not_return(group: str) -> None:
    found = [each for pattern, instead in RETIRED[group].items() for each in problems(pattern, instead)]
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(("file", "word", "reason"), ALLOWED, ids=lambda value: str(value)[:40])
def test_every_exception_is_still_needed(file: str, word: str, reason: str) -> None:
    assert word in files()[file]
    assert reason
