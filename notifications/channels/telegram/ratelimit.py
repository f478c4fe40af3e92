"""Telegram's rate limits, shared by all senders through Redis: an overall pace, and one message a second per chat.

Each limit is one number in Redis: the time from which the next message may be sent (the generic cell rate algorithm
without bursts). It uses Redis's clock, so that senders on several machines agree.

If Telegram answers 429 for every chat tried within a minute, and for at least three, the whole bot is limited: all
senders hold for at most a minute, then one message is sent as a probe, and its result decides.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from redis.exceptions import RedisError

from common.redis import connection, key
from notifications.channels.transport import Slot

logger = logging.getLogger(__name__)

OVERALL = "telegram:overall"
RECENTLY_ACCEPTED = "telegram:passed"  # a message was accepted, or refused because of its chat, within the window
RECENTLY_LIMITED = "telegram:refused"  # the chats that were answered with 429 within the window
PROBE = "telegram:probe"  # until when the whole bot is held; then one probe decides
UNAVAILABLE = "telegram:away"  # messages wait because Telegram was unavailable
NEVER_SET = "telegram:away:nobody"  # given instead of UNAVAILABLE where that must not be cleared
WINDOW = 60  # seconds
MIN_CHATS_FOR_HOLD = 3
MAX_HOLD = 60.0  # seconds
PROBE_TIMEOUT = 20.0  # seconds to wait for the result of a probe before another is sent
CHAT_INTERVAL = 1.0  # seconds between two messages to one chat

# The delay of the first message after a pause, in intervals of the overall limit: time to mark the message and start
# sending it. Without it the second message would follow too closely.
LEAD = 1.5

# Times in Redis are stored as "until written_at". If written_at is in the future, Redis's clock was set back since, and
# `until` is moved back by the same amount.
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

# KEYS: overall, probe, then the chats. ARGV: overall interval, chat interval, maximum wait, lead, probe timeout
# (seconds). Returns for each chat {granted 0/1, seconds until the message may be sent, as text}. Only the overall pace
# makes a message wait for its slot: if its chat is not free by then, no slot is granted, so that the slot is not wasted.
# After a hold of the whole bot (probe is set) one message is granted, and the others wait for its result.
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

# KEYS: the limit to extend. ARGV: seconds. A longer wait that is stored already is kept.
HOLD = (
    CLOCK
    + """
local until_ = now + tonumber(ARGV[1])
if until_ > read(KEYS[1]) then
  write(KEYS[1], until_, math.ceil(tonumber(ARGV[1])) + 60)
end
"""
)

# KEYS: overall, recently accepted, recently limited, probe. ARGV: the chat, the retry_after of its 429, maximum hold,
# window (seconds), minimum number of chats. Notes that a chat was limited. Returns for how many seconds the whole bot is
# held from now on, as text ('0': it is not).
LIMITED = (
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

# KEYS: overall, recently accepted, recently limited, probe, unavailable. ARGV: window (seconds). Notes that a message
# was accepted, which ends a hold of the whole bot. Returns {whether a hold ended, whether messages wait because Telegram
# was unavailable}.
ACCEPTED = (
    CLOCK
    + """
write(KEYS[2], now + tonumber(ARGV[1]), tonumber(ARGV[1]))
local ended = redis.call('DEL', KEYS[4])
if ended == 1 then
  redis.call('DEL', KEYS[1], KEYS[3])
end
return {ended, redis.call('DEL', KEYS[5])}
"""
)


def reserve(chat_ids: Sequence[int], *, max_wait: timedelta) -> list[Slot]:
    """Reserve the next slots for messages to the chats, in order; return one slot per chat.

    A slot that would come later than `max_wait` is not granted. Raises redis.RedisError: without Redis the pace is
    unknown, so nothing may be sent.
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
        str(max_wait.total_seconds()),
        str(LEAD * interval),
        str(PROBE_TIMEOUT),
    )
    return [Slot(granted=bool(granted), wait=float(wait)) for granted, wait in answers]


def hold_chat(chat_id: int, seconds: float) -> None:
    """Grant no slot for a chat for some seconds. Raises redis.RedisError."""
    connection().eval(HOLD, 1, _chat(chat_id), str(seconds))


def note_rate_limited(chat_id: int, seconds: float) -> None:
    """Hold a chat that was answered with 429, and the whole bot if every chat is. Log a hold of the whole bot.

    `seconds` is the retry_after of the answer.
    """
    try:
        hold_chat(chat_id, seconds)
        keys = [key(name) for name in (OVERALL, RECENTLY_ACCEPTED, RECENTLY_LIMITED, PROBE)]
        held = connection().eval(
            LIMITED, len(keys), *keys, str(chat_id), str(seconds), str(MAX_HOLD), str(WINDOW), str(MIN_CHATS_FOR_HOLD)
        )
    except RedisError as error:
        logger.warning("other senders do not learn of Telegram's limit, Redis is unavailable: %s", error)
        return
    if float(held):
        logger.warning("Telegram limits every chat: nothing is sent for %.0f s, then one probe", float(held))


def note_accepted(*, can_resume: bool = True) -> bool:
    """Note that Telegram accepted a message, or refused it because of its chat.

    Return True, once, if messages wait because Telegram was unavailable: the caller should make them available. With
    `can_resume=False` that is left to a later caller.
    """
    try:
        names = (OVERALL, RECENTLY_ACCEPTED, RECENTLY_LIMITED, PROBE, UNAVAILABLE if can_resume else NEVER_SET)
        keys = [key(name) for name in names]
        hold_ended, are_waiting = connection().eval(ACCEPTED, len(keys), *keys, str(WINDOW))
    except RedisError as error:
        logger.warning("other senders do not learn that Telegram accepts messages, Redis is unavailable: %s", error)
        return False
    if hold_ended:
        logger.warning("Telegram accepts messages again: the hold of the whole bot ends")
    return bool(are_waiting)


def note_unavailable() -> None:
    """Note for a day that messages wait because Telegram is unavailable."""
    try:
        connection().set(key(UNAVAILABLE), 1, ex=24 * 3600)
    except RedisError as error:
        logger.warning("other senders do not learn that Telegram is unavailable, Redis is unavailable too: %s", error)


def remaining_hold() -> timedelta | None:
    """Return how much longer all messages to Telegram are held back; None if Redis is unavailable."""
    redis = connection()
    try:
        until = redis.get(key(PROBE))
        seconds, micros = redis.time()
    except RedisError:
        return None
    remaining = float(until.split()[0]) - (seconds + micros / 1_000_000) if until else 0.0
    return timedelta(seconds=min(max(0.0, remaining), MAX_HOLD))


def _chat(chat_id: int) -> str:
    return key(f"telegram:chat:{chat_id}")
