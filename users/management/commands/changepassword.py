"""`manage.py changepassword EMAIL`: Django's command, which here ends the sessions of the person and tells them as well."""

from typing import Any

from django.contrib.auth.management.commands.changepassword import Command as ChangePassword
from django.db import transaction

from common import clock
from users import services
from users.models import User


class Command(ChangePassword):
    def handle(self, *args: Any, **options: Any) -> str | None:
        done: str | None = super().handle(*args, **options)
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(email=options["username"])
            services.end_after_new_password(user=user, now=clock.now())
        return done
