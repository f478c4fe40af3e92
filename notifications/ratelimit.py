"""Telegram's limits, shared by all senders through Redis: so many messages a second overall, one a chat.

Each limit is one number in Redis, the time from which the next message may go (the generic cell rate
algorithm with no burst), kept by Redis's own clock so that senders on several machines agree.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common.redis import connection, key

logger = logging.getLogger(__name__)

OVERALL = "telegram:overall"
CHAT_INTERVAL = 1.0  # seconds between two messages to one chat

# Of the first message after a quiet moment, in intervals of the overall limit: time to mark it and be on the way, so
# that it does not close up with those behind it.
LEAD = 1.5

# KEYS: overall, then the chats. ARGV: overall interval, chat interval, longest wait, lead (seconds).
# Answers for each chat {granted 0/1, seconds until the message may go, as text}. Only the overall pace makes a
# message wait for its slot: one whose chat is not free by then is refused, so that it holds no other back.
RESERVE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local overall = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now + tonumber(ARGV[4]))
local answers = {}
local granted = false
for place = 2, #KEYS do
  local chat = tonumber(redis.call('GET', KEYS[place]) or '0')
  if chat > overall or overall - now > tonumber(ARGV[3]) then
    answers[place - 1] = {0, tostring(math.max(chat, overall) - now)}
  else
    answers[place - 1] = {1, tostring(overall - now)}
    redis.call('SET', KEYS[place], string.format('%.6f', overall + tonumber(ARGV[2])), 'EX', 60)
    overall = overall + tonumber(ARGV[1])
    granted = true
  end
end
if granted then
  redis.call('SET', KEYS[1], string.format('%.6f', overall), 'EX', 60)
end
return answers
"""

# KEYS: what has to wait. ARGV: seconds. What has to wait longer already, does.
HOLD = """
local clock = redis.call('TIME')
local until_ = tonumber(clock[1]) + tonumber(clock[2]) / 1000000 + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], string.format('%.6f', until_), 'EX', math.ceil(tonumber(ARGV[1])) + 60)
end
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """Whether the message may go, and in how many seconds (or, refused, when to ask again)."""

    granted: bool
    wait: float


def reserve(chat_ids: Sequence[int], *, longest_wait: timedelta) -> list[Slot]:
    """Takes the next slots for messages to these chats, in order, as far as they come within `longest_wait`.

    Raises redis.RedisError: without Redis nothing is sent.
    """
    interval = 1 / settings.TELEGRAM_MESSAGES_PER_SECOND
    answers = connection().eval(
        RESERVE,
        1 + len(chat_ids),
        key(OVERALL),
        *(_chat(chat_id) for chat_id in chat_ids),
        str(interval),
        str(CHAT_INTERVAL),
        str(longest_wait.total_seconds()),
        str(LEAD * interval),
    )
    return [Slot(granted=bool(granted), wait=float(wait)) for granted, wait in answers]


def hold(chat_id: int | None, seconds: float) -> None:
    """Telegram asked to wait with a chat, or with all (None): no slot for it is granted before.

    Raises redis.RedisError.
    """
    connection().eval(HOLD, 1, key(OVERALL) if chat_id is None else _chat(chat_id), str(seconds))


def try_hold(chat_id: int | None, seconds: float) -> None:
    """The same, as far as Redis hears it: what was refused is put off or given up all the same."""
    try:
        hold(chat_id, seconds)
    except RedisError as error:
        logger.warning("no sender but this one waits, Redis is away: %s", error)


def _chat(chat_id: int) -> str:
    return key(f"telegram:chat:{chat_id}")
