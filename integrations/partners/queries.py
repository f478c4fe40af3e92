"""Reads of partners, of their people, and of what these have granted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.backends import ModelBackend
from django.db.models import Q, QuerySet

from habits.models import Habit
from integrations.models import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from tracking.models import HabitTrack
from tracking.tracks.queries import tracks_of
from users.keys import key_of, keys_to_try
from users.models import User
from users.scopes import Scope


@dataclass(frozen=True, slots=True)
class Person:
    """A person as a partner may see them. `grant`: what the account has granted; None: the partner manages them."""

    row: PartnerPerson
    grant: Grant | None

    @property
    def user(self) -> User:
        return self.row.user

    def may(self, scope: Scope) -> bool:
        """Return whether the partner may do it for this person: everything for its own, what is granted for others."""
        return self.grant is None or self.grant.may(scope)


def partner_behind(account: User) -> Partner | None:
    """Return the partner whose account it is; None for that of a person. No query if it is loaded."""
    found: Partner | None = getattr(account, "partner", None) if account.is_managed else None
    return found


def staff_for_partners() -> QuerySet[User]:
    """Return the staff who look after partners, by the right to change them: they are told what a partner cannot be told."""
    return ModelBackend().with_perm("integrations.change_partner").filter(is_staff=True).order_by("pk")


def rows_of(partner: Partner) -> QuerySet[PartnerPerson]:
    """Return all rows of the partner's people, the latest first: to find out which ids and addresses are taken."""
    return PartnerPerson.objects.filter(partner=partner).select_related("user").order_by("-pk")


def people_of(partner: Partner) -> QuerySet[PartnerPerson]:
    """Return the partner's people, the latest first. Accounts that staff have closed are not among them."""
    return rows_of(partner).filter(user__is_active=True)


def with_email(people: QuerySet[PartnerPerson], email: str) -> QuerySet[PartnerPerson]:
    """Return those with the address, whatever its case: at most one within a partner."""
    return people.filter(email_key=key_of("email", email))


def persons(rows: Collection[PartnerPerson]) -> list[Person]:
    """Return the rows with their grants, without linked ones whose grant has just ended. Two queries at most."""
    linked = [row.user_id for row in rows if not row.is_managed]
    grants: dict[tuple[int, int], Grant] = {}
    if linked:
        partners = {row.partner_id for row in rows}
        live = Grant.objects.filter(partner__in=partners, user__in=linked, ended_at=None)
        grants = {(each.partner_id, each.user_id): each for each in live}
    found = [Person(row, grants.get((row.partner_id, row.user_id))) for row in rows]
    return [who for who in found if who.row.is_managed or who.grant is not None]


def person(partner: Partner, **lookup: object) -> Person:
    """Return one of the partner's people, by `external_id`, `pk` or `user`. Raises PartnerPerson.DoesNotExist."""
    return _with_grant(people_of(partner).get(**lookup))


def person_by_email(partner: Partner, email: str) -> Person:
    """Return the one of the partner's people with the address. Raises PartnerPerson.DoesNotExist."""
    return _with_grant(with_email(people_of(partner), email).get())


def person_by_number(partner: Partner, number: str) -> Person:
    """Return the one of the partner's people whose external id is the number, else whose id. Raises PartnerPerson.DoesNotExist.

    An external id is never taken for the id of another person, also while its own account is closed.
    """
    rows = rows_of(partner).filter(Q(external_id=number) | Q(pk=int(number)))
    row = max(rows, key=lambda each: each.external_id == number, default=None)
    if row is None or not row.user.is_active:
        raise PartnerPerson.DoesNotExist
    return _with_grant(row)


def _with_grant(row: PartnerPerson) -> Person:
    """Return the person of a row. Raises PartnerPerson.DoesNotExist if their grant has just ended."""
    for who in persons([row]):
        return who
    raise PartnerPerson.DoesNotExist


def tracks_for(who: Person, *, now: datetime) -> QuerySet[HabitTrack]:
    """Return the tracks of a person that the partner may see: of its own habits, and of others if that is granted."""
    return _visible(tracks_of(who.user, now=now, archived=None), who)


def track_for(who: Person, habit_id: int, *, scope: Scope) -> HabitTrack:
    """Return the person's track of a habit, alone. Raises HabitTrack.DoesNotExist if the partner may not do this with it."""
    if not who.may(scope):
        raise HabitTrack.DoesNotExist
    return _visible(HabitTrack.objects.filter(user=who.user, left_at=None), who).get(habit=habit_id)


def _visible(tracks: QuerySet[HabitTrack], who: Person) -> QuerySet[HabitTrack]:
    return tracks if who.may(Scope.HABITS_READ) else tracks.filter(habit__owner=who.row.partner.account_id)


def own_habits(partner: Partner) -> QuerySet[Habit]:
    """Return the partner's own habits, oldest first."""
    return Habit.objects.filter(owner=partner.account_id).prefetch_related("schedules").order_by("created_at", "pk")


def people_to_record(partner: Partner | None = None) -> QuerySet[PartnerPerson]:
    """Return people who are not recorded though their partner asks for changes, oldest first: of all partners, or of one."""
    asking = Partner.objects.filter(account__records_changes=True, removed_at=None)
    rows = PartnerPerson.objects.filter(records_changes=False, partner__in=asking, user__is_active=True)
    return (rows.filter(partner=partner) if partner else rows).select_related("user").order_by("pk")


def ids_that_may(partner: Partner, scope: Scope) -> tuple[QuerySet[PartnerPerson, int], list[int]]:
    """Return the ids of the users for which the partner may do this: its managed ones, as a query, and linked ones."""
    managed = PartnerPerson.objects.filter(partner=partner, is_managed=True).values_list("user", flat=True)
    granted = Grant.objects.filter(partner=partner, ended_at=None).only("user_id", "scopes")
    return managed.order_by(), [grant.user_id for grant in granted if grant.may(scope)]


def external_ids(partner: Partner, users: Collection[int]) -> dict[int, str]:
    """Return what the partner calls these users, by user id; those who are no longer its people are left out."""
    rows = PartnerPerson.objects.filter(partner=partner, user__in=users)
    return dict(rows.values_list("user", "external_id"))


def grants_of(user: User) -> QuerySet[Grant]:
    """Return the user's grants that have not ended, newest first."""
    live = Grant.objects.filter(user=user, ended_at=None, partner__removed_at=None)
    return live.select_related("partner").order_by("-pk")


def open_requests_to(user: User, *, now: datetime) -> QuerySet[LinkRequest]:
    """Return the requests of partners to the confirmed address of an account that are not answered, newest first."""
    found = LinkRequest.objects.filter(
        email_key=user.email_key, answered_at=None, expires_at__gt=now, partner__removed_at=None
    )
    return (found if user.confirmed_at else found.none()).select_related("partner").order_by("-pk")


def is_refused(partner: Partner, email_key: str) -> bool:
    """Return whether the person who has the address never wants to be asked by the partner again."""
    return LinkRefusal.objects.filter(partner=partner, email_key=email_key).exists()


def histories_for(user: User) -> QuerySet[PartnerPerson]:
    """Return the managed people of partners that have the confirmed address of the account: it may take them over."""
    same = PartnerPerson.objects.filter(
        is_managed=True, email_key__in=keys_to_try("email", user.email), partner__removed_at=None
    ).exclude(Q(email_key="") | Q(partner__account=user))
    return (same if user.confirmed_at else same.none()).select_related("partner", "user").order_by("pk")
