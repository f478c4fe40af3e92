"""Signals of the domain, which name what they carry."""

from django.dispatch import Signal


class DomainSignal(Signal):
    """A signal with the names of its arguments; each `send` gives all of them.

    What a signal sets off is listed, in order, in config/effects.py. A service sends it inside the transaction that
    makes the change, so a failing effect undoes the change as well.
    """

    def __init__(self, *arguments: str) -> None:
        super().__init__()
        self.arguments = frozenset(arguments)
