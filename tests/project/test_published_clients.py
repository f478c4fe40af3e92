"""Requests of published clients: with and without api/ before their paths, with and without the last slash."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests import make
from tests.fake_telegram import FakeTelegram
from users.models import User

pytestmark = pytest.mark.django_db

PREFIXES = ["/", "/api/"]
SLASHES = ["/", ""]
PASSWORD = "correct horse battery"


class Client:
    """A published client: where it sends its requests, and whether it ends paths with a slash."""

    def __init__(self, prefix: str, slash: str) -> None:
        self.prefix, self.slash, self.http = prefix, slash, APIClient()

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, follow redirects as clients do, and return the answer."""
        answer = getattr(self.http, method)(f"{self.prefix}{path}{self.slash}", body)
        if answer.status_code == 301:
            assert method == "get"
            answer = self.http.get(answer["Location"], body)
        return answer


@pytest.fixture(params=[(prefix, slash) for prefix in PREFIXES for slash in SLASHES])
def client(request: pytest.FixtureRequest) -> Client:
    return Client(*request.param)


def test_a_client_registers_signs_in_and_keeps_habits(client: Client) -> None:
    made = client.send("post", "register", {"email": "alice@example.org", "password": PASSWORD})
    assert made.status_code == 201, made.content
    token = make.mailed_token("alice@example.org")
    assert client.http.post("/api/register/confirm/", {"token": token, "password": PASSWORD}).status_code == 200
    pair = client.send("post", "login", {"email": "alice@example.org", "password": PASSWORD}).json()
    assert pair.keys() == {"access", "refresh"}
    pair = client.send("post", "token/refresh", {"refresh": pair["refresh"]}).json()
    client.http.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    habit = client.send(
        "post", "habit", {"name": "Push-ups", "action": "do ten push-ups", "frequency": "daily", "is_published": True}
    )
    assert habit.status_code == 201, habit.content
    one = f"habit/{habit.json()['id']}"
    assert client.send("patch", one, {"place": "the garden"}).json()["place"] == "the garden"
    assert client.send("put", one, {"name": "Squats", "frequency": "daily"}).json()["name"] == "Squats"
    listed = client.send("get", "habit").json()
    assert [each["name"] for each in listed["results"]] == ["Squats"]
    assert [each["name"] for each in client.send("get", "habit/public").json()["results"]] == ["Squats"]
    assert client.send("get", one).json() == listed["results"][0]
    assert client.send("delete", one).status_code == 204
    assert client.send("get", "habit").json()["count"] == 0


def test_a_client_gets_a_link_to_the_bot(client: Client, alice: User, telegram: FakeTelegram) -> None:
    client.http = make.client(alice)
    answer = client.send("get", "tg/link")
    assert answer.status_code == 200, answer.content
    refusal = client.send("post", "tg/link", {"chat_id": 1001})
    assert make.refused(refusal) == [("required", "password")], "a stolen session must not connect a chat"
    answer = client.send("post", "tg/link", {"chat_id": 1001, "password": make.PASSWORD})
    assert answer.status_code == 202, answer.content


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_client_reads_the_schema(prefix: str) -> None:
    schema = APIClient().get(f"{prefix}swagger.json")
    assert schema["Content-Type"].startswith("application/json")
    assert schema.json()["swagger"] == "2.0"


def test_the_former_paths_are_not_in_the_schema() -> None:
    paths = APIClient().get("/api/schema/", headers={"Accept": "application/json"}).json()["paths"]
    assert not [path for path in paths if "/login" in path or path.startswith("/habit/") or "swagger.json" in path]


def test_a_page_of_a_former_path_links_to_the_same_path(alice: User) -> None:
    for number in range(6):
        make.habit(alice, name=f"Habit {number}")
    assert make.client(alice).get("/habit/").json()["next"] == "http://testserver/habit/?page=2"


def test_a_redirect_keeps_the_query(alice: User) -> None:
    answer = make.client(alice).get("/api/habits?page=2&name=x")
    assert (answer.status_code, answer["Location"]) == (301, "/api/habits/?page=2&name=x")


@pytest.mark.parametrize("path", ["/api/nothing", "/nothing", "/api/habits/x"])
def test_a_path_that_does_not_exist_with_a_slash_either_is_a_404(path: str) -> None:
    for method in ("get", "post"):
        assert getattr(APIClient(), method)(path).status_code == 404


def test_a_post_without_a_slash_keeps_its_body_under_csrf_checks(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    made = client.post("/api/token", {"email": alice.email, "password": make.PASSWORD})
    assert made.status_code == 200, made.content


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_case_of_the_authorization_scheme_does_not_matter(alice: User, scheme: str) -> None:
    pair = APIClient().post("/api/token/", {"email": alice.email, "password": make.PASSWORD}).json()
    token = pair["access"]
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}")
    assert client.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize("header", ["bearer", "basic abc", "bearer a b", "Bearerx abc"])
def test_another_authorization_is_refused(header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    make.refused(client.get("/api/users/me/"), 401)
