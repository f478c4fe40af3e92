"""Signals sent by achievements, each inside the transaction that makes the change."""

from common.signals import DomainSignal

achievement_awarded = DomainSignal("award", "now")  # also when a revoked award is earned again
achievement_withdrawn = DomainSignal("award", "now")  # the award was revoked: its reason is gone
