"""Signal receivers of habits."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from habits import services
from users.models import User
from users.signals import account_deleting


@receiver(account_deleting)
def on_account_deleting(user: User, now: datetime, **_: Any) -> None:
    services.delete_habits_of_user(owner=user, now=now)
