"""Signals sent by habits, each inside the transaction that makes the change."""

from common.signals import DomainSignal

# `is_quiet`: it came with others from a file, so nobody needs a message about it.
habit_created = DomainSignal("habit", "is_quiet", "now")
# `since`: date | None (periods from this day on must be evaluated again); `retimed`: bool (the time of day has changed).
habit_changed = DomainSignal("habit", "since", "retimed", "now")
# Sent before a schedule is edited; an effect answers whether anybody has logged the habit.
schedule_changing = DomainSignal("habit")
# The habit is to be done now, or kept within a limit now; nobody has a log of it. Sent before habit_changed.
goal_type_changed = DomainSignal("habit", "now")
habit_abandoned = DomainSignal("habit", "owner", "now")  # the owner deleted it, but followers still track it
habit_deleting = DomainSignal("habit", "now")  # sent before deletion, so that effects delete dependent rows
