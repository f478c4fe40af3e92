"""day_log.js: undoing a change of a day brings back its amount, note and time."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests import make
from tests.web import node
from users.models import User

pytestmark = pytest.mark.django_db

# An `api` whose answers are given, and that records its requests.
PLAY = """
    const {{ dayLogs }} = await file("day_log.js");
    const requests = [];
    const call = (method) => async (path, body = null) => {{
      requests.push([method, path, body]);
      if (method !== "get") return body;
      if ({found} === null) throw Object.assign(new Error("none"), {{ status: 404 }});
      return {found};
    }};
    const api = {{ get: call("get"), put: call("put"), delete: call("delete") }};
    const logs = dayLogs(api);
    const {{ before }} = await logs.write(7, "2026-11-21", {said}, {{ isLogged: {logged} }});
    await logs.write(7, "2026-11-21", before, {{ isLogged: true }});
    return requests.filter(([method]) => method !== "get");
"""


def requests(found: str, said: str, *, logged: bool) -> list[list[Any]]:
    """Return the writing requests of a change and of its undoing."""
    made = node.run(PLAY.format(found=found, said=said, logged="true" if logged else "false"))
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
        before = client.get(path)
        shown = {name: before.json()[name] for name in ("status", "amount", "note", "completed_at")}
        for method, _path, body in requests(before.content.decode(), said, logged=True):
            answer = getattr(client, method)(path, body)
            assert answer.status_code == 200, answer.content
        after = client.get(path).json()
        assert {name: after[name] for name in shown} == shown


def test_undoing_the_first_entry_of_a_day_clears_it() -> None:
    path = "tracks/7/logs/2026-11-21/"
    made = requests("null", '{status: "completed"}', logged=False)
    assert made == [["put", path, {"status": "completed"}], ["delete", path, None]]
