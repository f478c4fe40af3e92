"""history_growth: setting today's log of a track with a long history, against one with a short history.

history_rows: the rows that PostgreSQL reads for it. Each time another amount is said, as what was said before
changes nothing.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.people import populate
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from tracking.days import set_day
from tracking.models import HabitLog, HabitTrack

SHORT, LONGER, LONGEST = 10, 1_000, 10_000  # days
TURNS = 40


def run(world: World, options: Options) -> Iterator[float]:
    """10,000 days ÷ 10 days, one a round."""
    return _run(world, options, days=LONGEST)


def shorter(world: World, options: Options) -> Iterator[float]:
    """1,000 days ÷ 10 days, one a round."""
    return _run(world, options, days=LONGER)


def rows(world: World, options: Options) -> Iterator[float]:
    """Rows read with 10,000 days ÷ with 1,000, one a round: both have more than what today's log looks back on."""
    world.forget()
    long, short = _with_history(world, LONGEST, name="rows"), _with_history(world, LONGER, name="rows")
    yield from ratios(options.rounds, over=lambda: rows_read(long), under=lambda: rows_read(short))


def _run(world: World, options: Options, *, days: int) -> Iterator[float]:
    world.forget()
    name = f"history_{days}"

    def timed(of: int) -> Timed:
        set_today = _with_history(world, of, name=name)
        return lambda: seconds(set_today)

    yield from ratios(options.rounds, over=timed(days), under=timed(SHORT), turns=TURNS)


def rows_read(call: Callable[[], None]) -> float:
    """How many rows of tables PostgreSQL reads for one call; one before it leaves its checkpoints.

    By indexes only: of a table of few rows the planner would read all.
    """
    call()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        before = _read_so_far()
        call()
        return _read_so_far() - before


def _read_so_far() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
        )
        [read] = cursor.fetchone() or [0]
    return float(read)


def _with_history(world: World, days: int, *, name: str) -> Callable[[], None]:
    """Sets today's log of a track with so many days of history, in a database of its own."""
    name = f"{name}_{days}"
    world.fresh_database(name)
    now = timezone.now()
    populate(tracks=1, users=1, at=now.replace(second=0, microsecond=0), history_days=days)
    track = HabitTrack.objects.select_related("user").get()
    # As long as its history: a track that began earlier has periods to judge before its first log.
    HabitTrack.objects.update(started_on=min(HabitLog.objects.values_list("day", flat=True)))

    amounts = count(1)

    def set_today() -> None:
        world.use_database(f"bench_{name}")
        moment = timezone.now()
        today = track.user.clock.day_of(moment)
        amount = Decimal(next(amounts))
        set_day(user=track.user, track_id=track.pk, day=today, amount=amount, source="api", now=moment)

    return set_today
