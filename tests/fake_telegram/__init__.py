"""A fake Telegram that speaks the Bot API over real HTTP, for tests, fault runs and benchmarks."""

from .client import FakeTelegram
from .records import CallRecord, EditRecord, MessageRecord, TapRecord
from .state import DEFAULT_TOKEN

__all__ = ["DEFAULT_TOKEN", "CallRecord", "EditRecord", "FakeTelegram", "MessageRecord", "TapRecord"]
