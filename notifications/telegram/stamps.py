"""Short stamps beside the ids in buttons: another row that gets the same id, after a restore or in a fresh database, has
another stamp.

A stamp is made of what a row keeps for life: its owner and the moment it was made. It is no secret: a row is looked
up as the account's own in any case.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

from tracking.models import HabitTrack, Pause
from users.models import User

STAMP_BYTES = 6  # eight characters


def of_track(track: HabitTrack) -> str:
    return _stamp("track", track.pk, track.user_id, track.created_at)


def of_user(user: User) -> str:
    return _stamp("user", user.pk, user.date_joined)


def of_pause(pause: Pause) -> str:
    """Return the stamp of a pause (with user and track at hand), which keeps no moment: it is told by what it pauses."""
    track = of_track(pause.track) if pause.track else "everything"
    return _stamp("pause", pause.pk, of_user(pause.user), track, pause.first_day.isoformat())


def _stamp(*parts: object) -> str:
    """Return eight characters for parts that are equal after a dump and a restore as well."""
    words = [str(part.astimezone(UTC)) if isinstance(part, datetime) else str(part) for part in parts]
    digest = hashlib.blake2b("|".join(words).encode(), digest_size=STAMP_BYTES).digest()
    return urlsafe_b64encode(digest).decode()
