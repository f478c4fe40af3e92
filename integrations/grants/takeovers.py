"""The services by which a person takes a history that a partner manages over into an account."""

from datetime import datetime

from django.db import transaction

from achievements.awards import awarding
from integrations.models import PartnerPerson
from integrations.partners import queries
from tracking.models import HabitTrack
from tracking.tracks import moving
from users import access, managed
from users.models import User
from users.services import check_current_password


@transaction.atomic
def take_over(*, user: User, person_id: int, password: str, now: datetime) -> list[HabitTrack]:
    """Move a managed history with the account's confirmed address into the account, after a password check.

    Tracks, logs, pauses, goals and awards move; where the account has a track of the same habit, its own entries stay
    (tracking.tracks.moving). The managed person is deleted, with what is left: the partner keeps nothing, and is granted
    nothing. Sends person_deleted. Return the tracks that moved as a whole. Raises PartnerPerson.DoesNotExist, DomainError
    wrong_password or too_many (as tracks.services.follow), and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    rows = queries.histories_for(user).select_for_update(no_key=True, of=("self",))
    row: PartnerPerson = rows.get(pk=person_id)
    check_current_password(user, password)
    habits_of_awards = awarding.move_awards(source=row.user, target=user)
    moved = moving.move_tracks(source=row.user, target=user, now=now)
    awarding.recheck_moved(user=user, habits=habits_of_awards, now=now)
    managed.remove(user=row.user, now=now)
    return moved
