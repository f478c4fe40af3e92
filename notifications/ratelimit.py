"""Telegram's limits, shared by all senders through Redis: so many messages a second overall, one a chat.

Each limit is one number in Redis, the time from which the next message may go (the generic cell rate
algorithm with no burst), kept by Redis's own clock so that senders on several machines agree.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from common.redis import connection

CHAT_INTERVAL = 1.0  # seconds between two messages to one chat

# Of the first message after a quiet moment: time to mark it and be on the way, so that it does not close up with
# those behind it.
LEAD = 0.05

# KEYS: overall, chat. ARGV: overall interval, chat interval, longest wait, lead (seconds).
# Answers {granted 0/1, seconds until the message may go, as text}.
RESERVE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local chat = tonumber(redis.call('GET', KEYS[2]) or '0')
local overall = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + tonumber(ARGV[4]))
local at = math.max(overall, chat)
if at - now > tonumber(ARGV[3]) then
  return {0, tostring(at - now)}
end
redis.call('SET', KEYS[1], string.format('%.6f', overall + tonumber(ARGV[1])), 'EX', 60)
redis.call('SET', KEYS[2], string.format('%.6f', at + tonumber(ARGV[2])), 'EX', 60)
return {1, tostring(at - now)}
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """Whether the message may go, and in how many seconds (or, refused, when to ask again)."""

    granted: bool
    wait: float


def reserve(chat_id: int, *, longest_wait: timedelta) -> Slot:
    """Takes the next slot for a message to the chat, if it comes within `longest_wait`.

    Raises redis.RedisError: without Redis nothing is sent.
    """
    granted, wait = connection().eval(
        RESERVE,
        2,
        "telegram:overall",
        f"telegram:chat:{chat_id}",
        str(1 / settings.TELEGRAM_MESSAGES_PER_SECOND),
        str(CHAT_INTERVAL),
        str(longest_wait.total_seconds()),
        str(LEAD),
    )
    return Slot(granted=bool(granted), wait=float(wait))


def hold(chat_id: int, seconds: float) -> None:
    """Telegram asked to wait with a chat: no slot for it is granted before. Raises redis.RedisError."""
    seconds_now, micros = connection().time()
    until = seconds_now + micros / 1_000_000 + seconds
    connection().set(f"telegram:chat:{chat_id}", f"{until:.6f}", ex=int(seconds) + 60)
