"""The fixtures of the channels' tests."""

from tests.notifications.channels.conftest import clock, connected, due, server

__all__ = ["clock", "connected", "due", "server"]
