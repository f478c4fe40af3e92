"""One run of a tick: repair what faults and wrong clocks have left behind, then queue what is due."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from common import clock, stopping
from notifications.digest import services as digest
from notifications.monitoring import heartbeats
from notifications.outbox import clock_repair, leases, restore_detection
from notifications.reminders import services as reminders

logger = logging.getLogger(__name__)

MAX_RUN = 45.0  # seconds
MIN_GAP = timedelta(seconds=90)  # between two ticks, which run once a minute


class TickResult(NamedTuple):
    """How many reminders and digests a tick processed, and whether it finished before its time was up."""

    queued: int
    is_done: bool


def queue_all_due() -> TickResult:
    """Queue everything that is due, batch by batch, one transaction each, until done or the time is up.

    The instant of the start decides what is due. The repairs use the current instant instead, because another tick may
    have started later and finished earlier. At the end the tick is recorded in the database, in Redis and in DATA_DIR.
    """
    now = clock.now()
    state = _check_clock(now)
    since = state.right_until
    uncertain_until = restore_detection.detect(now=now)
    may_continue = stopping.deadline(MAX_RUN)
    repairs: list[Callable[[], int]] = [
        lambda: leases.reclaim_expired_leases(now=now),
        lambda: clock_repair.repair_queued(now=now),
        lambda: clock_repair.repair_postponed(now=now),
        lambda: clock_repair.repair_expired(now=now),
        lambda: reminders.replan_after_fast_clock(now=now, since=since),
        # Without a known instant before now: from the oldest digest that is still useful.
        lambda: digest.replan_after_fast_clock(now=now, since=since if since and since < now else None),
    ]
    queueing: list[Callable[[], int]] = [
        lambda: reminders.queue_due(now=now, uncertain_until=uncertain_until),
        lambda: digest.queue_due(now=now, uncertain_until=uncertain_until),
    ]
    for step in repairs:
        _repeat(step, may_continue)
    counts = [_repeat(step, may_continue) for step in queueing]
    if not state.is_behind:
        heartbeats.record(heartbeats.TICK, now=now)
        restore_detection.note_tick(now=now)
    return TickResult(sum(counts), is_done=may_continue())


def _repeat(step: Callable[[], int], may_continue: Callable[[], bool]) -> int:
    """Repeat a step until it processes nothing or the time is up; return the total number processed."""
    total = 0
    while count := step():
        total += count
        if not may_continue():
            break
    return total


class ClockState(NamedTuple):
    """What is known of the clock: the last instant at which it was right (None: unknown), and whether it is behind."""

    right_until: datetime | None
    is_behind: bool = False


def _check_clock(now: datetime) -> ClockState:
    """Compare the clock with the last tick. Record a gap between ticks, and a clock that was set back."""
    last = heartbeats.last_at(heartbeats.TICK)
    if last is not None and last > clock.now_at_least(now) + clock.TOLERANCE:
        if not heartbeats.note_clock_returned(now=now):
            logger.error("the clock shows %s, but ticks ran until %s: nothing is repaired by this clock", now, last)
            return ClockState(now, is_behind=True)
        logger.error("the clock ran ahead until %s: what was planned and queued by it is repaired", last)
        # Keep this order: a time in Redis that is later than those in the database means a restored backup.
        restore_detection.note_tick(now=now)
        heartbeats.set_instant(heartbeats.TICK, at=now)
        heartbeats.set_instant(heartbeats.SENDING, at=now)
        clock_repair.repair_sent_at(now=now)
    else:
        heartbeats.clear_clock_behind()
        if last is not None and now - last > MIN_GAP:
            # Either the service was down, or the clock jumped ahead: only its return shows which.
            logger.warning("no tick since %s: what has become due is queued now", last)
            heartbeats.set_instant(heartbeats.LAST_TICK_BEFORE_GAP, at=last)
            heartbeats.set_instant(heartbeats.FIRST_TICK_AFTER_GAP, at=now)
    before_gap = heartbeats.last_at(heartbeats.LAST_TICK_BEFORE_GAP)
    if before_gap is not None and before_gap < now:
        return ClockState(before_gap)
    return ClockState(now if last is not None and last <= now + clock.TOLERANCE else None)
