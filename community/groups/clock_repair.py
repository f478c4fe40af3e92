"""Repair group rows that a clock running ahead has stored with a time in the future.

Challenges are repaired in community.challenges.endings and challenge_scores, leaderboards in community.leaderboard_settling.
"""

from datetime import datetime

from django.db import transaction

from common import clock
from community.models import GroupShare, GroupTrack


@transaction.atomic
def unhide_future_rows(*, now: datetime) -> int:
    """Move times in the future to `now` in tracks and shares that groups show; return the number of rows changed.

    Otherwise new logs of such a track would be missing in the feed, and such a share would stay at its top.
    """
    ahead = clock.future_cutoff(now)
    tracks = GroupTrack.objects.filter(shown_since__gt=ahead).update(shown_since=now)
    return tracks + GroupShare.objects.filter(posted_at__gt=ahead).update(posted_at=now)
