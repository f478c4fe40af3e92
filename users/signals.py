"""What accounts tell: each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

confirmation_requested = Signal()  # email: str, now — somebody asked for the link, known address or not
password_reset_requested = Signal()  # email: str, now
email_change_requested = Signal()  # user, now — the link goes to user.new_email
clock_changed = Signal()  # user, before: Clock, now — zone or day_starts_at
language_changed = Signal()  # user
ranking_changed = Signal()  # user, now — whether they show themselves, or staff bars them
account_deleting = Signal()  # user, now — rows that hang on the person go first
unconfirmed_removing = Signal()  # user_ids: list[int] — receivers return the ids that something of theirs keeps
