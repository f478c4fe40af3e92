"""The account at the end of a fault run: what became of each reminder, and whether the fake agrees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from habits.models import Habit
from notifications.models import Delivery, Reminder
from tests.chaos.accepted import Accepted, Shown
from tests.chaos.faults import Faults, attempts
from tests.chaos.people import NOTHING, STATUSES, STILL_UNDER_WAY, People
from tests.chaos.plan import FIRST_CHAT, Plan
from tracking.models import HabitLog

DONE_REASONS = {"already done", "skipped", "missed"}
SHOWN = 20  # problems
LATE = 60.0  # seconds after which a reminder is late
ON_ITS_WAY = 8.0  # seconds from the last look at a reminder to its acceptance: its slot, a slow answer, a busy machine
RESTORED = 300.0  # seconds around a restored backup in which its rows are uncertain
MAX_UNCERTAIN_TRIES, MAX_EXPIRED_LEASES = 3, 5
AHEAD = "ahead:"  # the key of a row that gave its own free, since a clock that ran ahead had queued it


@dataclass
class Account:
    """What became of the reminders that came due; `problems` is empty where all are accounted for."""

    due: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    extra_copies: int = 0
    unmarked: int = 0  # second copies whose rows are not uncertain
    bursts: int = 0
    uncertain: int = 0
    unexplained: int = 0  # uncertain rows of which nothing open was seen
    in_flight: int = 0
    late: list[float] = field(default_factory=list)  # seconds from due to accepted
    problems: list[str] = field(default_factory=list)

    def lateness(self, share: float) -> float:
        return sorted(self.late)[int(share * (len(self.late) - 1))] if self.late else 0.0


def account(plan: Plan, people: People, told: Accepted, faults: Faults, *, until: float) -> Account:
    """Compare the database, the fake's journal and what people were told; `until` (time.time): when faults ended."""
    return _Accountant(plan, people, told, faults, until).account()


class _Accountant:
    def __init__(self, plan: Plan, people: People, told: Accepted, faults: Faults, until: float) -> None:
        self.plan = plan
        self.people = people
        self.told = told
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
                self._take_back(row)
                continue
            self.by_track[row.track_id].append(row)
            self.shown[row.pk] = row.track_id, plan.shown(row.track_id, row.due_at, row.user.time_zone)
            self.by_shown[self.shown[row.pk]] = row
        self.attempts = attempts(faults.in_flight)

    def _take_back(self, row: Delivery) -> None:
        """Leave out what a clock that ran ahead queued for a day to come, and its message, if it had been sent."""
        self.result.fates[_fate(row)] += 1
        if row.message_id is not None:
            for lines in self.told.sent.values():
                lines[:] = [line for line in lines if line["message_id"] != row.message_id]

    def account(self) -> Account:
        result = self.result
        self._look_for_the_lost()
        for row in (row for rows in self.by_track.values() for row in rows):
            result.fates[_fate(row)] += 1
            for problem in self._disagreements(row):
                result.problems.append(f"delivery {row.pk} ({row.state}, {row.reason!r}): {problem}")
            self._count_copies(row)
            if row.uncertain:
                result.uncertain += 1
                result.unexplained += not self._is_explained(row)
        result.in_flight = len(self.faults.in_flight) + self.told.open_fates.total()
        for shown in {shown for shown, lines in self.told.sent.items() if lines} - self.by_shown.keys():
            # A time that was edited and whose edit a restored backup took back.
            if not all(self._is_restored(line["wall"]) for line in self.told.sent[shown]):
                result.problems.append(f"accepted, but of no delivery that there is: {shown}")
        for shown, seconds in self.told.impatient(until=self.until, but_in=self.faults.database_off).items():
            found = self.by_shown.get(shown)
            if found and not found.uncertain:
                result.problems.append(
                    f"delivery {found.pk}: sent {seconds:.0f} s before Telegram's retry_after was over"
                )
        self._look_for_bursts()
        result.problems += _unplanned()
        result.problems += _what_people_miss(self.people)
        return result

    def _look_for_the_lost(self) -> None:
        """Each planned reminder has its row, and so has each acknowledged new time that no later edit took back."""
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
        accepted = self.told.sent.get(shown, [])
        if accepted:
            result.late.append(accepted[0]["wall"] - row.due_at.timestamp())
        if len(accepted) < 2:
            return
        result.doubled += 1
        result.extra_copies += len(accepted) - 1
        if not row.uncertain:
            result.unmarked += len(accepted) - 1
            result.problems.append(f"delivery {row.pk}: arrived {len(accepted)} times and is not uncertain")
        restores = sum(span.covers(row.due_at.timestamp(), slack=RESTORED) for span in self.faults.restores)
        # A second of the same row may have begun with a death, a lost answer, or an older backup.
        causes = self.attempts[row.pk] + self.told.unanswered[shown] + restores
        if len(accepted) > 1 + causes and not self.faults.restores:
            result.problems.append(
                f"delivery {row.pk}: arrived {len(accepted)} times, but was in flight at {self.attempts[row.pk]} "
                f"deaths and lost {self.told.unanswered[shown]} answers"
            )

    def _is_explained(self, row: Delivery) -> bool:
        shown = self.shown[row.pk]
        return bool(
            self.attempts[row.pk]
            or self.told.unanswered[shown]
            or self.told.open_fates[shown]
            or any(span.covers(row.due_at.timestamp(), slack=RESTORED) for span in self.faults.restores)
        )

    def _is_restored(self, wall: float) -> bool:
        return any(span.covers(wall) for span in self.faults.restores)

    def _disagreements(self, row: Delivery) -> Iterable[str]:
        """What the record says and the fake, or the people, do not confirm."""
        accepted = self.told.sent.get(self.shown[row.pk], [])
        if any(line["chat_id"] != FIRST_CHAT + (row.user_id or 0) for line in accepted):
            yield "arrived in another's chat"
        if row.state == "sent":
            may_be_unknown = row.uncertain and row.uncertain_tries >= MAX_UNCERTAIN_TRIES
            if row.message_id not in [line["message_id"] for line in accepted] and not may_be_unknown:
                yield f"the fake knows of no message {row.message_id}"
            return
        before_a_restore = all(self._is_restored(line["wall"]) for line in accepted)
        if accepted and not row.uncertain and not before_a_restore:
            yield "it arrived all the same and is not uncertain"
        yield from self._no_reason_for(row)

    def _no_reason_for(self, row: Delivery) -> Iterable[str]:
        """Why a reminder that was not sent should have been."""
        if row.state == "pending":
            yield f"still pending; attempts {row.attempts}, available at {row.available_at}, lease until {row.lease_until}"
        elif row.state == "failed":
            has_died = row.uncertain and row.expired_leases >= MAX_EXPIRED_LEASES
            if FIRST_CHAT + (row.user_id or 0) not in self.told.refused_chats and not has_died:
                yield "the fake never refused the chat"
        elif row.state == "expired":
            if row.expires_at > timezone.now():
                yield "its time has not passed"
        elif row.reason in DONE_REASONS:
            if not row.day or not self.people.said.get((row.track_id or 0, row.day), {NOTHING}) & set(STATUSES):
                yield "nobody said so"
        elif row.reason == "time changed":
            if not any(edit.track == row.track_id for edit in self.people.edits):
                yield "nobody changed it"
        elif row.reason.startswith("superseded"):
            others = [other for other in self.by_track[row.track_id or 0] if other.pk != row.pk]
            if not any(other.due_at > row.due_at or (other.sent_at or row.due_at) > row.due_at for other in others):
                yield "there is no other that stands for it"
        else:
            yield "no reason to drop it"

    def _look_for_bursts(self) -> None:
        """No late reminder was accepted once a later one of its track was due: by the database's clock (docs/faults.md)."""
        for track, rows in self.by_track.items():
            if len(rows) < 2:
                continue
            for row in rows:
                due = row.due_at.timestamp()
                later = [each for each in rows if each.due_at > row.due_at and each.state != Delivery.State.DROPPED]
                for line in self.told.sent.get(self.shown[row.pk], []):
                    at = self._database_time(line["wall"])
                    passed = [each for each in later if each.due_at.timestamp() < at - ON_ITS_WAY]
                    if at - due > LATE + ON_ITS_WAY and passed and not self.attempts[row.pk]:
                        self.result.bursts += 1
                        self.result.problems.append(
                            f"track {track}: its reminder of {row.due_at:%H:%M:%S} arrived {at - due:.0f} s late, when "
                            f"that of {passed[-1].due_at:%H:%M:%S} was due"
                        )

    def _database_time(self, wall: float) -> float:
        """What the database's clock said at an instant; behind, where it changed at about that time."""
        amounts = [span.amount for span in self.faults.database_off if span.covers(wall, slack=ON_ITS_WAY)]
        return wall + min([0.0, *amounts]) if amounts else wall


def _fate(row: Delivery) -> str:
    reason = "" if row.state in ("sent", "pending") else row.reason.partition(":")[0]
    return f"{row.state}, {reason}" if reason else row.state


def _unplanned() -> list[str]:
    """Each daily habit goes on: its reminder is planned for a time to come."""
    behind = Reminder.objects.filter(next_at=None) | Reminder.objects.filter(next_at__lte=timezone.now())
    far = Reminder.objects.filter(next_at__gt=timezone.now() + timedelta(days=2))
    return [f"reminder {pk} is not planned on" for pk in behind.values_list("pk", flat=True)] + [
        f"reminder {pk} is planned for {at}" for pk, at in far.values_list("pk", "next_at")
    ]


def _what_people_miss(people: People) -> Iterable[str]:
    """Writes that were acknowledged and are not there."""
    logs = {(log.track_id, log.day): log.status for log in HabitLog.objects.all()}
    for key, possible in people.said.items():
        if logs.get(key, NOTHING) not in possible:
            yield f"log {key}: {logs.get(key, NOTHING)!r}, but acknowledged was {possible}"
    times = dict(Habit.objects.filter(pk__in=people.plan.editors).values_list("pk", "time"))
    for track in people.plan.editors:
        mine = [edit for edit in people.edits if edit.track == track]
        known = [edit for edit in mine if edit.acknowledged]
        if not known:
            continue
        since = known[-1].begun - timedelta(seconds=STILL_UNDER_WAY)
        open_ones = [edit for edit in mine if not edit.acknowledged and edit.begun > since]
        may_stand = {edit.at.time() for edit in (known[-1], *open_ones)}
        if times[track] not in may_stand:
            yield f"habit {track}: {times[track]}, but acknowledged was {may_stand}"
    yield from (f"refused: {refusal}" for refusal in people.refused)
