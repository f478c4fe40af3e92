"""history_growth: setting today's log of a track with a long history, against one with a short history."""

from collections.abc import Iterator

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


def _run(world: World, options: Options, *, days: int) -> Iterator[float]:
    world.forget()
    long, short = _with_history(world, days, of=days), _with_history(world, SHORT, of=days)
    yield from ratios(options.rounds, over=long, under=short, turns=TURNS)


def _with_history(world: World, days: int, *, of: int) -> Timed:
    name = f"history_{days}_of_{of}"
    world.fresh_database(name)
    now = timezone.now()
    populate(tracks=1, users=1, at=now.replace(second=0, microsecond=0), history_days=days)
    track = HabitTrack.objects.select_related("user").get()
    # As long as its history: a track that began earlier has periods to judge before its first log.
    HabitTrack.objects.update(started_on=min(HabitLog.objects.values_list("day", flat=True)))

    def set_today() -> None:
        moment = timezone.now()
        today = track.user.clock.day_of(moment)
        set_day(user=track.user, track_id=track.pk, day=today, status="completed", source="api", now=moment)

    def timed() -> float:
        world.use_database(f"bench_{name}")
        return seconds(set_today)

    return timed
