"""Which members are shown."""

from typing import TypeVar

from django.db.models import QuerySet

from community.models import ChallengeMember, GroupMember
from users.models import User

Member = TypeVar("Member", ChallengeMember, GroupMember)


def without_banned(members: QuerySet[Member]) -> QuerySet[Member]:
    """Exclude banned users, who are hidden from every list and count."""
    # A subquery rather than a join: there are few banned users, and a partial index lists them.
    return members.exclude(user__in=User.objects.filter(is_active=False))
