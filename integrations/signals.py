"""Signals sent by integrations, each inside the transaction that makes the change."""

from common.signals import DomainSignal

key_created = DomainSignal("user", "key_id", "now")  # also when it is the successor of a rotated one
