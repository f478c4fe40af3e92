"""history_growth: setting today's log of a track with a long history, compared with a short history.

history_rows: the rows that PostgreSQL reads for it. Each call sets another amount, because setting the same one changes
nothing.
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
from tracking.logs.services import set_day
from tracking.models import HabitLog, HabitTrack

SHORT, MEDIUM, LONG = 10, 1_000, 10_000  # days
TURNS = 40


def run(world: World, options: Options) -> Iterator[float]:
    """Yield 10,000 days ÷ 10 days for each round."""
    return _run(world, options, days=LONG)


def shorter(world: World, options: Options) -> Iterator[float]:
    """Yield 1,000 days ÷ 10 days for each round."""
    return _run(world, options, days=MEDIUM)


def rows(world: World, options: Options) -> Iterator[float]:
    """Yield the rows read with 10,000 days ÷ with 1,000 for each round. Today's log needs fewer days than either."""
    world.reset()
    long, short = _with_history(world, LONG, name="rows"), _with_history(world, MEDIUM, name="rows")
    yield from ratios(options.rounds, over=lambda: rows_read(long), under=lambda: rows_read(short))


def _run(world: World, options: Options, *, days: int) -> Iterator[float]:
    world.reset()
    name = f"history_{days}"

    def timed(of: int) -> Timed:
        set_today = _with_history(world, of, name=name)
        return lambda: seconds(set_today)

    yield from ratios(options.rounds, over=timed(days), under=timed(SHORT), turns=TURNS)


def rows_read(call: Callable[[], None]) -> float:
    """Return how many table rows PostgreSQL reads for one call, after another call that stores its checkpoints.

    Only with indexes: the planner would scan the whole of a small table.
    """
    call()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        before = _rows_read_so_far()
        call()
        return _rows_read_so_far() - before


def _rows_read_so_far() -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables"
        )
        [read] = cursor.fetchone() or [0]
    return float(read)


def _with_history(world: World, days: int, *, name: str) -> Callable[[], None]:
    """Create a database with a track of `days` days of history; return a function that sets today's log."""
    name = f"{name}_{days}"
    world.fresh_database(name)
    now = timezone.now()
    populate(tracks=1, users=1, at=now.replace(second=0, microsecond=0), history_days=days)
    track = HabitTrack.objects.select_related("user").get()
    # The track starts with its first log: otherwise the periods before it would be evaluated too.
    HabitTrack.objects.update(first_log_on=min(HabitLog.objects.values_list("day", flat=True)))

    amounts = count(1)

    def set_today() -> None:
        world.use_database(f"bench_{name}")
        moment = timezone.now()
        today = track.user.clock.day_of(moment)
        amount = Decimal(next(amounts))
        set_day(user=track.user, track_id=track.pk, day=today, amount=amount, source="api", now=moment)

    return set_today
