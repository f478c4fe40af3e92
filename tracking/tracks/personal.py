"""All writes to what a track is to its own user: colour, icon, tags, archived, and the order of the tracks.

They are the same for the owner of a habit and for its followers, and change nothing for anybody else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from common.edits import check_fields
from common.errors import DomainError
from tracking.models import HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.tags.services import lock_tags, set_tags
from tracking.tracks import rules
from tracking.tracks.queries import ORDER, locked_track
from users.models import User


class TrackEdit(TypedDict, total=False):
    """What a user may change of a track. An empty text or list clears."""

    colour: str
    icon: str
    tags: list[str]
    archived: bool


@transaction.atomic
def edit(*, user: User, track_id: int, now: datetime, **changes: Unpack[TrackEdit]) -> HabitTrack:
    """Change the user's own side of a track, and return the track.

    An archived track is paused from today on; taken back, it was paused until yesterday. Sends track_changed if it was
    archived or taken back. Raises HabitTrack.DoesNotExist (also for a track that was left), DomainError invalid_choice,
    not_an_emoji, and those of tracking.tags.services.set_tags.
    """
    check_fields(changes, fields=TrackEdit)
    if "tags" in changes:
        lock_tags(user)
    track = locked_track(user, track_id)
    if track.left_at is not None:
        raise HabitTrack.DoesNotExist
    if "colour" in changes:
        rules.check_colour(changes["colour"])
        track.colour = changes["colour"]
    if "icon" in changes:
        track.icon = rules.icon_of(changes["icon"])
    track.save(update_fields=["colour", "icon"])
    if "tags" in changes:
        set_tags(track=track, names=changes["tags"])
    if "archived" in changes:
        _set_archived(track, changes["archived"], now=now)
    return track


@transaction.atomic
def order(*, user: User, track_ids: Sequence[int]) -> list[int]:
    """Put the user's tracks into this order, and return the ids of all of them in their order.

    Tracks that are not named keep their places (rules.moved). Raises DomainError duplicate, does_not_exist.
    """
    own = HabitTrack.objects.filter(user=user, left_at=None)
    # Locked by id as everywhere, to avoid deadlocks, and then read in order.
    list(own.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    tracks = list(own.only("pk", "position").order_by(*ORDER))
    by_id = {track.pk: track for track in tracks}
    repeated = rules.first_repeated(track_ids)
    if repeated is not None:
        raise DomainError("duplicate", f"Track {repeated} is named twice.", "tracks")
    for pk in track_ids:
        if pk not in by_id:
            raise DomainError("does_not_exist", f"You have no track {pk}.", "tracks")
    arranged = rules.moved([track.pk for track in tracks], track_ids)
    changed = []
    for position, pk in enumerate(arranged, start=1):
        if by_id[pk].position != position:
            by_id[pk].position = position
            changed.append(by_id[pk])
    HabitTrack.objects.bulk_update(changed, ["position"])
    return arranged


def _set_archived(track: HabitTrack, archived: bool, *, now: datetime) -> None:
    """Archive the track or take it back; nothing if it is so already."""
    if archived == (track.archived_at is not None):
        return
    track.archived_at = now if archived else None
    track.save(update_fields=["archived_at"])
    if archived:
        pauses.pause_from_today(track=track, reason=Pause.Reason.ARCHIVED, now=now)
    else:
        pauses.end_pause(track=track, reason=Pause.Reason.ARCHIVED, now=now)
