"""What communities tell: each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

# challenge, members: a batch of ChallengeMember with their users, now — its results are fixed, or it was cancelled
challenge_ended = Signal()
challenge_cancelled = Signal()
challenge_reopened = Signal()  # challenge, now — its results were fixed by a clock that ran ahead, and taken back
