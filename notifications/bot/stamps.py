"""Stamps: short hashes beside the ids in buttons. After a restore, or in a new database, another row may get the same
id, but its stamp differs.

A stamp is computed from values of the row that never change, such as its owner and creation time. It is not a secret:
rows are always looked up among the user's own.
"""

import hashlib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

from tracking.models import HabitTrack, Pause
from users.models import User

STAMP_BYTES = 6  # eight characters in base 64


def of_track(track: HabitTrack) -> str:
    """Return the stamp of a track."""
    return _stamp("track", track.pk, track.user_id, track.created_at)


def of_user(user: User) -> str:
    """Return the stamp of a user."""
    return _stamp("user", user.pk, user.date_joined)


def of_pause(pause: Pause) -> str:
    """Return the stamp of a pause, from its track and first day because it has no creation time.

    `pause.user` and `pause.track` should be loaded.
    """
    track = of_track(pause.track) if pause.track else "everything"
    return _stamp("pause", pause.pk, of_user(pause.user), track, pause.first_day.isoformat())


def _stamp(*parts: object) -> str:
    """Return a hash of eight characters. Times are compared in UTC, so a dump and a restore keep the stamp."""
    texts = [str(part.astimezone(UTC)) if isinstance(part, datetime) else str(part) for part in parts]
    digest = hashlib.blake2b("|".join(texts).encode(), digest_size=STAMP_BYTES).digest()
    return urlsafe_b64encode(digest).decode()
