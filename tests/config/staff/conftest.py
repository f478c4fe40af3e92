"""Staff with different rights, signed in to the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

import config.urls  # noqa: F401  # the pages of the admin are registered with the URLs
from tests import make
from users.models import User


def staff_member(name: str, *permissions: str, is_superuser: bool = False) -> User:
    """Return a staff member with permissions such as "users.change_user"."""
    user = make.person(name)
    user.is_staff, user.is_superuser = True, is_superuser
    user.save()
    for each in permissions:
        app, _, codename = each.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return user


def signed_in(user: User) -> Client:
    """Return a browser in which the user is signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(db: None) -> User:
    """A superuser."""
    return staff_member("root", is_superuser=True)


@pytest.fixture
def helper(db: None) -> User:
    """A staff member who may view, change, add and delete accounts, and is no superuser."""
    rights = ("users.view_user", "users.change_user", "users.add_user", "users.delete_user")
    return staff_member("helper", *rights)


@pytest.fixture
def roots(root: User) -> Client:
    return signed_in(root)


@pytest.fixture
def helpers(helper: User) -> Client:
    return signed_in(helper)
