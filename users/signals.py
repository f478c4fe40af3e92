"""Signals sent by users, each inside the transaction that makes the change."""

from django.dispatch import Signal

confirmation_requested = Signal()  # email: str, now — also for unknown addresses
password_reset_requested = Signal()  # email: str, now — also for unknown addresses
email_change_requested = Signal()  # user, now — the link goes to user.new_email
clock_changed = Signal()  # user, before: Clock, now — zone or day_starts_at
language_changed = Signal()  # user
ranking_changed = Signal()  # user, now — is_ranked, or is_active by staff (a ban)
account_deleting = Signal()  # user, now — receivers delete their rows of the user
unconfirmed_accounts_removing = Signal()  # user_ids: list[int] — receivers return the ids to keep
