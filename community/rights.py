"""What belonging to a challenge or a group gives: the right to follow its habit, for as long as one belongs."""

from datetime import datetime

from community.models import ChallengeMember, GroupTrack
from tracking import services as tracking
from tracking.models import HabitTrack


def let_go(*, track: HabitTrack, now: datetime) -> None:
    """Leaves a track that was started through a challenge or a group which is left, where nothing else gives the right.

    Another challenge or group does, and so does a habit that is published or one's own. The history is kept.
    Sends track_left. The caller holds the track's lock.
    """
    through = [ChallengeMember.objects.filter(track=track), GroupTrack.objects.filter(track=track)]
    if any(rows.update(started_track=True) for rows in through):
        return  # from now on it hangs on these
    if track.left_at is None and not track.habit.is_published and track.habit.owner_id != track.user_id:
        tracking.leave(user=track.user, track_id=track.pk, now=now)
