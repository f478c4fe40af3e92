"""Signals sent by community, each inside the transaction that makes the change."""

from django.dispatch import Signal

# Sent when the final results are stored, or the challenge was cancelled, once for each batch of members.
# Arguments: challenge, members (ChallengeMember objects with their users), now.
challenge_ended = Signal()
challenge_cancelled = Signal()
# Sent when results are discarded because a clock that ran ahead had finalized them. Arguments: challenge, now.
challenge_reopened = Signal()
