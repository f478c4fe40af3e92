"""What achievements tell: each is sent inside the transaction that makes it true."""

from django.dispatch import Signal

achievement_awarded = Signal()  # award, now — also when it is earned again after it was withdrawn
