"""Signals sent by users, each inside the transaction that makes the change."""

from common.signals import DomainSignal

confirmation_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
password_reset_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
sign_in_link_requested = DomainSignal("email", "now")  # a lookup key, also of unknown addresses
email_change_requested = DomainSignal("user", "now")  # the link goes to user.new_email
new_device_signed_in = DomainSignal("user", "session", "now")  # not for the first sign-in of an account
clock_changed = DomainSignal("user", "before", "now")  # zone or day_starts_at; `before`: the old Clock
language_changed = DomainSignal("user")
email_changed = DomainSignal("user", "before", "now")  # the link was used; `before`: the old address
identity_connected = DomainSignal("user", "identity", "now")  # not for who signs up by it
identity_removed = DomainSignal("user", "now")  # by choice, or by staff; not with the end of all access
passkey_added = DomainSignal("user", "passkey", "now")
passkey_removed = DomainSignal("user", "now")  # by choice, or by staff; not with the end of all access
password_changed = DomainSignal("user", "now")  # not for an account's first at its confirmation
second_factor_changed = DomainSignal("user", "now")  # set up or removed, or its recovery codes replaced
address_connected = DomainSignal("user", "address", "now")  # a new one, or another one, on a channel
sessions_ended = DomainSignal("user_ids", "session_ids", "now")  # signed out, ended, revoked or expired
access_ended = DomainSignal("user", "keep", "now")  # effects end what a session could make, apart from `keep`
access_listing = DomainSignal("user", "now")  # effects return a mapping of names to numbers
access_items = DomainSignal("user", "now")  # effects return lists of users.access.AccessItem
ranking_changed = DomainSignal("user", "now")  # is_ranked, or a ban was set or lifted
account_deleting = DomainSignal("user", "now")  # effects delete their rows of the user
unconfirmed_accounts_removing = DomainSignal("user_ids")  # effects return the ids to keep
