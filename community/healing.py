"""What a clock that ran ahead leaves in groups, put right once it is right again.

Challenges: community.endings and standings. Leaderboards: community.leaderboard_settling.
"""

from datetime import datetime

from django.db import transaction

from common import clock
from community.models import GroupShare, GroupTrack


@transaction.atomic
def show_from_now(*, now: datetime) -> int:
    """Have what a clock ahead let a group show later be shown from now on; return how much there was.

    What members logged would be missing in the feed until then, and what they shared would stay on top of it.
    """
    ahead = clock.future_cutoff(now)
    tracks = GroupTrack.objects.filter(shown_since__gt=ahead).update(shown_since=now)
    return tracks + GroupShare.objects.filter(posted_at__gt=ahead).update(posted_at=now)
