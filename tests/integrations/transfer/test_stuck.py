"""What got stuck among imports and exports is counted, listed for staff, tried again or ended by them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

from integrations.models import Transfer
from integrations.transfer import queries, running
from integrations.transfer.running import run_next
from tests import make
from tests.integrations.transfer.test_imports import NOW, sent, upload
from users.models import User

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/transfer/"


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def staff(*rights: str) -> Client:
    user = make.person("charlie")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def act(client: Client, action: str, *rows: Transfer) -> str:
    body = {"action": action, "_selected_action": [each.pk for each in rows]}
    return client.post(LIST, body, follow=True).content.decode()


@pytest.mark.parametrize("how", ["reading", "running", "export"])
def test_what_got_no_further_for_ten_minutes_is_stuck(noon: Any, settings: Settings, how: str) -> None:
    settings.METRICS_TOKEN = "token"
    api = make.client(make.person("alice"))
    if how == "export":
        api.post("/api/export/")
    elif how == "running":
        api.post(f"/api/imports/{upload(api, 'loop.db').json()['id']}/start/")
    else:
        sent(api, "loop.db")
    noon.shift(queries.STUCK_AFTER - timedelta(seconds=1))
    assert not queries.stuck(now=NOW + queries.STUCK_AFTER - timedelta(seconds=1)).exists()
    noon.shift(1)
    now = NOW + queries.STUCK_AFTER
    assert queries.stuck(now=now).count() == queries.stats(now=now).stuck == 1
    page = Client().get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()
    assert "habits_transfers_stuck 1.0" in page
    state = "reading" if how == "reading" else "running"
    assert f'habits_transfers{{state="{state}"}} 1.0' in page
    Transfer.objects.update(moved_at=None)  # written by a version that had no such column
    assert queries.stuck(now=now).count() == 1
    while run_next(now=now):
        pass
    assert not queries.stuck(now=now + timedelta(days=1)).exists()


def test_an_import_that_goes_on_is_not_stuck(noon: Any) -> None:
    api = make.client(make.person("alice"))
    api.post(f"/api/imports/{upload(api, 'loop.db').json()['id']}/start/")
    noon.shift(queries.STUCK_AFTER)
    run_next(now=NOW, may_go_on=lambda: False)
    assert Transfer.objects.get().state == "running"
    assert not queries.stuck(now=NOW + queries.STUCK_AFTER).exists()


def test_staff_with_the_right_try_again_or_end_what_got_stuck(noon: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent(make.client(make.person("alice")), "loop.db")
    sent(make.client(make.person("bob")), "loop.db")

    def dying(*_: Any, **__: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(running, "open_file", dying)
        with pytest.raises(SystemExit):
            run_next(now=NOW)
    first, second = Transfer.objects.order_by("pk")
    act(staff("view_transfer"), "give_up", first)
    assert Transfer.objects.filter(state="reading").count() == 2
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
    assert "0 transfers" in client.get(LIST, {"stuck": "yes"}).content.decode()
    noon.shift(queries.STUCK_AFTER)
    assert "2 transfers" in client.get(LIST, {"stuck": "yes"}).content.decode()
    assert "Given to the worker: 1." in act(client, "try_again", first)
    first.refresh_from_db()
    assert (first.lease, first.attempts, first.moved_at) == (None, 0, NOW + queries.STUCK_AFTER)
    assert "Ended: 1." in act(client, "give_up", second)
    second.refresh_from_db()
    assert (second.state, second.code, second.pieces.count()) == ("failed", "gave_up", 0)
    assert "Ended: 0." in act(client, "give_up", second)
    shown = client.get(f"{LIST}{first.pk}/change/").content.decode()
    assert "loop.db" not in shown, "names and contents of files are their people's"
