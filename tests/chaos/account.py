"""The account at the end of a fault run: the outcome of each reminder, compared with the fake's journal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.utils import timezone

from common.clock import READ_EVERY
from habits.models import Habit
from notifications.models import Delivery, Reminder
from tests.chaos.accepted import Accepted, Shown
from tests.chaos.faults import Faults, count_attempts
from tests.chaos.people import MAX_PENDING, NOTHING, STATUSES, People
from tests.chaos.plan import FIRST_CHAT, Plan
from tracking.models import HabitLog

DONE_REASONS = {"already done", "skipped", "missed"}
MAX_SHOWN = 20  # problems in the report
LATE_AFTER = 60.0  # seconds after which a reminder is late
SENDING_SECONDS = 8.0  # at most from the last check of a reminder to its acceptance, on a busy machine
RESTORE_SLACK = 300.0  # seconds around a restored backup in which its rows are uncertain
MAX_UNCERTAIN_TRIES, MAX_EXPIRED_LEASES = 3, 5
AHEAD = "ahead:"  # prefix of the new key of a row that was queued while a clock ran ahead


@dataclass
class Account:
    """The outcomes of the reminders that came due; `problems` is empty if all are accounted for."""

    due: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    extra_copies: int = 0
    unmarked: int = 0  # second copies whose rows are not uncertain
    bursts: int = 0
    uncertain: int = 0
    unexplained: int = 0  # uncertain rows without a known cause
    in_flight: int = 0
    late: list[float] = field(default_factory=list)  # seconds from due to accepted
    problems: list[str] = field(default_factory=list)

    def lateness(self, share: float) -> float:
        return sorted(self.late)[int(share * (len(self.late) - 1))] if self.late else 0.0


def account(plan: Plan, people: People, journal: Accepted, faults: Faults, *, until: float) -> Account:
    """Compare the database, the fake's journal and the users' requests; `until` (time.time) is the end of the faults."""
    return _Accounting(plan, people, journal, faults, until).account()


class _Accounting:
    def __init__(self, plan: Plan, people: People, journal: Accepted, faults: Faults, until: float) -> None:
        self.plan = plan
        self.people = people
        self.journal = journal
        self.faults = faults
        self.until = until
        self.result = Account(problems=list(faults.problems))
        reminders = Delivery.objects.filter(kind=Delivery.Kind.REMINDER).select_related("user")
        self.by_track: dict[int, list[Delivery]] = defaultdict(list)
        self.by_shown: dict[Shown, Delivery] = {}
        self.shown: dict[int, Shown] = {}
        for row in reminders:
            assert row.track_id and row.user
            if row.key.startswith(AHEAD):
                self._exclude(row)
                continue
            self.by_track[row.track_id].append(row)
            self.shown[row.pk] = row.track_id, plan.shown(row.track_id, row.due_at, row.user.time_zone)
            self.by_shown[self.shown[row.pk]] = row
        self.attempts = count_attempts(faults.in_flight)

    def _exclude(self, row: Delivery) -> None:
        """Exclude a row that was queued for a future day while a clock ran ahead, and its message."""
        self.result.outcomes[_outcome(row)] += 1
        if row.message_id is not None:
            for lines in self.journal.sent.values():
                lines[:] = [line for line in lines if line["message_id"] != row.message_id]

    def account(self) -> Account:
        result = self.result
        self._find_lost()
        for row in (row for rows in self.by_track.values() for row in rows):
            result.outcomes[_outcome(row)] += 1
            for problem in self._disagreements(row):
                result.problems.append(f"delivery {row.pk} ({row.state}, {row.reason!r}): {problem}")
            self._count_copies(row)
            if row.uncertain:
                result.uncertain += 1
                result.unexplained += not self._is_explained(row)
        result.in_flight = len(self.faults.in_flight) + self.journal.unknown_outcomes.total()
        for shown in {shown for shown, lines in self.journal.sent.items() if lines} - self.by_shown.keys():
            # Allowed: the time was edited, and a restored backup undid the edit.
            if not all(self._is_restored(line["wall"]) for line in self.journal.sent[shown]):
                result.problems.append(f"accepted, but there is no such delivery: {shown}")
        offsets = list(self.faults.database_offsets)
        if self.faults.fleet.kind == "sqlite":  # it has no clock: the end of a wait is told by that of a worker
            offsets += self.faults.worker_offsets
        for shown, seconds in self.journal.sent_too_early(until=self.until, except_in=offsets).items():
            found = self.by_shown.get(shown)
            if found and not found.uncertain:
                result.problems.append(
                    f"delivery {found.pk}: sent {seconds:.0f} s before the end of Telegram's retry_after"
                )
        self._find_bursts()
        result.problems += _unplanned()
        result.problems += _lost_writes(self.people)
        return result

    def _find_lost(self) -> None:
        """Check that each planned reminder has a row, and each acknowledged new time that no later edit replaced."""
        expected = [(due.track, due.at) for due in self.plan.due]
        for track in self.plan.editors:
            mine = [edit for edit in self.people.edits if edit.track == track]
            last = mine[-1] if mine else None
            if last and last.acknowledged and last.acknowledged < last.at:
                expected.append((track, last.at))
        self.result.due = len(expected)
        for track, at in expected:
            found = [row for row in self.by_track[track] if row.due_at == at]
            if len(found) != 1:
                self.result.lost += not found
                self.result.problems.append(f"track {track}, due at {at}: {len(found)} deliveries")

    def _count_copies(self, row: Delivery) -> None:
        result, shown = self.result, self.shown[row.pk]
        accepted = self.journal.sent.get(shown, [])
        if accepted:
            result.late.append(accepted[0]["wall"] - row.due_at.timestamp())
        if len(accepted) < 2:
            return
        result.doubled += 1
        result.extra_copies += len(accepted) - 1
        if not row.uncertain:
            result.unmarked += len(accepted) - 1
            result.problems.append(f"delivery {row.pk}: arrived {len(accepted)} times and is not uncertain")
        restores = sum(span.covers(row.due_at.timestamp(), slack=RESTORE_SLACK) for span in self.faults.restores)
        # A second copy can be caused by a killed sender, a lost response, or a restored backup.
        causes = self.attempts[row.pk] + self.journal.unanswered[shown] + restores
        if len(accepted) > 1 + causes and not self.faults.restores:
            result.problems.append(
                f"delivery {row.pk}: arrived {len(accepted)} times, but was in flight at {self.attempts[row.pk]} "
                f"kills and lost {self.journal.unanswered[shown]} responses"
            )

    def _is_explained(self, row: Delivery) -> bool:
        shown = self.shown[row.pk]
        return bool(
            self.attempts[row.pk]
            or self.journal.unanswered[shown]
            or self.journal.unknown_outcomes[shown]
            or any(span.covers(row.due_at.timestamp(), slack=RESTORE_SLACK) for span in self.faults.restores)
        )

    def _is_restored(self, wall: float) -> bool:
        return any(span.covers(wall) for span in self.faults.restores)

    def _disagreements(self, row: Delivery) -> Iterable[str]:
        """Yield contradictions between a row and the fake's journal or the users' requests."""
        accepted = self.journal.sent.get(self.shown[row.pk], [])
        if any(line["chat_id"] != FIRST_CHAT + (row.user_id or 0) for line in accepted):
            yield "arrived in another user's chat"
        if row.state == "sent":
            may_be_unknown = row.uncertain and row.uncertain_tries >= MAX_UNCERTAIN_TRIES
            if row.message_id not in [line["message_id"] for line in accepted] and not may_be_unknown:
                yield f"the fake has no message {row.message_id}"
            return
        before_a_restore = all(self._is_restored(line["wall"]) for line in accepted)
        if accepted and not row.uncertain and not before_a_restore:
            yield "it arrived although it is not sent, and is not uncertain"
        yield from self._unjustified(row)

    def _unjustified(self, row: Delivery) -> Iterable[str]:
        """Yield why a reminder that was not sent should have been sent."""
        if row.state == "pending":
            yield f"still pending; attempts {row.attempts}, available at {row.available_at}, lease until {row.lease_until}"
        elif row.state == "failed":
            has_died = row.uncertain and row.expired_leases >= MAX_EXPIRED_LEASES
            if FIRST_CHAT + (row.user_id or 0) not in self.journal.refused_chats and not has_died:
                yield "the fake never refused the chat"
        elif row.state == "expired":
            if row.expires_at > timezone.now():
                yield "it has not expired yet"
        elif row.reason in DONE_REASONS:
            if not row.day or not self.people.logged.get((row.track_id or 0, row.day), {NOTHING}) & set(STATUSES):
                yield "no user logged that"
        elif row.reason == "time changed":
            if not any(edit.track == row.track_id for edit in self.people.edits):
                yield "no user changed it"
        elif row.reason.startswith("superseded"):
            others = [other for other in self.by_track[row.track_id or 0] if other.pk != row.pk]
            if not any(other.due_at > row.due_at or (other.sent_at or row.due_at) > row.due_at for other in others):
                yield "there is no later reminder"
        else:
            yield "unknown reason for dropping it"

    def _find_bursts(self) -> None:
        """Check that no late reminder was accepted after a later one of its track was due, by the database's clock."""
        for track, rows in self.by_track.items():
            if len(rows) < 2:
                continue
            for row in rows:
                due = row.due_at.timestamp()
                later = [each for each in rows if each.due_at > row.due_at and each.state != Delivery.State.DROPPED]
                for line in self.journal.sent.get(self.shown[row.pk], []):
                    at = self._database_time(line["wall"])
                    due_since = [each for each in later if each.due_at.timestamp() < at - SENDING_SECONDS]
                    if at - due > LATE_AFTER + SENDING_SECONDS and due_since and not self.attempts[row.pk]:
                        self.result.bursts += 1
                        self.result.problems.append(
                            f"track {track}: its reminder of {row.due_at:%H:%M:%S} arrived {at - due:.0f} s late, when "
                            f"the one of {due_since[-1].due_at:%H:%M:%S} was due"
                        )

    def _database_time(self, wall: float) -> float:
        """Return the database's time at an instant, as a process may know it.

        That is the earlier one if its clock was changed at about that time: a process reads the change within
        clock.READ_EVERY.
        """
        known = (replace(span, ended=span.ended + READ_EVERY) for span in self.faults.database_offsets)
        amounts = [span.amount for span in known if span.covers(wall, slack=SENDING_SECONDS)]
        return wall + min([0.0, *amounts]) if amounts else wall


def _outcome(row: Delivery) -> str:
    reason = "" if row.state in ("sent", "pending") else row.reason.partition(":")[0]
    return f"{row.state}, {reason}" if reason else row.state


def _unplanned() -> list[str]:
    """Return reminders without a plausible next time; daily habits always have one."""
    behind = Reminder.objects.filter(next_at=None) | Reminder.objects.filter(next_at__lte=timezone.now())
    far = Reminder.objects.filter(next_at__gt=timezone.now() + timedelta(days=2))
    return [f"reminder {pk} has no next time" for pk in behind.values_list("pk", flat=True)] + [
        f"reminder {pk} is planned for {at}" for pk, at in far.values_list("pk", "next_at")
    ]


def _lost_writes(people: People) -> Iterable[str]:
    """Yield acknowledged writes that are missing in the database, and refused requests."""
    logs = {(log.track_id, log.day): log.status for log in HabitLog.objects.all()}
    for key, possible in people.logged.items():
        if logs.get(key, NOTHING) not in possible:
            yield f"log {key}: {logs.get(key, NOTHING)!r}, but {possible} was acknowledged"
    times = dict(Habit.objects.filter(pk__in=people.plan.editors).values_list("pk", "time"))
    for track in people.plan.editors:
        mine = [edit for edit in people.edits if edit.track == track]
        known = [edit for edit in mine if edit.acknowledged]
        if not known:
            continue
        since = known[-1].begun - timedelta(seconds=MAX_PENDING)
        unanswered = [edit for edit in mine if not edit.acknowledged and edit.begun > since]
        possible_times = {edit.at.time() for edit in (known[-1], *unanswered)}
        if times[track] not in possible_times:
            yield f"habit {track}: {times[track]}, but {possible_times} was acknowledged"
    yield from (f"refused: {refusal}" for refusal in people.refused)
