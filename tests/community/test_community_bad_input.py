"""Bad input to achievements, challenges, groups, shares and leaderboards gives a clear 4xx, never a 500."""

import base64
from datetime import date
from itertools import product
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.models import User
from users.timing import DAY

BAD: list[Any] = [None, "x" * 5000, "\x00", "9999-12-31", -1, 2**63, 10**40, [], {"a": 1}]
IN_A_QUERY = ["", "x", "\x00", "-1", str(2**63), "9" * 40, "9999-12-31", "2027-13-45"]
IN_A_PATH = [str(2**63), "9" * 30, "%00"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(api: APIClient, alice: User, bob: User, settings: Any) -> dict[str, Any]:
    """Return the ids of one object of each kind of alice; bob is a member of her group."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")
    track, day = make.track(alice, is_published=True), timezone.now().date()
    make.log(track, day)
    days = {"first_day": day + 3 * DAY, "last_day": day + 5 * DAY}
    challenge = api.post("/api/challenges/", {"habit": track.habit_id, "name": "May", **days}).json()
    group = api.post("/api/groups/", {"name": "Early birds"}).json()
    make.client(bob).post("/api/groups/by-code/", {"code": group["code"]})
    given = {"habit": track.habit_id, "name_en": "Fifty", "kind": "days", "target": 50}
    return {
        "habit": track.habit_id,
        "track": track.pk,
        "challenge": challenge["id"],
        "challenge_code": challenge["code"],
        "group": group["id"],
        "group_code": group["code"],
        "achievement": api.post("/api/achievements/", given).json()["id"],
        "share": api.post("/api/shares/", {"kind": "streak", "track": track.pk}).json()["id"],
    }


TODAY, LATER = "{today}", "{later}"
WORDS = {"name_en": "a", "name_ru": "b", "description_en": "c", "description_ru": "d", "picture": "x"}
NUMBERS = {"kind": "days_in_window", "target": 5, "window_days": 7, "unit": ""}
DAYS = {"first_day": TODAY, "last_day": LATER}
# Method, path and a valid body; names in braces are keys of `ids`.
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("post", "challenges/", {"habit": "{habit}", "name": "n", "description": "d", **DAYS, "is_public": False}),
    ("patch", "challenges/{challenge}/", {"name": "n", "description": "d", **DAYS, "is_public": False}),
    ("post", "challenges/by-code/", {"code": "{challenge_code}"}),
    ("post", "groups/", {"name": "n", "description": "d", "is_open": False}),
    ("patch", "groups/{group}/", {"name": "n", "description": "d", "is_open": False}),
    ("post", "groups/by-code/", {"code": "{group_code}"}),
    ("put", "groups/{group}/owner/", {"username": "alice"}),
    ("patch", "groups/{group}/members/bob/", {"role": "member"}),
    ("post", "groups/{group}/habits/", {"habit": "{habit}"}),
    ("post", "groups/{group}/feed/", {"share": "{share}"}),
    ("post", "achievements/", {"habit": "{habit}", **WORDS, **NUMBERS}),
    ("patch", "achievements/{achievement}/", {**WORDS, **NUMBERS}),
    ("post", "shares/", {"kind": "streak", "track": "{track}", "achievement": None, "expires_at": None}),
    ("patch", "users/me/", {"is_ranked": True}),
]


def filled(value: Any, ids: dict[str, Any]) -> Any:
    today = timezone.now().date()
    known = ids | {"today": today + 3 * DAY, "later": today + 5 * DAY}
    return value.format(**known) if isinstance(value, str) else value


@pytest.mark.parametrize(("method", "path", "body"), WRITES, ids=lambda each: each if isinstance(each, str) else "")
def test_a_bad_value_is_refused_naming_the_field(
    api: APIClient, ids: dict[str, Any], method: str, path: str, body: dict[str, Any]
) -> None:
    good = {name: filled(value, ids) for name, value in body.items()}
    path = f"/api/{path.format(**ids)}"
    for name in good:
        for bad in BAD:
            answer = getattr(api, method)(path, {**good, name: bad}, format="json")
            assert answer.status_code in {200, 201, 400}, (name, bad, answer.content)
            if answer.status_code == 400:
                assert all(attr for _, attr in make.refused(answer)), (name, bad)
    for whole in ([], [good], "x", 1):
        make.refused(getattr(api, method)(path, whole, format="json"), 400)


PAGE = ("page", "page_size")
READS: dict[str, tuple[str, ...]] = {
    "challenges/": ("which", "state", "name", *PAGE),
    "challenges/{challenge}/standings/": PAGE,
    "challenges/{challenge}/days/": ("from", "to", *PAGE),
    "challenges/by-code/": ("code",),
    "groups/": ("which", "name"),
    "groups/{group}/board/": PAGE,
    "groups/{group}/feed/": ("before", "page_size"),
    "groups/by-code/": ("code",),
    "achievements/": ("habit", "kind", "held", *PAGE),
    "shares/": PAGE,
    "leaderboards/current/": ("unit", "group", "challenge"),
    "leaderboards/month/": ("group", "challenge"),
}


def test_a_bad_query_is_refused_or_ignored(api: APIClient, ids: dict[str, Any]) -> None:
    for path, names in READS.items():
        for name, bad in product(names, IN_A_QUERY):
            answer = api.get(f"/api/{path.format(**ids)}", {name: bad})
            assert answer.status_code in {200, 400, 404}, (path, name, bad, answer.content)


PLACES = [
    *("2027-01-01T00:00:00+00:00 done 1", "2027-01-01T00:00:00+00:00 \x00 1", "1970-01-01T00:00:00+14:00 done 1"),
    *("2027-01-01T00:00:00 done 1", "2027-01-01T00:00:00+23:59:59.999999 done 1", "9999-12-31T23:59:59+00:00 done 1"),
    *(f"2027-01-01T00:00:00+00:00 done {2**63}", f"2027-01-01T00:00:00+00:00 done {'9' * 5000}", "done", ""),
]


def test_a_made_up_feed_cursor_is_refused_or_accepted(api: APIClient, ids: dict[str, Any]) -> None:
    for place in PLACES:
        before = base64.urlsafe_b64encode(place.encode()).decode()
        answer = api.get(f"/api/groups/{ids['group']}/feed/", {"before": before})
        assert answer.status_code in {200, 400}, place
        if answer.status_code == 400:
            assert make.refused(answer) == [("invalid", "before")], place


PATHS = [
    *(f"challenges/[]/{rest}" for rest in ("", "join/", "leave/", "cancel/", "code/", "standings/", "days/")),
    *(f"groups/[]/{rest}" for rest in ("", "join/", "leave/", "code/", "owner/", "members/", "members/bob/")),
    *(f"groups/[]/{rest}" for rest in ("habits/", "habits/1/", "habits/1/follow/", "board/", "feed/")),
    *("groups/{group}/habits/[]/", "groups/{group}/habits/[]/follow/", "groups/{group}/members/[]/"),
    *("achievements/[]/", "shares/[]/"),
]


def test_an_impossible_id_answers_404(api: APIClient, ids: dict[str, Any]) -> None:
    for path, name, method in product(PATHS, IN_A_PATH, ("get", "put", "patch", "post", "delete")):
        asked = f"/api/{path.replace('[]', name).format(**ids)}"
        answer = getattr(api, method)(asked, {"username": "bob", "role": "admin"} if method != "get" else None)
        assert answer.status_code in {404, 405}, (method, asked, answer.content)


def test_a_challenge_until_the_last_possible_date_is_refused(api: APIClient, ids: dict[str, Any]) -> None:
    body = {"habit": ids["habit"], "name": "Forever", "first_day": timezone.now().date(), "last_day": date.max}
    assert make.refused(api.post("/api/challenges/", body)) == [("too_long", "last_day")]
