"""leaderboard_growth: the leaderboards of everyone as one user sees them, with many tracks and with few."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.people import ZONES, fill, tidy
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from community.leaderboards.boards import global_leaderboard
from community.leaderboards.rules import STREAKS
from community.leaderboards.settling import find_differences
from community.models import LeaderboardBucket, LeaderboardEntry, LeaderboardMark
from habits.models import Habit, HabitSchedule
from tracking.models import HabitTrack
from users.models import User

FEW = 10_000
HABITS = 4  # each followed by every user
UNSETTLED = 50  # users who logged since the last settlement, and as many whose streaks have lapsed
TURNS = 40
MAX_STREAK = 1_000  # days


def run(world: World, options: Options) -> Iterator[float]:
    """Yield `options.reminders` tracks ÷ 10,000 tracks for each round."""
    world.reset()
    at = timezone.now().replace(second=0, microsecond=0)
    rng = random.Random(1)

    def with_tracks(tracks: int) -> Timed:
        people = tracks // HABITS
        world.fresh_database(f"leaderboards_{tracks}")
        populate(people=people, at=at)
        if tracks == FEW:  # check that the rows are those that the service would have written
            assert not list(find_differences(now=at, repair=False))
        fill(LeaderboardMark, UNSETTLED, user_id=f"i * {people // UNSETTLED} - 1")
        tidy()
        database = connection.settings_dict["NAME"]

        def look() -> float:
            """Time both boards of streaks for a random user."""
            world.use_database(database)
            viewer = User.objects.get(pk=rng.randint(1, people))
            return seconds(lambda: _tops(viewer, at))

        return look

    yield from ratios(options.rounds, over=with_tracks(options.reminders), under=with_tracks(FEW), turns=TURNS)


def _tops(viewer: User, at: datetime) -> None:
    for board in sorted(STREAKS):
        seen = global_leaderboard(viewer=viewer, board=board, now=at + timedelta(seconds=30)).rows
        assert len(seen.top) == 100 and seen.me.rank >= 1


def populate(*, people: int, at: datetime) -> None:
    """Create ranked users with a streak on each habit, few of them long, and their leaderboard entries."""
    now = f"'{at.isoformat()}'::timestamptz"
    user = f"(1 + (i - 1) / {HABITS})"
    longest = f"(1 + floor({MAX_STREAK} * power(mod(i::bigint * 7919, 10007) / 10007.0, 3)))::int"
    lapses_at = (
        f"({now} + CASE WHEN mod({user}, {people // UNSETTLED}) = 0 THEN interval '10 s' ELSE interval '1 day' END)"
    )
    fill(
        User,
        people,
        id="i",
        email="'person' || i || '@example.org'",
        username="'person' || i",
        email_key="'person' || i || '@example.org'",
        username_key="'person' || i",
        password="'!'",
        time_zone=f"(ARRAY[{', '.join(repr(zone) for zone in ZONES)}])[1 + mod(i, {len(ZONES)})]",
        is_active="true",
        is_ranked="true",
    )
    fill(Habit, HABITS, id="i", name="'Habit ' || i", created_on=f"{now}::date", is_published="true")
    fill(HabitSchedule, HABITS, habit_id="i", frequency="'daily'")
    fill(
        HabitTrack,
        people * HABITS,
        id="i",
        user_id=user,
        habit_id=f"1 + mod(i, {HABITS})",
        started_on=f"{now}::date - {MAX_STREAK}",
        longest_streaks=f"jsonb_build_object('day', {longest})",
        streak=f"greatest(1, {longest} * mod(i::bigint * 104729, 997) / 997)",
        lapses_at=lapses_at,
    )
    entries, buckets = LeaderboardEntry._meta.db_table, LeaderboardBucket._meta.db_table
    with connection.cursor() as cursor:
        for board, values in (
            ("current", "max(streak), max(lapses_at)"),
            ("longest", "max((longest_streaks->>'day')::int), NULL"),
        ):
            cursor.execute(
                f"INSERT INTO {entries} (user_id, board, key, value, valid_until) SELECT user_id, '{board}', 'day', "
                f"{values} FROM {HabitTrack._meta.db_table} GROUP BY user_id"
            )
        cursor.execute(
            f"INSERT INTO {buckets} (board, key, value, people) "
            f"SELECT board, key, value, count(*) FROM {entries} GROUP BY board, key, value"
        )
