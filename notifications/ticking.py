"""One pass of a tick: what is due goes into the outbox, and what a fault left behind is put right first."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from common import clock, stopping
from notifications import ahead, digest, heartbeats, outbox, reminders, restored

logger = logging.getLogger(__name__)

MAX_RUN = 45.0  # seconds
GAP = timedelta(seconds=90)  # ticks come each minute


class Pass(NamedTuple):
    """How many reminders and digests a pass queued, and whether it came to its end."""

    queued: int
    is_done: bool


def queue_all_due() -> Pass:
    """Queue all that is due, batch by batch, each its own transaction; not to the end where the time is up first.

    What is due is due by one instant. Whether a clock ran ahead is asked of the present one: another tick may have
    overtaken this one. The tick is noted at its end, where a backup that is restored does not reach as well.
    """
    now = clock.now()
    era = _look_at_clock(now)
    since = era.right_until
    uncertain_until = restored.look(now=now)
    may_go_on = stopping.deadline(MAX_RUN)
    mending: list[Callable[[], int]] = [
        lambda: outbox.take_back(now=now),
        lambda: ahead.take_back_queued(now=now),
        lambda: ahead.take_back_postponed(now=now),
        lambda: ahead.take_back_expired(now=now),
        lambda: reminders.replan_made_ahead(now=now, since=since),
        # Where ticks do not say since when: from the oldest digest on that is still of use.
        lambda: digest.replan_ahead(now=now, since=since if since and since < now else None),
    ]
    queueing: list[Callable[[], int]] = [
        lambda: reminders.queue_due(now=now, uncertain_until=uncertain_until),
        lambda: digest.queue_due(now=now, uncertain_until=uncertain_until),
    ]
    for step in mending:
        _repeat(step, may_go_on)
    counts = [_repeat(step, may_go_on) for step in queueing]
    if not era.is_behind:
        heartbeats.beat(heartbeats.TICK, now=now)
        restored.note_tick(now=now)
    return Pass(sum(counts), is_done=may_go_on())


def _repeat(step: Callable[[], int], may_go_on: Callable[[], bool]) -> int:
    """Repeat a step until it finds nothing more to do or the time is up; return how much it did."""
    total = 0
    while done := step():
        total += done
        if not may_go_on():
            break
    return total


class Era(NamedTuple):
    """What ticks know of the clock: until when it was right last (None: they do not), and whether it is behind them."""

    right_until: datetime | None
    is_behind: bool = False


def _look_at_clock(now: datetime) -> Era:
    """Compare the clock with the last tick; notes a gap between them, and a clock that came back."""
    last = heartbeats.last(heartbeats.TICK)
    if last is not None and last > clock.now_at_least(now) + clock.TOLERANCE:
        if not heartbeats.came_back(now=now):
            logger.error("the clock reads %s, but ticks were made until %s: nothing is taken back by it", now, last)
            return Era(now, is_behind=True)
        logger.error("the clock ran ahead until %s: what was planned and queued then is taken back", last)
        # In this order: a note that is later than the last tick would pass for a restored backup.
        restored.note_tick(now=now)
        heartbeats.set_to(heartbeats.TICK, at=now)
        heartbeats.set_to(heartbeats.BEGUN, at=now)
        ahead.correct_sent(now=now)
    else:
        heartbeats.is_not_behind()
        if last is not None and now - last > GAP:
            logger.warning("no tick since %s: what came due is queued now", last)
            heartbeats.set_to(heartbeats.LAST_BEFORE_A_GAP, at=last)
            heartbeats.set_to(heartbeats.FIRST_AFTER_A_GAP, at=now)
    before = heartbeats.last(heartbeats.LAST_BEFORE_A_GAP)
    if before is not None and before < now:
        return Era(before)
    return Era(now if last is not None and last <= now + clock.TOLERANCE else None)
