"""What habits tell: each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

habit_created = Signal()  # habit, now
# habit, since: date | None (from which days are judged anew), retimed: bool (another time of day), now
habit_changed = Signal()
habit_abandoned = Signal()  # habit, owner, now — it leaves its owner; followers keep it
habit_deleting = Signal()  # habit, now — rows that hang on it go first
