"""The periods of a track: which days each has, and what it asks for."""

from datetime import date
from functools import lru_cache

from tests.oracle.dates import day_after, day_before, days, weekday
from tests.oracle.life import Life, Record, record
from tests.oracle.period import Period, is_kept
from tests.oracle.segments import Segment, segments


@lru_cache(maxsize=2048)
def periods(life: Life, today: date, until: date | None = None) -> tuple[Period, ...]:
    """Return the periods of the track that begin by `until` (today if none), in order, as far as known today."""
    kept = record(life)
    found: list[Period] = []
    for number, segment in enumerate(segments(kept)):
        first = max(kept.track_first(today), segment.start or date.min)
        last = min(until or today, segment.end or date.max, kept.end_date or date.max)
        day = first
        while day <= last:
            _, natural_last = segment.natural_period(day)
            period = _period(kept, today, number, segment, day, found)
            if period is not None:
                found.append(period)
            day = day_after(natural_last)
    return tuple(found)


def _period(
    kept: Record, today: date, number: int, segment: Segment, first: date, earlier: list[Period]
) -> Period | None:
    """Return the period of the segment whose first day inside track, bounds and version is `first`, if it is one."""
    natural_first, natural_last = segment.natural_period(first)
    weekdays = segment.shape[2]
    targets = tuple(
        day
        for day in days(natural_first, natural_last)
        if kept.exists(day) and (not weekdays or weekday(day) in weekdays)
    )
    is_short_first = segment.start is not None and segment.start > natural_first
    if segment.unit.base == "day" and not targets:
        return None
    if is_short_first and not kept.life.is_limit and _already_kept(kept, today, segment, natural_first, earlier):
        return None

    bounds_first, bounds_last = kept.track_first(today), kept.end_date or date.max
    segment_end = segment.end or date.max
    last = min(natural_last, segment_end, bounds_last)
    ended_by = day_after(segment_end) if segment_end < natural_last and segment_end < bounds_last else None
    limit = segment.schedule_for(natural_first).limit_per_period
    times = segment.times_for(natural_first, kept.life.max_gap)
    required = min(times, len(targets))
    if is_short_first:
        required = max([times, *_asked_before(segment, natural_first, earlier)])

    extensions = [each for each in kept.extensions if first <= each.old_end < natural_last and each.old_end <= last]
    ignored = frozenset().union(*(each.paused for each in extensions))
    paused = frozenset(
        day
        for day in days(natural_first, natural_last)
        if (kept.is_paused_by_hand(day) or kept.is_unknown(day) or (kept.is_paused(day) and day not in ignored))
        and (ended_by is None or day < ended_by)
    )
    return Period(
        segment=number,
        unit=segment.unit,
        natural_first=natural_first,
        natural_last=natural_last,
        first=first,
        last=last,
        weekdays=weekdays,
        targets=targets,
        required=required,
        limit=limit,
        taken_from=max(natural_first, bounds_first) if is_short_first else None,
        ended_by=ended_by,
        cut_by_bounds=bounds_first > max(natural_first, segment.start or date.min)
        or bounds_last < min(natural_last, segment_end)
        or (bounds_last == segment_end and segment_end < natural_last),
        was_cut_by_end=bool(extensions),
        paused=paused,
    )


def _already_kept(kept: Record, today: date, segment: Segment, natural_first: date, earlier: list[Period]) -> bool:
    """Return whether "a period of the same unit was already kept in that natural period"."""
    return any(
        period.unit == segment.unit and period.last >= natural_first and is_kept(kept, period, today)
        for period in earlier
    )


def _asked_before(segment: Segment, natural_first: date, earlier: list[Period]) -> list[int]:
    """Return "what the cut period asked for in full", "where the unit is the same"; none where nothing was cut."""
    assert segment.start is not None
    return [
        period.required
        for period in earlier[-1:]
        if period.ended_by == segment.start and period.unit == segment.unit and period.last == day_before(segment.start)
    ]
