"""Signals sent by tracking, each inside the transaction that makes the change."""

from django.dispatch import Signal

track_started = Signal()  # track, now — also when a user follows a habit again
# track, retimed: bool, now — schedule, time zone, pauses, time or end have changed, so reminders may change
track_changed = Signal()
track_stats_changed = Signal()  # track, now — logs, streaks or strength may have changed; also for left tracks
day_logged = Signal()  # track, day, now — a log was set, changed or cleared
track_left = Signal()  # track, now
track_deleting = Signal()  # track, now — sent before deletion, so that receivers delete dependent rows
goal_reached = Signal()  # goal, now
