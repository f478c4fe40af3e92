"""Signals sent by users, each inside the transaction that makes the change."""

from common.signals import DomainSignal

confirmation_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
password_reset_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
sign_in_link_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
email_change_requested = DomainSignal("user", "now")  # the link goes to user.new_email
clock_changed = DomainSignal("user", "before", "now")  # zone or day_starts_at; `before`: the old Clock
language_changed = DomainSignal("user")
ranking_changed = DomainSignal("user", "now")  # is_ranked, or is_active by staff (a ban)
account_deleting = DomainSignal("user", "now")  # effects delete their rows of the user
unconfirmed_accounts_removing = DomainSignal("user_ids")  # effects return the ids to keep
