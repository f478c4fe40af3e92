"""What tracks tell: each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

track_started = Signal()  # track, now — also when a person follows again
# track, retimed: bool, now — its schedule, clock, pauses, time or end: what is planned may change
track_changed = Signal()
standing_changed = Signal()  # track, now — whenever its logs, streaks or strength may have changed, left or not
day_logged = Signal()  # track, day, now — set, changed or cleared
track_left = Signal()  # track, now
track_deleting = Signal()  # track, now — rows that hang on it go first
goal_reached = Signal()  # goal, now
