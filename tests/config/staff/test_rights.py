"""What staff may do to accounts: nobody gives rights to themselves, and only superusers touch accounts of staff."""

import json
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from habits.models import Habit
from notifications.models import Delivery
from tests import make
from tests.config.staff.conftest import signed_in, staff_member
from users import export, services, tokens
from users.models import User

pytestmark = pytest.mark.django_db


def change(client: Client, user: User, **fields: Any) -> int:
    """Post the form of an account with all its fields and those given; return the status code."""
    form = {"email": user.email, "username": user.username, "is_active": "on", **fields}
    answer = client.post(f"/admin/users/user/{user.pk}/change/", form | make.NO_ROWS)
    return answer.status_code


GRANTS: dict[str, Any] = {"is_superuser": "on", "is_staff": "on"}


def rights(user: User) -> tuple[bool, bool, int, int]:
    user = User.objects.get(pk=user.pk)
    return user.is_staff, user.is_superuser, user.groups.count(), user.user_permissions.count()


def test_staff_do_not_give_rights_to_themselves(helpers: Client, helper: User) -> None:
    before = rights(helper)
    everything = [each.pk for each in Permission.objects.all()]
    assert change(helpers, helper, **GRANTS, user_permissions=everything) == 403
    assert rights(helper) == before


def test_staff_do_not_give_rights_to_others(helpers: Client, alice: User) -> None:
    group = Group.objects.create(name="all")
    assert change(helpers, alice, **GRANTS, groups=[group.pk], username="renamed") == 302
    assert rights(alice) == (False, False, 0, 0)
    assert User.objects.get(pk=alice.pk).username == "renamed"


def test_a_new_account_has_no_rights_whatever_is_posted(helpers: Client) -> None:
    form = {"email": "new@example.org", "username": "new", "password1": make.PASSWORD, "password2": make.PASSWORD}
    assert helpers.post("/admin/users/user/add/", form | GRANTS | make.NO_ROWS).status_code == 302
    assert rights(User.objects.get(username="new")) == (False, False, 0, 0)


def test_superusers_give_rights_to_others_but_not_to_themselves(roots: Client, root: User, alice: User) -> None:
    assert change(roots, alice, **GRANTS) == 302
    assert rights(alice)[:2] == (True, True)
    assert change(roots, root, username="boss") == 302  # without the boxes of staff and superuser
    assert rights(root)[:2] == (True, True)
    assert User.objects.get(pk=root.pk).username == "boss"


@pytest.mark.parametrize("is_superuser", [True, False])
def test_staff_do_not_edit_accounts_of_staff(helpers: Client, is_superuser: bool) -> None:
    other = staff_member("other", "users.change_user", is_superuser=is_superuser)
    page = f"/admin/users/user/{other.pk}/"
    assert change(helpers, other, email="mine@example.org", is_active="") == 403
    assert helpers.post(f"{page}password/", {"password1": "x" * 12, "password2": "x" * 12}).status_code == 403
    assert helpers.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"}
    assert helpers.post("/admin/users/user/", chosen).status_code == 403
    now = User.objects.get(pk=other.pk)
    assert (now.email, now.is_active, now.check_password(make.PASSWORD)) == ("other@example.org", True, True)
    assert helpers.get(f"{page}change/").status_code == 200  # they may look


def test_staff_do_not_take_over_an_account(helpers: Client, alice: User) -> None:
    """By a password or an address of their own choice."""
    assert change(helpers, alice, email="mine@example.org", new_email="mine@example.org", password="x") == 302
    answer = helpers.post(f"/admin/users/user/{alice.pk}/password/", {"password1": "x" * 12, "password2": "x" * 12})
    assert answer.status_code == 403
    now = User.objects.get(pk=alice.pk)
    assert (now.email, now.new_email, now.check_password(make.PASSWORD)) == ("alice@example.org", "", True)
    assert "argon2" not in helpers.get(f"/admin/users/user/{alice.pk}/change/").content.decode()


def test_nobody_deletes_their_own_account_here(roots: Client, root: User) -> None:
    assert roots.post(f"/admin/users/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    roots.post("/admin/users/user/", chosen)
    assert User.objects.filter(pk=root.pk).exists()


def test_groups_of_rights_are_for_superusers(helper: User, roots: Client) -> None:
    helper.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    helpers = signed_in(helper)
    group = Group.objects.create(name="helpers")
    assert helpers.get("/admin/auth/group/").status_code == 403
    assert helpers.post(f"/admin/auth/group/{group.pk}/change/", {"name": "x"}).status_code == 403
    assert helpers.post("/admin/auth/group/add/", {"name": "x"}).status_code == 403
    assert roots.post(f"/admin/auth/group/{group.pk}/change/", {"name": "support"}).status_code == 302


# Actions, and their traces.


def run(client: Client, page: str, action: str, *rows: Any) -> Any:
    return client.post(f"/admin/{page}/", {"action": action, "_selected_action": [row.pk for row in rows]})


def traces() -> list[tuple[str, str, str]]:
    """Return who did what to which row."""
    found = LogEntry.objects.order_by("pk").select_related("user")
    return [(each.user.username, each.get_change_message(), each.object_id or "") for each in found]


def test_staff_send_a_reset_mail(helpers: Client, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "common.admin")
    assert run(helpers, "users/user", "send_password_reset", alice).status_code == 302
    [sent] = make.mails()
    assert (sent.to, "/reset/" in str(sent.body)) == ([alice.email], True)
    assert traces() == [("helper", "Sent a password reset mail.", str(alice.pk))]
    assert f"Sent a password reset mail. (users.User {alice.pk})" in caplog.text
    assert mail.outbox


def test_staff_end_the_sessions_of_a_person(helpers: Client, alice: User) -> None:
    pair = make.client().post("/api/token/", {"email": alice.email, "password": make.PASSWORD}).json()
    assert run(helpers, "users/user", "end_sessions", alice).status_code == 302
    make.refused(make.client().post("/api/token/refresh/", {"refresh": pair["refresh"]}), 401)
    assert traces() == [("helper", "Ended their sessions.", str(alice.pk))]


def test_staff_end_sessions_of_no_other_staff(helpers: Client, root: User) -> None:
    pair = make.client().post("/api/token/", {"email": root.email, "password": make.PASSWORD}).json()
    assert run(helpers, "users/user", "end_sessions", root).status_code == 302
    assert make.client().post("/api/token/refresh/", {"refresh": pair["refresh"]}).status_code == 200
    assert traces() == []


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_an_edit_by_staff_at_the_same_time_undoes_no_reset(roots: Client, alice: User) -> None:
    new = "another good password"
    form = {"email": alice.email, "username": "renamed", "is_active": "on"} | make.NO_ROWS
    with make.meanwhile(lambda: roots.post(f"/admin/users/user/{alice.pk}/change/", form)):
        services.reset_password(token=tokens.password_reset.make(alice), password=new, now=timezone.now())
    alice.refresh_from_db()
    assert alice.username == "renamed"
    assert alice.check_password(new)


def test_who_may_only_look_runs_no_action(alice: User) -> None:
    viewer = signed_in(staff_member("viewer", "users.view_user", "notifications.view_delivery"))
    run(viewer, "users/user", "send_password_reset", alice)
    run(viewer, "users/user", "export", alice)
    delivery = make_failed(alice)
    run(viewer, "notifications/delivery", "requeue", delivery)
    assert Delivery.objects.get(pk=delivery.pk).state == "failed"
    assert traces() == []


def make_failed(user: User) -> Delivery:
    now = timezone.now()
    return Delivery.objects.create(
        key="x", kind="digest", channel="email", user=user, state="failed", due_at=now, available_at=now, expires_at=now
    )


def test_staff_queue_a_failed_message_again(alice: User) -> None:
    sender = signed_in(staff_member("sender", "notifications.view_delivery", "notifications.change_delivery"))
    failed = make_failed(alice)
    assert run(sender, "notifications/delivery", "requeue", failed).status_code == 302
    assert Delivery.objects.get(pk=failed.pk).state == "pending"
    assert traces() == [("sender", "Queued it again.", str(failed.pk))]


def test_a_superuser_exports_what_is_stored_of_a_person(roots: Client, alice: User, bob: User) -> None:
    log = make.log(make.track(alice, name="Push-ups"), timezone.now().date(), note="slept badly")
    make.track(bob, name="Reading of bob")
    answer = run(roots, "users/user", "export", alice)
    text = b"".join(answer.streaming_content).decode()
    tables = json.loads(text)["tables"]
    assert [row["email"] for row in tables["users.User"]] == [alice.email]
    assert [row["name"] for row in tables["habits.Habit"]] == ["Push-ups"]
    assert [(row["id"], row["note"]) for row in tables["tracking.HabitLog"]] == [(log.pk, "slept badly")]
    assert "bob" not in text and "argon2" not in text
    assert traces() == [("root", "Exported their data.", str(alice.pk))]


def test_an_export_leaves_out_every_column_of_keys_and_tokens_and_names_no_other() -> None:
    ours = (model for model in apps.get_models() if model._meta.app_label in export.PACKAGES)
    columns = {field.name for model in ours for field in model._meta.concrete_fields}
    assert columns >= export.SECRET_FIELDS
    looks_secret = {name for name in columns if re.search(r"password|token|code|secret|key|\blease|_lease", name)}
    assert looks_secret - export.SECRET_FIELDS == {
        "email_key",
        "username_key",
        "name_key",
        "source_key",
        "expired_leases",
    }


def test_an_export_is_of_one_person_and_for_superusers(roots: Client, helpers: Client, alice: User, bob: User) -> None:
    assert run(roots, "users/user", "export", alice, bob).status_code == 302
    assert run(helpers, "users/user", "export", alice).status_code == 302
    assert traces() == []


def test_an_export_has_every_table_with_rows_of_people() -> None:
    """A row of a table that is missing here belongs to nobody, or to a group."""
    exported = {model._meta.label for model in export.tables()}
    ours = {model._meta.label for model in apps.get_models() if model._meta.app_label in export.PACKAGES}
    assert ours - exported == {
        "community.Group",
        "community.LeaderboardBucket",
        "community.LeaderboardState",
        "notifications.Heartbeat",
        "notifications.Installation",
        "notifications.VapidKey",
        "users.ZoneData",
    }
    assert export.paths_to_person(Habit) == ["owner"]
