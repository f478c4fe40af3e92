"""Signal receivers of share links."""

from typing import Any

from django.dispatch import receiver

from achievements.shares import services as sharing
from tracking.models import HabitTrack
from tracking.signals import track_deleting
from users.models import User
from users.signals import account_deleting


@receiver(track_deleting)
def on_track_deleting(track: HabitTrack, **_: Any) -> None:
    sharing.delete_for_track(track=track)


@receiver(account_deleting)
def on_account_deleting(user: User, **_: Any) -> None:
    sharing.delete_for_user(user=user)
