"""Signals sent by habits, each inside the transaction that makes the change."""

from django.dispatch import Signal

habit_created = Signal()  # habit, now
# habit, since: date | None (periods from this day on must be evaluated again),
# retimed: bool (the time of day has changed), now
habit_changed = Signal()
habit_abandoned = Signal()  # habit, owner, now — the owner deleted it, but followers still track it
habit_deleting = Signal()  # habit, now — sent before deletion, so that receivers delete dependent rows
