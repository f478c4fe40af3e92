"""A worker is killed while it reads a file, imports, exports or restores: another goes on, and makes nothing twice."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections

from habits.models import Habit
from integrations.models import Transfer, TransferPiece
from integrations.tasks import run_transfers
from integrations.transfer import exporting, imports, restoring, running
from tests import make
from tests.integrations.transfer import samples
from tests.integrations.transfer.test_exports import NOW, export, furnish, records, restore
from tests.integrations.transfer.test_imports import stored
from tracking.streaks.services import find_differences

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.engine("postgresql", reason="a second process cannot share SQLite in memory"),
]


@pytest.fixture(autouse=True)
def noon() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def kill_at(module: Any, name: str, *, call: int) -> None:
    """Run the worker in a process of its own, which is killed within this call of a function."""
    connections.close_all()  # each process opens its own
    child = os.fork()
    if child == 0:
        setattr(module, name, killed_at(getattr(module, name), call))
        run_transfers()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def killed_at(real: Callable[..., Any], call: int) -> Callable[..., Any]:
    calls: list[int] = []

    def wrapped(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        found = real(*arguments, **named)
        if len(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    return wrapped


def uploaded(user: Any, name: str, content: bytes) -> int:
    api = make.client(user)
    made = api.post("/api/imports/", {"file": SimpleUploadedFile(name, content)}, format="multipart").json()
    run_transfers()
    assert api.post(f"/api/imports/{made['id']}/start/").status_code == 202
    return int(made["id"])


def go_on(noon: Any) -> None:
    noon.shift(timedelta(minutes=3))
    run_transfers()


def test_a_file_is_read_again_where_its_worker_was_killed(noon: Any) -> None:
    api = make.client(make.person("alice"))
    file = SimpleUploadedFile("loop.zip", samples.content("loop-2.3.1.zip"))
    path = f"/api/imports/{api.post('/api/imports/', {'file': file}, format='multipart').json()['id']}/"
    kill_at(running, "described", call=1)
    assert api.get(path).json()["state"] == "reading"
    go_on(noon)
    found = api.get(path).json()
    assert (found["state"], found["total"]) == ("waiting", 8)
    assert api.post(f"{path}start/").status_code == 202


@pytest.mark.parametrize("call", [1, 4, 8])
def test_an_import_goes_on_where_its_worker_was_killed(noon: Any, call: int) -> None:
    alice = make.person("alice")
    made = uploaded(alice, "loop.zip", samples.content("loop-2.3.1.zip"))
    kill_at(imports, "import_days", call=call)
    assert Habit.objects.count() == Transfer.objects.get(pk=made).done == call - 1
    go_on(noon)
    wanted = samples.wanted(samples.expected("loop-2.3.1.zip")["habits"])
    assert [(each["name"], each["logs"]) for each in stored(alice)] == [(each["name"], each["logs"]) for each in wanted]
    assert Transfer.objects.get(pk=made).state == "done"
    assert not list(find_differences(now=NOW, repair=False))


def test_an_export_is_made_again_where_its_worker_was_killed(noon: Any) -> None:
    alice, bob = make.person("alice"), make.person("bob")
    furnish(alice)
    made = make.client(alice).post("/api/export/").json()["id"]
    kill_at(exporting, "_logs", call=2)
    assert not TransferPiece.objects.exists()
    go_on(noon)
    assert Transfer.objects.get(pk=made).state == "done"
    answer: Any = make.client(alice).get(f"/api/export/{made}/file/")
    restore(bob, b"".join(answer.streaming_content))
    assert records(export(bob)) == records(export(alice))


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_restore_goes_on_where_its_worker_was_killed(noon: Any, call: int) -> None:
    alice, bob = make.person("alice"), make.person("bob")
    furnish(alice)
    content = export(alice)
    made = uploaded(bob, "export.zip", content)
    kill_at(restoring, "restore_track", call=call)
    assert Transfer.objects.get(pk=made).done == call  # a reward, which has no track, was first
    go_on(noon)
    assert Transfer.objects.get(pk=made).state == "done"
    assert records(export(bob)) == records(content)
