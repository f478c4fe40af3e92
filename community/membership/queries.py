"""Which members are shown."""

from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet

from community.models import ChallengeMember, GroupMember
from users.models import User

Member = TypeVar("Member", ChallengeMember, GroupMember)


def without_banned(members: QuerySet[Member]) -> QuerySet[Member]:
    """Exclude banned users, who are hidden from every list and count."""
    # As an anti-join: there are few banned users, a partial index lists them, and the members are still read in the
    # order of an index. For "NOT IN" PostgreSQL expects to exclude half of them, and sorts them all for each page.
    return members.filter(~Exists(User.objects.filter(pk=OuterRef("user"), is_active=False)))
