"""Signals sent by community, each inside the transaction that makes the change."""

from common.signals import DomainSignal

# Sent when the final results are stored, or the challenge was cancelled, once for each batch of members
# (ChallengeMember objects with their users).
challenge_ended = DomainSignal("challenge", "members", "now")
challenge_cancelled = DomainSignal("challenge", "members", "now")
# Sent when results are discarded because a clock that ran ahead had finalized them.
challenge_reopened = DomainSignal("challenge", "now")
