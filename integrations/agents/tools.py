"""The tools. Each is an operation of the API under the same scope, with the same checks, queries and services."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from common import serializers as fields
from common.errors import DomainError
from common.work_limits import expensive_read
from habits import services as habits
from habits.recurrence import in_force
from habits.serializers import schedule_data, to_service_arguments
from habits.views import HabitViewSet
from integrations.agents import serializers
from integrations.agents.schemas import Schema, input_schema, output_schema
from integrations.agents.serializers import habit_name, marked_text
from tracking.explanations import queries as explanations
from tracking.explanations.serializers import ExplanationSerializer
from tracking.explanations.views import ExplanationView
from tracking.insights.progress import progress
from tracking.insights.serializers import ProgressSerializer, TodaySerializer
from tracking.insights.today import TodayEntry, entries, entries_of_day
from tracking.insights.views import DayView, ProgressView
from tracking.logs import services as days
from tracking.logs.serializers import ClearedSerializer, ContentSerializer, LoggedSerializer
from tracking.logs.views import LogView
from tracking.models import HabitLog, HabitTrack
from tracking.pauses import services as pauses
from tracking.pauses.serializers import PauseSerializer
from tracking.pauses.views import PauseViewSet
from tracking.tracks import queries
from tracking.tracks.histories import strengths_at
from tracking.tracks.related import load_related
from tracking.tracks.serializers import TrackSerializer
from tracking.tracks.views import TrackViewSet
from users.models import User
from users.scopes import Scope

PAGE = 30
NO_TRACK = "There is no such track. `today` and `list_habits` have the ids."
Answer = dict[str, Any]
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool. `operation`: the view and the method whose scope it has; `run` takes what `reads` accepts."""

    name: str
    title: str
    description: str
    operation: tuple[Any, str]
    reads: type[fields.BaseSerializer[Any]]
    writes: type[fields.BaseSerializer[Any]]
    run: Callable[[User, Arguments, datetime], Answer]
    is_read_only: bool = True
    is_idempotent: bool = True
    is_destructive: bool = False

    @property
    def scope(self) -> Scope:
        """Return the scope that a key needs for the tool."""
        view, operation = self.operation
        scope: Scope = view.key_scopes[operation]
        return scope

    def describe(self) -> dict[str, Any]:
        """Return the tool as `tools/list` shows it."""
        reads: Any = self.reads
        writes: Any = self.writes
        takes: Schema = input_schema(reads())
        return {
            "name": self.name,
            "title": self.title,
            "description": f"{self.description} Scope of the key: {self.scope}.",
            "inputSchema": takes,
            "outputSchema": output_schema(writes()),
            "annotations": {
                "readOnlyHint": self.is_read_only,
                "destructiveHint": self.is_destructive,
                "idempotentHint": self.is_idempotent,
                "openWorldHint": False,
            },
        }

    def call(self, user: User, arguments: Any, *, now: datetime) -> Answer:
        """Check the arguments and run the tool for a user. Raises ValidationError, and what the operation raises.

        A track that the user does not have is DomainError does_not_exist.
        """
        reads: Any = self.reads
        given = reads(data=arguments, context={"today": user.clock.day_of(now)})
        given.is_valid(raise_exception=True)
        try:
            return self.run(user, given.validated_data, now)
        except HabitTrack.DoesNotExist as error:
            raise DomainError("does_not_exist", NO_TRACK, "track") from error


def _today(user: User, given: Arguments, now: datetime) -> Answer:
    chosen = dict(given)
    day = chosen.pop("day", None) or user.clock.day_of(now)
    found = (
        entries_of_day(user, day, now=now, **chosen)
        if day != user.clock.day_of(now)
        else entries(user, now=now, **chosen)
    )
    context = _context(user, now) | {"strengths": {entry.track.pk: entry.strength for entry in found}}
    shown = TodaySerializer(context=context)
    return {"day": day.isoformat(), "tracks": [_today_track(user, entry, shown) for entry in found]}


def _today_track(user: User, entry: TodayEntry, shown: TodaySerializer) -> Answer:
    data, habit = shown.to_representation(entry), entry.track.habit
    unit = in_force(habit.versions, entry.day).schedule.unit
    return {
        "track": entry.track.pk,
        "habit": habit_name(habit, user),
        **{name: data[name] for name in ("due", "status", "amount", "daily_amount", "period", "limit", "at_risk")},
        "unit": marked_text(unit, habit, user) if unit else None,
        "current_streak": data["track"]["current_streak"],
        "streak_unit": data["track"]["streak_unit"],
    }


def _list_habits(user: User, given: Arguments, now: datetime) -> Answer:
    chosen = dict(given)
    page = chosen.pop("page")
    found = queries.tracks_of_users([user], **chosen)
    tracks, has_more = _page(found, page)
    load_related(tracks, [user])
    context = _context(user, now)
    shown = TrackSerializer(context=context | {"strengths": strengths_at(tracks, context["today"])})
    listed = []
    for track in tracks:
        data, habit = shown.to_representation(track), track.habit
        schedule = in_force(habit.versions, context["today"]).schedule
        unit = marked_text(schedule.unit, habit, user) if schedule.unit else None
        listed.append(
            {
                "track": track.pk,
                "habit": habit_name(habit, user),
                "goal_type": habit.goal_type,
                "schedule": schedule_data(schedule) | {"unit": unit},
                **{name: data[name] for name in ("archived", "started_on", "current_streak", "longest_streak")},
                **{name: data[name] for name in ("streak_unit", "lapses_at")},
            }
        )
    return {"count": found.count(), "has_more": has_more, "tracks": listed}


def _log_day(user: User, given: Arguments, now: datetime) -> Answer:
    said = dict(given)
    track_id, day = said.pop("track"), said.pop("day", None) or user.clock.day_of(now)
    source = HabitLog.Source.API
    if "add" in said:
        write = days.add_amount(
            user=user,
            track_id=track_id,
            day=day,
            amount=said["add"],
            source=source,
            key=said.get("request_id", ""),
            now=now,
        )
    else:
        write = days.set_day(user=user, track_id=track_id, day=day, source=source, now=now, **said)
    return _logged(track_id, write, now)


def _undo_day(user: User, given: Arguments, now: datetime) -> Answer:
    track_id, day, before = given["track"], given["day"], given["before"]
    if before is None:
        cleared = ClearedSerializer(
            days.clear_day(user=user, track_id=track_id, day=day, now=now), context={"now": now}
        ).data
        return {"track": track_id, "day": day.isoformat(), "now": None, **cleared}
    write = days.set_day(user=user, track_id=track_id, day=day, source=HabitLog.Source.API, now=now, **before)
    return _logged(track_id, write, now)


def _logged(track_id: int, write: Any, now: datetime) -> Answer:
    data = LoggedSerializer(write, context={"now": now}).data
    said = {name: data[name] for name in ContentSerializer().fields}
    return {"track": track_id, "now": said, **{name: data[name] for name in ("day", "before", "streak")}}


def _progress(user: User, given: Arguments, now: datetime) -> Answer:
    chosen = dict(given)
    first, last, page = chosen.pop("first"), chosen.pop("last"), chosen.pop("page")
    today = user.clock.day_of(now)
    found = queries.filtered_tracks(user, today=today, **chosen)
    tracks, has_more = _page(found, page)
    load_related(tracks, [user])
    shown = ProgressSerializer()
    with expensive_read(user_id=user.pk):
        results = progress(tracks, first=first, last=last, today=today)
    return {
        "first": first.isoformat(),
        "last": last.isoformat(),
        "count": found.count(),
        "has_more": has_more,
        "tracks": [shown.to_representation(each) | {"habit": habit_name(each.track.habit, user)} for each in results],
    }


def _explain_streak(user: User, given: Arguments, now: datetime) -> Answer:
    begin = (given["page"] - 1) * PAGE
    with expensive_read(user_id=user.pk):
        found = explanations.track_explanation(user=user, track_id=given["track"], now=now)
        periods = found.explanation.periods
        shown = explanations.explained_periods(found, periods[begin : begin + PAGE])
        data = ExplanationSerializer(found, context={"periods": shown, "next": None, "previous": None}).data
    kept = {name: value for name, value in data.items() if name not in {"next", "previous"}}
    return kept | {"has_more": begin + PAGE < len(periods)}


def _create_habit(user: User, given: Arguments, now: datetime) -> Answer:
    habit = habits.create_habit(owner=user, now=now, **to_service_arguments(given))
    track = HabitTrack.objects.filter(habit=habit, user=user).first()
    return {"habit": habit.pk, "track": track.pk if track else None, "sentence": habit.sentence}


def _pause(user: User, given: Arguments, now: datetime) -> Answer:
    return dict(PauseSerializer(pauses.add(user=user, now=now, **given)).data)


def _context(user: User, now: datetime) -> dict[str, Any]:
    return {"user": user, "now": now, "today": user.clock.day_of(now), "tags": {}}


def _page(found: QuerySet[HabitTrack], page: int) -> tuple[list[HabitTrack], bool]:
    """Return the tracks of a page, and whether there are more."""
    begin = (page - 1) * PAGE
    rows = list(found[begin : begin + PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


TOOLS: Sequence[Tool] = (
    Tool(
        name="today",
        title="What a day asks for",
        description="The user's tracks for which a day, today if none is named, is a target day: what is due, done, and at "
        "risk of losing its streak. Start here: the other tools need the track ids of this.",
        operation=(DayView, "get"),
        reads=serializers.TodayInput,
        writes=serializers.TodayOutput,
        run=_today,
    ),
    Tool(
        name="log_day",
        title="Log a day",
        description="Records what the user did on a day of a track. Repeating it changes nothing, except with `add`. "
        "Returns what the day said before, for undo_day, and the streak.",
        operation=(LogView, "put"),
        reads=serializers.LogDayInput,
        writes=serializers.LoggedOutput,
        run=_log_day,
        is_read_only=False,
        is_idempotent=False,
    ),
    Tool(
        name="undo_day",
        title="Undo a log",
        description="Takes a log_day back: give the `before` that it returned.",
        operation=(LogView, "delete"),
        reads=serializers.UndoDayInput,
        writes=serializers.LoggedOutput,
        run=_undo_day,
        is_read_only=False,
        is_destructive=True,
    ),
    Tool(
        name="list_habits",
        title="The user's habits",
        description="All tracks of the user, own habits and followed ones, with schedules and streaks.",
        operation=(TrackViewSet, "list"),
        reads=serializers.ListHabitsInput,
        writes=serializers.ListHabitsOutput,
        run=_list_habits,
    ),
    Tool(
        name="progress",
        title="Progress over days",
        description="Each day and each period of a range, the last week if none is given, for each habit.",
        operation=(ProgressView, "get"),
        reads=serializers.ProgressInput,
        writes=serializers.ProgressOutput,
        run=_progress,
    ),
    Tool(
        name="explain_streak",
        title="Why a streak is what it is",
        description="The periods that count towards the current streak of a track, newest first, with reasons.",
        operation=(ExplanationView, "get"),
        reads=serializers.ExplainStreakInput,
        writes=serializers.ExplainStreakOutput,
        run=_explain_streak,
    ),
    Tool(
        name="create_habit",
        title="Create a habit",
        description="Creates a habit of the user and starts to track it. It needs a name and a frequency. Ask the user first.",
        operation=(HabitViewSet, "create"),
        reads=serializers.CreateHabitInput,
        writes=serializers.CreatedHabitOutput,
        run=_create_habit,
        is_read_only=False,
        is_idempotent=False,
    ),
    Tool(
        name="pause",
        title="Pause",
        description="Pauses a track, or all tracks, for some days: nothing is due, and no streak breaks.",
        operation=(PauseViewSet, "create"),
        reads=serializers.PauseInput,
        writes=serializers.PauseOutput,
        run=_pause,
        is_read_only=False,
    ),
)
BY_NAME = {each.name: each for each in TOOLS}
