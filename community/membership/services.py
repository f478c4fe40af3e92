"""The right to follow an unpublished habit, which members of a challenge or group have while they are members."""

from datetime import datetime

from community.models import ChallengeMember, GroupTrack
from tracking.models import HabitTrack
from tracking.tracks import services as tracking


def leave_if_unentitled(*, track: HabitTrack, now: datetime) -> None:
    """Leave a track whose challenge or group the user has just left, unless the user may still follow the habit.

    They may if another of their challenges or groups has the habit, if it is published, or if it is their own. The
    logs are kept. The caller holds the track's lock. Sends track_left.
    """
    memberships = [ChallengeMember.objects.filter(track=track), GroupTrack.objects.filter(track=track)]
    # Marks the other memberships as the ones that started the track, so that leaving the last of them leaves it.
    if any(rows.update(started_track=True) for rows in memberships):
        return
    if track.left_at is None and not track.habit.is_published and track.habit.owner_id != track.user_id:
        tracking.leave(user=track.user, track_id=track.pk, now=now)
