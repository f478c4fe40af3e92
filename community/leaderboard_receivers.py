"""Signal receivers of leaderboards."""

from typing import Any

from django.dispatch import receiver

from community.leaderboards import settling as leaderboard_settling
from tracking.models import HabitTrack
from tracking.signals import track_deleting, track_stats_changed
from users.models import User
from users.signals import account_deleting, ranking_changed


@receiver([track_stats_changed, track_deleting])
def on_track_stats_changed(track: HabitTrack, **_: Any) -> None:
    leaderboard_settling.mark_stale(track=track)


@receiver(ranking_changed)
def on_ranking_changed(user: User, **_: Any) -> None:
    leaderboard_settling.update_ranking(user=user)


@receiver(account_deleting)
def on_account_deleting(user: User, **_: Any) -> None:
    leaderboard_settling.delete_for_user(user=user)
