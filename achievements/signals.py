"""Signals sent by achievements, each inside the transaction that makes the change."""

from django.dispatch import Signal

# Arguments: award, now. Also sent when a revoked award is earned again.
achievement_awarded = Signal()
