"""day_log.js: undoing a change of a day brings back its amount, note and time."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests import make
from tests.web import node
from users.models import User

pytestmark = pytest.mark.django_db

# An `api` whose answers say what stood before, and that records its requests.
PLAY = """
    const {{ dayLogs }} = await file("day_log.js");
    const requests = [];
    const answer = (method) => async (path, body = null) => {{
      requests.push([method, path, body]);
      return {{ before: {before} }};
    }};
    const logs = dayLogs({{ put: answer("put"), delete: answer("delete") }});
    const {{ before }} = await logs.write(7, "2026-11-21", {said});
    await logs.write(7, "2026-11-21", before);
    return requests;
"""


def requests(before: str, said: str) -> list[list[Any]]:
    """Return the requests of a change and of its undoing. `before`: what the server says that stood before."""
    made = node.run(PLAY.format(before=before, said=said))
    assert isinstance(made, list)
    return made


@pytest.mark.parametrize("said", ['{status: "completed"}', '{status: "skipped"}', '{amount: "5"}', "null"])
def test_undoing_a_change_brings_back_all_that_the_day_had(alice: User, said: str) -> None:
    with time_machine.travel("2026-11-21 12:00Z", tick=False) as clock:
        track = make.track(alice, schedule={"daily_amount": 10, "unit": "push-ups"})
        client = make.client(alice)
        path = f"/api/tracks/{track.pk}/logs/2026-11-21/"
        client.put(path, {"amount": "2.50", "note": "in the rain", "completed_at": "2026-11-21T06:31:00Z"})
        clock.shift(timedelta(hours=1))
        names = ("status", "amount", "note", "completed_at")
        shown = {name: client.get(path).json()[name] for name in names}
        [(method, _path, body), *_] = requests("null", said)
        changed = getattr(client, method)(path, body)
        assert changed.status_code == 200, changed.content
        [_, (method, _path, body)] = requests(json.dumps(changed.json()["before"]), said)
        undone = getattr(client, method)(path, body)
        assert undone.status_code == 200, undone.content
        after = client.get(path).json()
        assert {name: after[name] for name in shown} == shown


def test_undoing_the_first_entry_of_a_day_clears_it() -> None:
    path = "tracks/7/logs/2026-11-21/"
    made = requests("null", '{status: "completed"}')
    assert made == [["put", path, {"status": "completed"}], ["delete", path, None]]
