"""What each domain event sets off, in order. docs/architecture.md has it as a table.

The services send signals and know nothing of the apps above them; this list is the only place that connects them.
Every effect runs inside the sender's transaction: if one fails, the change and all its effects are rolled back. So
effects only write rows; what leaves the process (messages, mails) is queued in the outbox and sent after the commit.
They join the transaction without a savepoint (`atomic(savepoint=False)`): nothing catches their failure, and each
savepoint would cost two statements.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

from common.signals import DomainSignal

# "app.signal": functions in the order in which they run, lower layers first. Each receives those of the signal's
# arguments that it has a parameter for.
EFFECTS: Mapping[str, Sequence[str]] = {
    "users.confirmation_requested": ["notifications.receivers.queue_confirmation_mail"],
    "users.password_reset_requested": ["notifications.receivers.queue_password_reset_mail"],
    "users.sign_in_link_requested": ["notifications.receivers.queue_sign_in_link_mail"],
    "users.email_change_requested": [
        "notifications.receivers.queue_email_change_mail",
        "notifications.receivers.queue_email_change_notice",
    ],
    "users.email_changed": [
        "notifications.outbox.announcements.keep_with_account",
        "notifications.receivers.queue_email_changed_notice",
    ],
    "users.identity_connected": ["notifications.outbox.announcements.queue_identity_connected"],
    "users.identity_removed": ["notifications.receivers.queue_identity_removed_notice"],
    "users.passkey_added": ["notifications.outbox.announcements.queue_passkey_added"],
    "users.passkey_removed": ["notifications.receivers.queue_passkey_removed_notice"],
    "users.password_changed": ["notifications.receivers.queue_password_changed_notice"],
    "users.second_factor_changed": ["notifications.receivers.queue_second_factor_notice"],
    "users.address_connected": ["notifications.receivers.queue_chat_connected_notice"],
    "users.sessions_ended": ["notifications.channels.webpush.services.end_with_sessions"],
    "users.access_ended": [
        "users.providers.services.end_access",
        "users.passkeys.services.end_access",
        "achievements.shares.services.end_access",
        "notifications.connections.services.end_access",
        "integrations.keys.services.end_access",
        "integrations.calendar.services.end_access",
        "integrations.webhooks.services.end_access",
        "integrations.grants.services.end_access",
        "integrations.events.signed_sources.end_access",
        "integrations.action_links.services.end_access",
    ],
    "users.access_listing": ["achievements.shares.services.count_access"],
    "users.access_items": [
        "users.providers.services.list_access",
        "users.passkeys.services.list_access",
        "integrations.keys.services.list_access",
        "integrations.calendar.services.list_access",
        "integrations.webhooks.services.list_access",
        "integrations.grants.services.list_access",
        "integrations.events.signed_sources.list_access",
        "integrations.action_links.services.list_access",
    ],
    "users.new_device_signed_in": ["notifications.outbox.announcements.queue_new_device"],
    "users.clock_changed": [
        "tracking.tracks.services.resync_tracks_with_clock",
        "notifications.digest.services.replan",
        "notifications.connections.services.recheck_waiting",
    ],
    "users.language_changed": [],
    "users.ranking_changed": ["community.leaderboards.settling.update_ranking"],
    "users.account_deleting": [
        "habits.services.delete_habits_of_user",
        "tracking.tracks.services.delete_tracks_of_user",
        "achievements.shares.services.delete_for_user",
        "achievements.awards.awarding.delete_for_user",
        "community.challenges.services.remove_user",
        "community.groups.services.remove_user",
        "community.leaderboards.settling.delete_for_user",
        "notifications.outbox.announcements.delete_messages",
        "notifications.digest.services.remove",
        "notifications.connections.services.delete_for_user",
        "integrations.keys.services.delete_for_user",
        "integrations.calendar.services.delete_for_user",
        "integrations.webhooks.services.delete_for_user",
        "integrations.changes.services.delete_for_user",
        "integrations.grants.services.delete_for_user",
        "integrations.partners.people.delete_for_user",
        "integrations.idempotency.services.delete_for_user",
        "integrations.events.services.delete_for_user",
        "integrations.events.signed_sources.delete_for_user",
        "integrations.action_links.services.delete_for_user",
        "integrations.transfer.services.delete_for_user",
    ],
    "users.unconfirmed_accounts_removing": ["tracking.tracks.queries.users_with_logs"],
    "habits.habit_created": [
        "tracking.tracks.services.resync_tracks_with_habit",
        "notifications.outbox.announcements.queue_habit_created",
        "integrations.changes.recording.record_new_habit",
    ],
    "habits.habit_changed": [
        "tracking.tracks.services.resync_tracks_with_habit",
        "achievements.awards.services.delete_if_pleasant",
        "community.challenges.services.detach_if_pleasant",
        "community.groups.services.remove_if_unavailable",
        "integrations.changes.recording.record_habit_change",
    ],
    "habits.schedule_changing": ["tracking.tracks.queries.has_logs"],
    # Sent before habit_changed, by which the tracks are counted again.
    "habits.goal_type_changed": [
        "tracking.tracks.services.restart_tracks",
        "tracking.goals.services.delete_for_habit",
        "achievements.awards.services.delete_for_habit",
        "community.challenges.services.detach_habit",
    ],
    "habits.habit_abandoned": [
        "tracking.tracks.services.delete_track_of_former_owner",
        "community.challenges.services.remove_former_owner",
        "integrations.changes.recording.record_abandoned_habit",
        "integrations.transfer.services.forget_habit",
    ],
    "habits.habit_deleting": [
        "tracking.tracks.services.delete_tracks_of_habit",
        "achievements.awards.services.delete_for_habit",
        "community.challenges.services.detach_habit",
        "community.groups.services.remove_habit_from_all",
        "integrations.changes.recording.record_deleted_habit",
        "integrations.transfer.services.forget_habit",
    ],
    "tracking.track_started": [
        "notifications.reminders.services.start",
        "integrations.changes.recording.record_started_track",
    ],
    "tracking.track_changed": [
        "achievements.awards.awarding.update_for_track",
        "community.challenges.scores.update_for_track",
        "notifications.receivers.replan_reminders",
    ],
    "tracking.track_redefined": [
        "community.challenges.scores.update_for_track",
        "notifications.receivers.replan_reminders",
    ],
    "tracking.track_stats_changed": [
        "community.leaderboards.settling.mark_stale",
        "integrations.changes.recording.record_streak",
    ],
    # Streaks and strength are recounted, and track_stats_changed is sent, before this signal.
    "tracking.day_logged": [
        "tracking.goals.services.update_for_days",
        "achievements.awards.awarding.update_for_days",
        "community.challenges.scores.update_for_track",
        "integrations.changes.recording.record_days",
    ],
    # As day_logged, but programs are told of the last day alone.
    "tracking.days_imported": [
        "tracking.goals.services.update_for_days",
        "achievements.awards.awarding.update_for_days",
        "community.challenges.scores.update_for_track",
        "integrations.changes.recording.record_imported_days",
    ],
    "tracking.track_left": [
        "community.challenges.services.leave_unfinished",
        "community.groups.services.hide_track",
        "notifications.reminders.services.stop",
        "integrations.changes.recording.record_left_track",
    ],
    "tracking.track_deleting": [
        "achievements.awards.awarding.reassign_or_revoke",
        "achievements.shares.services.delete_for_track",
        "community.challenges.services.detach_track",
        "community.groups.services.hide_track",
        "community.leaderboards.settling.mark_stale",
        "notifications.reminders.services.remove",
        "integrations.changes.recording.record_deleted_track",
        "integrations.events.services.delete_for_track",
        "integrations.action_links.services.delete_for_track",
    ],
    "tracking.goal_reached": [
        "notifications.outbox.announcements.queue_goal_reached",
        "integrations.changes.recording.record_goal",
    ],
    "tracking.pause_started": ["integrations.changes.recording.record_pause"],
    "tracking.pause_ended": ["integrations.changes.recording.record_ended_pause"],
    "achievements.achievement_awarded": [
        "notifications.outbox.announcements.queue_achievement",
        "integrations.changes.recording.record_award",
    ],
    "achievements.achievement_withdrawn": ["integrations.changes.recording.record_withdrawal"],
    "community.challenge_ended": [
        "notifications.receivers.queue_challenge_ended",
        "integrations.changes.recording.record_challenge",
    ],
    "community.challenge_cancelled": [
        "notifications.receivers.queue_challenge_cancelled",
        "integrations.changes.recording.record_challenge",
    ],
    "community.challenge_reopened": ["notifications.outbox.challenge_messages.withdraw"],
    "integrations.person_linked": ["integrations.feed.services.record_linked"],
    "integrations.person_unlinked": ["integrations.feed.services.record_unlinked"],
    "integrations.person_deleted": ["integrations.feed.services.record_deleted"],
}


def connect_all() -> None:
    """Connect every effect to its signal."""
    for name, paths in EFFECTS.items():
        for path in paths:
            domain_signal(name).connect(_effect(path), weak=False, dispatch_uid=path)


def domain_signal(name: str) -> DomainSignal:
    """Return the signal of a name such as "tracking.day_logged"."""
    app, _, attribute = name.partition(".")
    found = getattr(import_module(f"{app}.signals"), attribute)
    assert isinstance(found, DomainSignal)
    return found


def _effect(path: str) -> Callable[..., Any]:
    module_name, _, attribute = path.rpartition(".")

    @cache
    def parameters() -> Set[str]:
        return signature(getattr(import_module(module_name), attribute)).parameters.keys()

    def run(**arguments: Any) -> Any:
        # Imported when it first happens: a process that changes nothing (beat, most commands) starts with half the
        # memory. Looked up at each call, so that a function that a test replaces is replaced here as well.
        function = getattr(import_module(module_name), attribute)
        return function(**{name: value for name, value in arguments.items() if name in parameters()})

    return run
