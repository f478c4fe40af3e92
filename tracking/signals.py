"""Signals sent by tracking, each inside the transaction that makes the change."""

from common.signals import DomainSignal

track_started = DomainSignal("track", "now")  # also when a user follows a habit again
# Schedule, time zone, pauses, time (`retimed_at`: when it was edited, or None) or end have changed, so reminders may change.
track_changed = DomainSignal("track", "retimed_at", "now")
track_stats_changed = DomainSignal("track", "now")  # logs, streaks or strength may have changed; also for left tracks
# Logs of these days, in order, were set, changed or cleared. `recent`: the logs that the recount has read (RecentHistory).
day_logged = DomainSignal("track", "days", "recent", "now")
# Days of the past that had no log got one, all at once, from a file.
days_imported = DomainSignal("track", "days", "recent", "now")
# The rules have changed since an earlier release, not the track: reminders and scores may change, nobody is told.
track_redefined = DomainSignal("track", "retimed_at", "now")
track_left = DomainSignal("track", "now")
track_deleting = DomainSignal("track", "now")  # sent before deletion, so that effects delete dependent rows
goal_reached = DomainSignal("goal", "now")
pause_started = DomainSignal("pause", "now")  # days were paused, or other days than before; merged pauses are one
pause_ended = DomainSignal(
    "pause", "now"
)  # it ended yesterday, or was deleted; its `last_day` says which days it still has
