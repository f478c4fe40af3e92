"""Write an export: everything that a person has said here, without secrets."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q
from django.utils.crypto import salted_hmac

from achievements.models import UserAchievement
from community.models import ChallengeMember, GroupMember
from habits.models import Habit
from habits.recurrence import WEEKDAYS, Version
from integrations.transfer import own_format, tables
from integrations.transfer.own_format import line_of
from notifications.models import Reminder
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from tracking.tracks.queries import ORDER
from users.models import User

# Of another person's habit that was left, and is not published any more.
_UNTOLD = {"description": "", "action": "", "place": "", "time": None, "reward": "", "duration": None}
Rows = Iterable[dict[str, Any]]
BATCH = 1000
MADE_AT = (1980, 1, 1, 0, 0, 0)  # of each entry, so that equal content makes equal bytes


def origin_of(user: User) -> str:
    """Return what tells apart the accounts from which exports come; it says nothing else of them."""
    return salted_hmac("integrations.transfer.origin", f"{settings.SITE_URL} {user.pk}").hexdigest()


def habits_of(user: User) -> list[tuple[Habit, HabitTrack | None]]:
    """Return the user's habits, and those of others that they follow, with their tracks, in the user's own order.

    After them come those that they have left, as far as they have logs.
    """
    has_logs = Exists(HabitLog.objects.filter(track=OuterRef("pk")))
    tracks = HabitTrack.objects.filter(Q(left_at=None) | Q(habit__owner=user) | has_logs, user=user)
    rows = tracks.select_related("habit", "user").prefetch_related("habit__schedules", "tags")
    found = {track.habit_id: track for track in rows.order_by(F("left_at").asc(nulls_first=True), *ORDER)}
    rewards = Habit.objects.filter(owner=user).exclude(pk__in=found).prefetch_related("schedules")
    return [*((habit, None) for habit in rewards.order_by("created_at", "pk")), *((t.habit, t) for t in found.values())]


def write(file: IO[bytes], *, user: User, now: datetime, after_habit: Callable[[int], None]) -> None:
    """Write the export as a zip. `after_habit` is called with the number of habits that are written."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        files: dict[str, dict[str, Any]] = {}
        habits = habits_of(user)
        _add(archive, files, own_format.HABITS, (_habit(user, habit, track) for habit, track in habits))
        for number, (habit, track) in enumerate(habits, 1):
            if track is not None:
                _add(archive, files, own_format.logs_name(habit.pk), _logs(track))
            after_habit(number)
        pauses = Pause.objects.filter(user=user, track=None).order_by("first_day", "pk")
        _add(archive, files, own_format.PAUSES, map(_pause, pauses))
        _add(archive, files, own_format.ACHIEVEMENTS, _achievements(user))
        _add(archive, files, own_format.MEMBERSHIPS, _memberships(user))
        manifest = {
            "format": own_format.FORMAT,
            "version": own_format.VERSION,
            "origin": origin_of(user),
            "made_at": now.isoformat(),
            "counts": {"habits": len(habits), "logs": sum(_rows_of_logs(files))},
            "files": files,
        }
        archive.writestr(zipfile.ZipInfo(own_format.MANIFEST, MADE_AT), json.dumps(manifest, indent=1))


def _rows_of_logs(files: dict[str, dict[str, Any]]) -> Iterator[int]:
    return (said["rows"] for name, said in files.items() if name.startswith("logs/"))


def _add(archive: zipfile.ZipFile, files: dict[str, dict[str, Any]], name: str, rows: Rows) -> None:
    digest, number = hashlib.sha256(), 0
    info = zipfile.ZipInfo(name, MADE_AT)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w") as entry:
        for number, row in enumerate(rows, 1):  # noqa: B007  the last one is their count
            line = line_of(row)
            digest.update(line)
            entry.write(line)
    files[name] = {"rows": number, "sha256": digest.hexdigest()}


def _habit(user: User, habit: Habit, track: HabitTrack | None) -> dict[str, Any]:
    is_own = habit.owner_id == user.pk
    linked = habit.linked_habit_for(user.pk) if habit.linked_habit_id else None
    return {
        "id": habit.pk,
        "created_at": habit.created_at,
        "is_own": is_own,
        "name": habit.name,
        "description": habit.description,
        "action": habit.action,
        "place": habit.place,
        "time": habit.time,
        "is_pleasant": habit.is_pleasant,
        "reward": habit.reward,
        "linked_habit": linked.pk if linked and linked.owner_id == user.pk else None,
        "duration": habit.duration,
        "goal_type": habit.goal_type,
        "start_date": habit.start_date,
        "end_date": habit.end_date,
        "extensions": habit.extensions,
        "created_on": habit.created_on,
        "is_published": habit.is_published and is_own,
        "versions": [_version(version) for version in habit.versions],
        "track": _track(track) if track else None,
        **(_told_of_withheld(track) if track and tables.is_withheld(track) else {}),
    }


def _told_of_withheld(track: HabitTrack) -> dict[str, Any]:
    """Return what replaces the text and schedule of a habit that the user has left and may not see any more.

    Only the versions by which they lived are told, and no word of its owner's.
    """
    assert track.left_at is not None
    left_on = track.user.clock.day_of(track.left_at)
    known = [each for each in track.habit.versions if each.starts_on is None or each.starts_on <= left_on]
    return {**_UNTOLD, "name": tables.name_of(track), "versions": [_version(each) for each in known]}


def _version(version: Version) -> dict[str, Any]:
    schedule = version.schedule
    return {
        "starts_on": version.starts_on,
        "frequency": schedule.frequency.value,
        "interval": schedule.interval,
        "weekdays": [WEEKDAYS[day] for day in sorted(schedule.weekdays)],
        "times_per_period": schedule.times_per_period,
        "daily_amount": schedule.daily_amount,
        "unit": schedule.unit,
        "limit_per_period": schedule.limit_per_period,
        "derives_times": schedule.derives_times,
    }


def _track(track: HabitTrack) -> dict[str, Any]:
    """Return a track as a record. One that was left is archived there, so that it can be taken back where it is restored."""
    pauses = Pause.objects.filter(track=track).order_by("first_day", "reason", "pk")
    goals = Goal.objects.filter(track=track).order_by("pk")
    reminders = Reminder.objects.filter(track=track).order_by(F("local_time").asc(nulls_first=True), "pk")
    goal_fields = ("amount", "days", "first_day", "deadline", "reached_on", "reached_at")
    return {
        "started_on": track.started_on,
        "windows_from": track.windows_from,
        "archived_at": track.archived_at or track.left_at,
        "colour": track.colour,
        "icon": track.icon,
        "position": track.position if track.left_at is None else None,
        "tags": sorted(tag.name for tag in track.tags.all()),
        "pauses": [_pause(pause) for pause in pauses],
        "goals": list(goals.values(*goal_fields)),
        "reminders": list(reminders.values("local_time", "text", "is_on")),
    }


def _pause(pause: Pause) -> dict[str, Any]:
    lasts_as_left = pause.reason == Pause.Reason.LEFT and pause.last_day is None
    reason = Pause.Reason.ARCHIVED if lasts_as_left else pause.reason
    return {"first_day": pause.first_day, "last_day": pause.last_day, "reason": reason}


def _logs(track: HabitTrack) -> Rows:
    logs = HabitLog.objects.filter(track=track).order_by("day")
    rows = logs.values("day", "status", "amount", "note", "completed_at", "source")
    return (dict(row) for row in rows.iterator(chunk_size=BATCH))


def _achievements(user: User) -> Rows:
    awards = UserAchievement.objects.filter(user=user, revoked_at=None).select_related("achievement", "track")
    for award in awards.order_by("awarded_at", "pk"):
        yield {
            "name_en": award.achievement.name_en,
            "name_ru": award.achievement.name_ru,
            "kind": award.achievement.kind,
            "target": award.achievement.target,
            "habit": award.track.habit_id if award.track else None,
            "day": award.day,
            "awarded_at": award.awarded_at,
        }


def _memberships(user: User) -> Rows:
    of_challenges = ChallengeMember.objects.filter(user=user).select_related("challenge").order_by("pk")
    for challenge in of_challenges:
        days = {"first_day": challenge.challenge.first_day, "last_day": challenge.challenge.last_day}
        yield {"kind": "challenge", "name": challenge.challenge.name, **days}
    for group in GroupMember.objects.filter(user=user).select_related("group").order_by("pk"):
        yield {"kind": "group", "name": group.group.name, "role": group.role, "joined_at": group.joined_at}
