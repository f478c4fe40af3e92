"""Load what the messages of a batch are made of, in a number of queries that does not depend on how many they are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from achievements.models import UserAchievement
from habits.models import version_of
from notifications.digest import content as digest_content
from notifications.digest.content import WeekContent
from notifications.models import ChannelConnection, Delivery, Reminder
from notifications.outbox import challenge_messages, security_messages, subjects
from notifications.outbox.challenge_messages import ChallengeResult
from notifications.outbox.security_messages import WaysIn
from notifications.reminders.occurrences import days_before
from tracking.models import Goal, HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.tracks.histories import first_day_to_judge, load_histories
from tracking.tracks.plans import load_pauses, load_versions, plan_of
from users.models import Session, User

LATE_AFTER = timedelta(seconds=60)  # ticks run once a minute


@dataclass(frozen=True, slots=True)
class BatchContext:
    """The data that the composers of one batch need, loaded together."""

    now: datetime
    tracks: dict[int, HabitTrack]
    histories: dict[int, TrackHistory]
    missed: dict[int, list[date]]  # by the id of a delivery: the days of reminders before it that were not sent
    superseded: set[int]  # ids of deliveries that a later reminder of the same track replaces
    goals: dict[int, Goal]
    awards: dict[int, UserAchievement]
    sessions: dict[int, Session]
    challenge_results: dict[int, ChallengeResult]  # this and the next: by the id of the delivery
    weeks: dict[int, WeekContent]
    addressees: dict[str, User]  # by mail address
    connections: dict[str, ChannelConnection]  # those that await a code, by address
    ways_in: WaysIn
    subjects: dict[str, Mapping[int, Any]]  # by kind, of those that apps above this one compose


def load(deliveries: Sequence[Delivery], now: datetime) -> BatchContext:
    """Load what the deliveries of a batch need, without queries for kinds that are not in it."""
    live = [each for each in deliveries if now < each.expires_at]
    track_days = [(delivery.track_id, delivery.day) for delivery in live if delivery.track_id]
    users = {delivery.user_id: delivery.user for delivery in live if delivery.user}
    tracks = _tracks({track_id for track_id, _ in track_days}, users)
    missed = _missed_days(live, tracks)
    since: dict[int, date] = {}
    for track_id, delivery_day in [
        *track_days,
        *((each.track_id, day) for each in live for day in missed.get(each.pk, ())),
    ]:
        track = tracks.get(track_id or 0)
        if track is None:  # deleted since the delivery was claimed
            continue
        day = delivery_day or track.user.clock.day_of(now)
        since[track.pk] = min(since.get(track.pk, day), first_day_to_judge(plan_of(track), day))
    return BatchContext(
        now=now,
        tracks=tracks,
        histories=load_histories(tracks.values(), since=since),
        missed=missed,
        superseded=_superseded(live, now),
        goals=_goals(live),
        awards=_awards(live),
        sessions=Session.objects.in_bulk(_subjects(live, Delivery.Kind.NEW_DEVICE)),
        challenge_results=challenge_messages.load_results(live),
        weeks=digest_content.load_weeks(live, now=now),
        addressees=_addressees(live),
        connections=_connections(live),
        ways_in=security_messages.load(live),
        subjects={kind: subjects.get(kind).load(ids) for kind in subjects.names() if (ids := _subjects(live, kind))},
    )


def _addressees(deliveries: Sequence[Delivery]) -> dict[str, User]:
    """Return the users behind the addresses (lookup keys) of deliveries that name no user, by address."""
    addresses = {delivery.address for delivery in deliveries if delivery.address and delivery.user_id is None}
    if not addresses:
        return {}
    users = User.objects.filter(Q(email_key__in=addresses) | Q(email__in=addresses))  # a second attempt has the address
    return {name: user for user in users for name in (user.email, user.email_key)}


def _connections(deliveries: Sequence[Delivery]) -> dict[str, ChannelConnection]:
    named = {each.address for each in deliveries if each.kind == Delivery.Kind.CHANNEL_CODE}
    if not named:
        return {}
    return {each.address: each for each in ChannelConnection.objects.filter(address__in=named, pending=True)}


def _tracks(ids: Collection[int], users: Mapping[int | None, User]) -> dict[int, HabitTrack]:
    """Return the tracks by id, with their habits, the habits' versions and users loaded."""
    tracks = list(HabitTrack.objects.filter(pk__in=ids).select_related("habit")) if ids else []
    versions = load_versions({track.habit_id for track in tracks}) if tracks else {}
    for track in tracks:
        track.habit.remember_versions(tuple(version_of(*columns) for columns in versions[track.habit_id]))
        if track.user_id in users:
            track.user = users[track.user_id]
    return {track.pk: track for track in tracks}


def _missed_days(deliveries: Sequence[Delivery], tracks: Mapping[int, HabitTrack]) -> dict[int, list[date]]:
    """Return the days of reminders that were missed before deliveries, by delivery id; none if they may have been sent."""
    late = [(each, tracks.get(each.track_id or 0)) for each in deliveries if each.missed_count and not each.uncertain]
    pauses = load_pauses({track.pk: track.user_id for _, track in late if track})
    return {
        each.pk: days_before(plan_of(track), pauses[track.pk], each.day, each.missed_count)
        for each, track in late
        if track is not None and each.day is not None
    }


def _superseded(deliveries: Sequence[Delivery], now: datetime) -> set[int]:
    """Return the ids of reminders that another reminder of the same track replaces.

    After an outage a track is reminded once, whichever senders are running. A reminder is superseded if a later one is
    due too, planned or queued; or if it is late and the track was reminded since. One statement, because a tick may
    move a reminder from its plan to the outbox between two statements.
    """
    reminders = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries if delivery.track_id and delivery.kind == Delivery.Kind.REMINDER]
    )
    # Its own reminder may have been planned for this very instant again: after a clock that ran ahead.
    planned = Reminder.objects.filter(track=OuterRef("track"), next_at__lte=now).filter(
        Q(next_at__gt=OuterRef("due_at")) | Q(next_at=OuterRef("due_at")) & ~Q(pk=Coalesce(OuterRef("reminder"), 0))
    )
    same_track = Delivery.objects.filter(track=OuterRef("track"), kind=Delivery.Kind.REMINDER).exclude(
        pk=OuterRef("pk")
    )
    # Of two for the same instant the one that was queued last is sent.
    after = Q(due_at__gt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__gt=OuterRef("pk"))
    later = same_track.filter(after, due_at__lte=now).exclude(state=Delivery.State.DROPPED)
    sent_since = same_track.filter(state=Delivery.State.SENT, sent_at__gte=OuterRef("due_at"), sent_at__lte=now)
    is_late = Q(due_at__lt=now - LATE_AFTER)
    superseded = reminders.filter(Exists(later) | Exists(planned) | (is_late & Exists(sent_since)))
    return set(superseded.values_list("pk", flat=True))


def _goals(deliveries: Sequence[Delivery]) -> dict[int, Goal]:
    return Goal.objects.in_bulk(_subjects(deliveries, Delivery.Kind.GOAL_REACHED))


def _awards(deliveries: Sequence[Delivery]) -> dict[int, UserAchievement]:
    awards = UserAchievement.objects.select_related("achievement", "track__habit")
    return awards.in_bulk(_subjects(deliveries, Delivery.Kind.ACHIEVEMENT))


def _subjects(deliveries: Sequence[Delivery], kind: str) -> set[int]:
    return {each.subject_id for each in deliveries if each.kind == kind and each.subject_id is not None}
