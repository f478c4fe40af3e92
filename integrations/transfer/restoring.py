"""Make what an export has, a habit at a time: as it was, with all versions, logs, pauses, goals and reminders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from common.errors import DomainError
from habits.models import Habit
from habits.services import HabitFields, restore_habit
from integrations.models import ImportedHabit as Link
from integrations.models import TransferItem
from integrations.transfer.exporting import origin_of
from integrations.transfer.imports import known_keys, source_key
from integrations.transfer.own_format import OwnExport, OwnHabit, OwnLog, OwnPause, OwnTrack, logs_name
from integrations.transfer.previews import schedule_of
from notifications.reminders.services import replace_all
from tracking.models import HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.tracks import personal
from tracking.tracks.restoring import (
    FormerGoal,
    FormerLog,
    FormerPause,
    FormerTrack,
    kept_pauses,
    restore_days,
    restore_track,
)
from users.models import User

SOURCE = "export"
Outcome = TransferItem.Outcome


def in_order(export: OwnExport) -> list[OwnHabit]:
    """Return the habits of an export, rewards first: others refer to them."""
    return sorted(export.habits, key=lambda habit: not habit.is_pleasant)


def preview_of(export: OwnExport, user: User) -> dict[str, Any]:
    """Return the preview of an export as JSON, in the form of that of an import."""
    habits = in_order(export)
    known = _known(user, export)
    return {
        "habits": [_preview(habit, days=_days(export, habit), is_known=habit.id in known) for habit in habits],
        "days": sum(_days(export, habit) for habit in habits),
        "notices": [],
        "skipped": [],
        "skip_counts": {},
        "asks": [],
        "columns": None,
    }


def restore_pauses(*, user: User, found: Sequence[OwnPause], now: datetime) -> list[str]:
    """Add the pauses of all habits together that the user does not have yet, the latest first. Return notices."""
    former = _former_pauses(found)
    kept = kept_pauses(former)
    are_all_there = len(kept) == len(former)
    for first, last, _ in reversed(kept):
        lasts_as_long = Q(last_day=None) if last is None else Q(last_day=None) | Q(last_day__gte=last)
        if Pause.objects.filter(lasts_as_long, user=user, track=None, first_day__lte=first).exists():
            continue
        try:
            pauses.add(user=user, track_id=None, first_day=first, last_day=last, now=now)
        except DomainError:  # the user has as many pauses as are allowed
            are_all_there = False
    return [] if are_all_there else ["pauses_left_out"]


@transaction.atomic(savepoint=False)
def restore(*, user: User, export: OwnExport, habit: OwnHabit, now: datetime) -> TransferItem:
    """Make a habit of an export, or find the one that it is here, and add the days that it lacks.

    Return what came of it, not saved. Raises DomainError of the services; the caller undoes what was begun.
    """
    existing = _find(user, export, habit)
    logs = [_former(log) for log in export.logs_of(habit)]
    notices = [] if habit.is_own else ["now_your_own"]
    if existing is not None:
        track = HabitTrack.objects.filter(user=user, habit=existing).first()
        days = restore_days(user=user, track_id=track.pk, logs=logs, now=now) if track else None
        outcome = Outcome.CHANGED if days and days.added else Outcome.UNCHANGED
        return _item(existing, habit, outcome, notices, *((days.added, days.kept, days.refused) if days else (0, 0, 0)))
    made = restore_habit(
        owner=user,
        versions=habit.versions,
        created_on=habit.created_on,
        extensions=habit.extensions,
        now=now,
        **_fields(user, export, habit),
    )
    Link.objects.create(user=user, habit=made, source_key=source_key(SOURCE, _key(export, habit)))
    if made.is_pleasant or habit.track is None:
        return _item(made, habit, Outcome.CREATED, notices)
    former = _former_track(habit.track)
    if len(kept_pauses(former.pauses)) < len(former.pauses):
        notices.append("pauses_left_out")
    track, days = restore_track(user=user, habit=made, former=former, goals=_goals(habit.track), logs=logs, now=now)
    reminders = [(each.local_time, each.text, each.is_on) for each in habit.track.reminders]
    replace_all(track=track, reminders=reminders, now=now)
    notices += _restore_tags(user, track, habit.track, now=now)
    return _item(made, habit, Outcome.CREATED, notices, days.added, days.kept, days.refused)


def _restore_tags(user: User, track: HabitTrack, former: OwnTrack, *, now: datetime) -> list[str]:
    try:
        with transaction.atomic():
            personal.edit(user=user, track_id=track.pk, tags=list(former.tags), now=now)
    except DomainError:  # the user has as many tags as are allowed
        return ["tags_left_out"]
    return []


def _find(user: User, export: OwnExport, habit: OwnHabit) -> Habit | None:
    """Return what a habit of the export is here: the habit itself, if it was exported here, or what was made of it."""
    if export.origin == origin_of(user):
        found = Habit.objects.filter(_mine(user), pk=habit.id, created_at=habit.created_at).first()
        if found is not None:
            return found
    link = (
        Link.objects.filter(user=user, source_key=source_key(SOURCE, _key(export, habit)))
        .select_related("habit")
        .first()
    )
    return link.habit if link else None


def _known(user: User, export: OwnExport) -> set[int]:
    keys = {_key(export, habit): habit.id for habit in export.habits}
    known = {keys[key] for key in known_keys(user, SOURCE, list(keys))}
    if export.origin == origin_of(user):
        created = {habit.id: habit.created_at for habit in export.habits}
        rows = Habit.objects.filter(_mine(user), pk__in=created).values_list("pk", "created_at")
        known |= {pk for pk, created_at in rows if created_at == created[pk]}
    return known


def _mine(user: User) -> Q:
    return Q(owner=user) | Q(pk__in=HabitTrack.objects.filter(user=user, left_at=None).values("habit"))


def _key(export: OwnExport, habit: OwnHabit) -> str:
    return f"{export.origin}:{habit.id}:{habit.created_at.isoformat()}"


def _fields(user: User, export: OwnExport, habit: OwnHabit) -> HabitFields:
    reward = next((each for each in export.habits if each.id == habit.linked_habit), None)
    linked = _find(user, export, reward) if reward else None
    return {
        "name": habit.name,
        "description": habit.description,
        "action": habit.action,
        "place": habit.place,
        "time": habit.time,
        "is_pleasant": habit.is_pleasant,
        "goal_type": habit.goal_type.value,
        "reward": habit.reward,
        "linked_habit": linked.pk if linked else None,
        "duration": habit.duration,
        "start_date": habit.start_date,
        "end_date": habit.end_date,
        "is_published": habit.is_published and habit.is_own,
    }


def _former(log: OwnLog) -> FormerLog:
    return FormerLog(
        day=log.day,
        status=log.status,
        amount=log.amount,
        note=log.note,
        completed_at=log.completed_at,
        source=log.source,
    )


def _former_track(track: OwnTrack) -> FormerTrack:
    return FormerTrack(
        started_on=track.started_on,
        windows_from=track.windows_from,
        archived_at=track.archived_at,
        colour=track.colour,
        icon=track.icon,
        position=track.position,
        pauses=_former_pauses(track.pauses),
    )


def _former_pauses(found: Sequence[OwnPause]) -> list[FormerPause]:
    return [(pause.first_day, pause.last_day, pause.reason) for pause in found]


def _goals(track: OwnTrack) -> list[FormerGoal]:
    return [
        FormerGoal(
            amount=goal.amount,
            days=goal.days,
            first_day=goal.first_day,
            deadline=goal.deadline,
            reached_on=goal.reached_on,
            reached_at=goal.reached_at,
        )
        for goal in track.goals
    ]


def _item(made: Habit, habit: OwnHabit, outcome: TransferItem.Outcome, notices: list[str], *days: int) -> TransferItem:
    added, kept, refused = days or (0, 0, 0)
    return TransferItem(
        outcome=outcome,
        habit=made,
        name=habit.name,
        days_added=added,
        days_kept=kept,
        days_refused=refused,
        notices=notices,
    )


def _days(export: OwnExport, habit: OwnHabit) -> int:
    return export.rows.get(logs_name(habit.id), 0)


def _preview(habit: OwnHabit, *, days: int, is_known: bool) -> dict[str, Any]:
    track = habit.track
    return {
        "name": habit.name,
        "description": habit.description,
        "goal_type": habit.goal_type.value,
        "schedule": schedule_of(habit.versions[-1].schedule),
        "archived": bool(track and track.archived_at),
        "tags": list(track.tags) if track else [],
        "colour": track.colour if track else "",
        "reminders": [],
        "days": days,
        "first_day": None,
        "last_day": None,
        "notices": [] if habit.is_own else ["now_your_own"],
        "is_known": is_known,
    }
