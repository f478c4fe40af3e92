"""The paths of the product's first concept, literally: with a partner's key, with and without a trailing slash.

They call the same services as `partner/…`, and are not in the schema. Their bodies may have other fields besides.
"""

from datetime import date, datetime
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common import clock, serializers
from common.errors import DomainError
from common.http import created_or_ok, valid, valid_query
from common.limits import MAX_DESCRIPTION_LENGTH, MAX_ID, MAX_NAME_LENGTH
from habits.models import Habit
from habits.recurrence import Frequency, in_force
from habits.rules import FIRST_DAY
from integrations.catalogue import services as catalogue
from integrations.models import Partner, PartnerPerson
from integrations.partners import days, people, queries
from integrations.partners.authentication import partner_of
from integrations.partners.queries import Person
from integrations.partners.views import PartnerView
from tracking.models import HabitTrack
from users.rules import MAX_EMAIL_LENGTH
from users.scopes import Scope

PERIODS = {
    "DAY": Frequency.DAILY,
    "WEEK": Frequency.WEEKLY,
    "MONTH": Frequency.MONTHLY,
    "YEAR": Frequency.YEARLY,
}
NAMES_OF_PERIODS = {frequency: name for name, frequency in PERIODS.items()}


class _Body(serializers.Serializer[Any]):
    """A body whose form the first concept defines."""

    class Meta:
        accepts_unknown = True


class NewUserSerializer(_Body):
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH)


class UserQuerySerializer(_Body):
    email = serializers.CharField(max_length=MAX_EMAIL_LENGTH)


class NewHabitSerializer(_Body):
    title = serializers.CharField(max_length=MAX_NAME_LENGTH)
    description = serializers.CharField(max_length=MAX_DESCRIPTION_LENGTH, allow_blank=True, required=False)
    period = serializers.ChoiceField(choices=list(PERIODS))


class UserAndHabitSerializer(_Body):
    user = serializers.CharField(max_length=MAX_EMAIL_LENGTH)  # an external id, an id or an address
    habit = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class CheckOffSerializer(UserAndHabitSerializer):
    at = serializers.DateTimeField(required=False, allow_null=True)


class SeedView(PartnerView):
    """The base of the literal paths."""

    accepts_unknown = True  # also as query parameters


class CreateUserView(SeedView):
    """POST /create_user {email}"""

    key_scopes = {"post": Scope.HABITS_WRITE}

    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.create(request))

    def create(self, request: Request) -> Response:
        given = valid(NewUserSerializer, request)
        who, is_new = people.find_or_make(partner=partner_of(request), now=clock.now(), **given)
        shown = {"id": who.row.pk, "email": who.row.email, "external_id": who.row.external_id}
        return Response(shown, status=created_or_ok(is_new))


class GetUserView(SeedView):
    """GET /get_user?email="""

    key_scopes = {"get": Scope.STATS_READ}

    def get(self, request: Request) -> Response:
        given, now = valid_query(UserQuerySerializer, request), clock.now()
        who = queries.person_by_email(partner_of(request), given["email"])
        habits = [
            {**habit_data(track.habit, who.user.clock.day_of(now)), **streak_data(who, track, now)}
            for track in queries.tracks_for(who, now=now)
        ]
        return Response({"id": who.row.pk, "email": who.row.email, "habits": habits})


class CreateHabitView(SeedView):
    """POST /create_habit {title, description, period}"""

    key_scopes = {"post": Scope.HABITS_WRITE}

    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.create(request))

    def create(self, request: Request) -> Response:
        given, now, partner = valid(NewHabitSerializer, request), clock.now(), partner_of(request)
        habit, is_new = catalogue.find_or_make(
            partner=partner,
            name=given["title"],
            frequency=PERIODS[given["period"]],
            description=given.get("description", ""),
            now=now,
        )
        return Response(habit_data(habit, partner.account.clock.day_of(now)), status=created_or_ok(is_new))


class GetHabitsView(SeedView):
    """GET /get_habits"""

    key_scopes = {"get": Scope.HABITS_READ}

    def get(self, request: Request) -> Response:
        partner = partner_of(request)
        today = partner.account.clock.day_of(clock.now())
        return Response([habit_data(habit, today) for habit in queries.own_habits(partner)])


class RegisterHabitView(SeedView):
    """POST /register_habit {user, habit}: starts the habit; said a second time, it checks off."""

    key_scopes = {"post": Scope.LOGS_WRITE}

    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.register(request))

    def register(self, request: Request) -> Response:
        given, now = valid(UserAndHabitSerializer, request), clock.now()
        who = person_called(partner_of(request), given["user"])
        track, is_new = days.follow(who=who, habit_id=given["habit"], now=now)
        if not is_new:
            return check_off(who, given["habit"], at=None, now=now)
        shown = {"id": track.pk, "result": "registered", **streak_data(who, track, now)}
        return Response(shown, status=status.HTTP_201_CREATED)


class CheckOffView(SeedView):
    """POST /check_off {user, habit, at?}"""

    key_scopes = {"post": Scope.LOGS_WRITE}

    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.check_off(request))

    def check_off(self, request: Request) -> Response:
        given = valid(CheckOffSerializer, request)
        who = person_called(partner_of(request), given["user"])
        return check_off(who, given["habit"], at=given.get("at"), now=clock.now())


def person_called(partner: Partner, name: str) -> Person:
    """Return the person with this external id, id or address, in this order. Raises PartnerPerson.DoesNotExist."""
    if name.isascii() and name.isdecimal() and int(name) <= MAX_ID:
        return queries.person_by_number(partner, name)
    try:
        return queries.person(partner, external_id=name)
    except PartnerPerson.DoesNotExist:
        return queries.person_by_email(partner, name)


def check_off(who: Person, habit_id: int, *, at: datetime | None, now: datetime) -> Response:
    """Complete the person's local day of `at`, or today; 201 unless it was completed before.

    Raises DomainError in_future, day_out_of_range, and those of days.set_day.
    """
    if at is not None and at > now:
        raise DomainError("in_future", "This time is in the future.", "at")
    if at is not None and at.date() < FIRST_DAY:
        raise DomainError("day_out_of_range", f"The time cannot be before {FIRST_DAY}.", "at")
    entry: dict[str, Any] = {} if at is None else {"completed_at": at}
    day = who.user.clock.day_of(at or now)
    change = days.set_day(who=who, habit_id=habit_id, day=day, status="completed", now=now, **entry)
    assert change.log is not None
    shown = {
        "id": change.log.pk,
        "result": "checked_off",
        "day": day.isoformat(),
        **streak_data(who, change.track, now),
    }
    return Response(shown, status=created_or_ok(change.was_open))


def habit_data(habit: Habit, today: date) -> dict[str, Any]:
    """Return a habit in the words of the first concept."""
    frequency = in_force(habit.versions, today).schedule.frequency
    return {
        "id": habit.pk,
        "title": habit.name,
        "description": habit.description,
        "period": NAMES_OF_PERIODS[frequency],
    }


def streak_data(who: Person, track: HabitTrack, now: datetime) -> dict[str, Any]:
    """Return a track's streaks in the words of the first concept; null if the partner may not see them."""
    streak = track.streak_at(now) if days.sees_streak(who, track) else None
    return {
        "current_streak": streak.current if streak else None,
        "longest_streak": streak.longest if streak else None,
        "streak_unit": str(streak.unit) if streak else None,
    }
