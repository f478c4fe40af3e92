"""Telegram's limits, shared by all senders through Redis: a pace overall, one message a second to a chat.

Each limit is one number in Redis, the time from which the next message may go (the generic cell rate
algorithm with no burst), kept by Redis's own clock so that senders on several machines agree.

Where Telegram refuses every chat that was tried within a minute, at least three, it is the bot that has to wait:
all senders hold for a minute at most, then let one message through, whose answer decides.
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
PASSED_LATELY = "telegram:passed"  # some chat took a message, or refused it by itself, within the window
REFUSED_LATELY = "telegram:refused"  # the chats that were refused within the window
PROBE = "telegram:probe"  # until when the whole bot is held; then one message decides
AWAY = "telegram:away"  # messages wait because Telegram was away
NOBODY_AWAY = "telegram:away:nobody"  # never set
WINDOW = 60  # seconds
CHATS_FOR_A_HOLD = 3
MAX_HOLD = 60.0  # seconds
PROBE_TIME = 20.0  # seconds that a probe's answer may take, before another is sent
CHAT_INTERVAL = 1.0  # seconds between two messages to one chat

# Of the first message after a quiet moment, in intervals of the overall limit: time to mark it and be on the way, so
# that it does not close up with those behind it.
LEAD = 1.5

# Times in Redis are "until written": where Redis's clock was set back since it was written, the time moves with it.
CLOCK = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local function read(key)
  local until_, written = string.match(redis.call('GET', key) or '', '^(%S+) ?(%S*)$')
  until_, written = tonumber(until_ or '') or 0, tonumber(written or '') or now
  if written > now then
    until_ = until_ - (written - now)
    redis.call('SET', key, string.format('%.6f %.6f', until_, now), 'KEEPTTL')
  end
  return until_
end
local function write(key, until_, seconds)
  redis.call('SET', key, string.format('%.6f %.6f', until_, now), 'EX', seconds)
end
"""

# KEYS: overall, probe, then the chats. ARGV: overall interval, chat interval, longest wait, lead, probe's time (seconds).
# Answers for each chat {granted 0/1, seconds until the message may go, as text}. Only the overall pace makes a
# message wait for its slot: one whose chat is not free by then is refused, so that it holds no other back.
# After a hold of the whole bot (probe is set) one message is let through, and the others wait for its answer.
RESERVE = (
    CLOCK
    + """
local overall = math.max(read(KEYS[1]), now + tonumber(ARGV[4]))
local probing = redis.call('EXISTS', KEYS[2]) == 1
local answers = {}
local granted = false
for place = 3, #KEYS do
  local chat = read(KEYS[place])
  if chat > overall or overall - now > tonumber(ARGV[3]) then
    answers[place - 2] = {0, tostring(math.max(chat, overall) - now)}
  else
    answers[place - 2] = {1, tostring(overall - now)}
    write(KEYS[place], overall + tonumber(ARGV[2]), 60)
    overall = overall + tonumber(probing and ARGV[5] or ARGV[1])
    granted = true
  end
end
if granted then
  write(KEYS[1], overall, 120)
end
return answers
"""
)

# KEYS: what has to wait. ARGV: seconds. What has to wait longer already, does.
HOLD = (
    CLOCK
    + """
local until_ = now + tonumber(ARGV[1])
if until_ > read(KEYS[1]) then
  write(KEYS[1], until_, math.ceil(tonumber(ARGV[1])) + 60)
end
"""
)

# KEYS: overall, passed, refused, probe. ARGV: the chat, seconds it asks for, the longest hold, window, chats it takes.
# Notes that a chat was refused; answers for how many seconds the whole bot holds from now on, as text ('0': it does not).
REFUSED = (
    CLOCK
    + """
local window = tonumber(ARGV[4])
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. string.format('%.6f', now + 1), '+inf')
redis.call('EXPIRE', KEYS[3], window)
local probe = redis.call('EXISTS', KEYS[4]) == 1
local holds = probe and read(KEYS[4]) > now
if holds or read(KEYS[2]) > now or not (probe or redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[5])) then
  return '0'
end
local seconds = math.min(tonumber(ARGV[2]), tonumber(ARGV[3]))
write(KEYS[4], now + seconds, 3600)
write(KEYS[1], now + seconds, math.ceil(seconds) + 60)
return tostring(seconds)
"""
)

# KEYS: overall, passed, refused, probe, away. ARGV: window. Notes that a message passed: nothing holds the bot any
# more. Answers whether {a hold ended by it, messages wait because Telegram was away}.
PASSED = (
    CLOCK
    + """
write(KEYS[2], now + tonumber(ARGV[1]), tonumber(ARGV[1]))
local held = redis.call('DEL', KEYS[4])
if held == 1 then
  redis.call('DEL', KEYS[1], KEYS[3])
end
return {held, redis.call('DEL', KEYS[5])}
"""
)


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
        2 + len(chat_ids),
        key(OVERALL),
        key(PROBE),
        *(_chat(chat_id) for chat_id in chat_ids),
        str(interval),
        str(CHAT_INTERVAL),
        str(longest_wait.total_seconds()),
        str(LEAD * interval),
        str(PROBE_TIME),
    )
    return [Slot(granted=bool(granted), wait=float(wait)) for granted, wait in answers]


def hold(chat_id: int, seconds: float) -> None:
    """Telegram asked to wait with a chat: no slot for it is granted before. Raises redis.RedisError."""
    connection().eval(HOLD, 1, _chat(chat_id), str(seconds))


def note_refused(chat_id: int, seconds: float) -> None:
    """Hold a chat that Telegram asked to wait with, and the whole bot where every chat is refused. Logs a hold."""
    try:
        hold(chat_id, seconds)
        keys = [key(name) for name in (OVERALL, PASSED_LATELY, REFUSED_LATELY, PROBE)]
        held = connection().eval(
            REFUSED, len(keys), *keys, str(chat_id), str(seconds), str(MAX_HOLD), str(WINDOW), str(CHATS_FOR_A_HOLD)
        )
    except RedisError as error:
        logger.warning("no sender but this one waits, Redis is away: %s", error)
        return
    if float(held):
        logger.warning("Telegram refuses every chat: nothing is sent for %.0f s, then one message tries", float(held))


def note_passed(*, takes_up: bool = True) -> bool:
    """Note that Telegram took a message, or refused it for its chat's sake; return whether others wait for that.

    Without `takes_up` they are left to the next that is told so: the caller cannot have them go.
    """
    try:
        names = (OVERALL, PASSED_LATELY, REFUSED_LATELY, PROBE, AWAY if takes_up else NOBODY_AWAY)
        keys = [key(name) for name in names]
        ended, is_awaited = connection().eval(PASSED, len(keys), *keys, str(WINDOW))
    except RedisError as error:
        logger.warning("what Telegram takes again is not noted, Redis is away: %s", error)
        return False
    if ended:
        logger.warning("Telegram takes messages again: the hold of the whole bot ends")
    return bool(is_awaited)


def note_away() -> None:
    """Note that messages wait because Telegram is away."""
    try:
        connection().set(key(AWAY), 1, ex=24 * 3600)
    except RedisError as error:
        logger.warning("it is not noted that Telegram is away, nor is Redis there: %s", error)


def _chat(chat_id: int) -> str:
    return key(f"telegram:chat:{chat_id}")
