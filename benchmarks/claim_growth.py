"""claim_growth: one tick with the same number of due reminders in a large and in a small table."""

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone

from benchmarks.claim import rewind, tick
from benchmarks.measures import Options
from benchmarks.people import populate
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from notifications.models import Delivery

DUE = 5_000
FEW = 10_000
HABITS_PER_USER = 4


def run(world: World, options: Options) -> Iterator[float]:
    """Yield `options.reminders` ÷ 10,000 for each round. The due reminders are spread over the whole table."""
    world.reset()
    at = timezone.now().replace(second=0, microsecond=0)

    def with_reminders(reminders: int) -> Timed:
        name, every = f"growth_{reminders}", reminders // DUE
        world.fresh_database(name)
        populate(tracks=reminders, users=reminders // HABITS_PER_USER, at=at, due_every=every)
        database = connection.settings_dict["NAME"]

        def one_tick() -> float:
            world.use_database(database)
            rewind(at, every=every)
            taken = seconds(lambda: tick(at))
            assert Delivery.objects.count() == DUE
            return taken

        return one_tick

    yield from ratios(options.rounds, over=with_reminders(options.reminders), under=with_reminders(FEW))
