"""Share links: creating, listing and revoking them, and what their page shows."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from achievements.models import Achievement, ShareLink, UserAchievement
from achievements.shares import services as sharing
from habits.models import Habit
from tests import make
from tracking.logs import services as days
from tracking.models import HabitTrack
from tracking.tracks import services
from users.models import User
from users.services import edit_profile, remove_account

TODAY = "2026-11-21"
SECRET = "nobody else's business"
HOSTILE = '"><script>alert(1)</script>{{ 7 }}&amp;\u202e'

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


class Page(HTMLParser):
    """The tags of an HTML page with their attributes, and its texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())

    @property
    def meta(self) -> dict[str | None, str | None]:
        return {
            attrs.get("property") or attrs.get("name"): attrs.get("content")
            for tag, attrs in self.tags
            if tag == "meta"
        }


def completed_track(owner: User, length: int, **options: Any) -> HabitTrack:
    """Create a track with the last `length` days completed, up to today."""
    track = make.track(owner, **options)
    today = timezone.now().date()
    entries = [days.DayEntry(day=today - timedelta(days=back), status="completed") for back in range(length)]
    days.set_days(user=owner, track_id=track.pk, days=entries, source="api", now=timezone.now())
    return track


def award(owner: User) -> Achievement:
    """Let the owner earn an achievement of the starting set, and return it."""
    completed_track(owner, 7, name="Seven times")
    return UserAchievement.objects.filter(user=owner, achievement__habit=None).earliest("pk").achievement


def create_share(api: APIClient, **options: Any) -> dict[str, Any]:
    answer = api.post("/api/shares/", options)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def path(share: dict[str, Any]) -> str:
    return str(urlsplit(share["url"]).path)


def open_page(share: dict[str, Any]) -> Page:
    answer = Client().get(path(share))
    assert answer.status_code == 200, answer.content
    return Page(answer.content.decode())


def assert_gone(share: dict[str, Any]) -> None:
    """Check that page and card answer as for a token that never existed."""
    nobodys = Client().get("/s/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/")
    assert nobodys.status_code == 404
    for address in (path(share), path(share) + "card.png"):
        answer = Client().get(address)
        assert (answer.status_code, answer.content) == (404, nobodys.content)
        assert answer["Cache-Control"] == "no-store"


def test_a_streak_is_shared(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 5).pk)
    assert share["title"] == "5 days in a row: Push-ups"
    assert share["is_live"] and share["expires_at"] is None
    words = open_page(share).words
    assert {"alice’s streak", "Push-ups", "5", "days in a row"} <= set(words)


def test_an_ended_streak_is_shown_as_the_longest_one(api: APIClient, alice: User, clock: Any) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 5).pk)
    clock.move_to(make.utc("2026-11-25 12:00"))
    assert {"5", "Longest so far"} <= set(open_page(share).words)


def test_an_achievement_is_shared(api: APIClient, alice: User) -> None:
    achievement = award(alice)
    share = create_share(api, kind="achievement", achievement=achievement.pk)
    assert share["title"] == f"Achievement: {achievement.name_en}"
    words = open_page(share).words
    assert {"alice’s achievement", achievement.name_en, achievement.description_en} <= set(words)
    assert "Earned on Nov. 21, 2026" in words
    assert "Seven times" not in " ".join(words)  # the habit that earned it was not shared


def test_a_year_is_shared(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="year", track=completed_track(alice, 5).pk)
    page = open_page(share)
    assert "5 days completed in the year to Nov. 21, 2026" in page.words
    assert (
        sum(tag == "rect" and attrs.get("class") == "full" for tag, attrs in page.tags) == 5 + 1
    )  # one is in the legend


def test_the_page_is_in_its_owners_language(api: APIClient, alice: User) -> None:
    edit_profile(user=alice, language="ru", now=timezone.now())
    share = create_share(api, kind="streak", track=completed_track(alice, 5, schedule={"interval": 3}).pk)
    answer = Client().get(path(share), headers={"accept-language": "en"})
    assert answer["Content-Language"] == "ru"
    assert '<html lang="ru">' in answer.content.decode()
    assert share["title"] == "3 × 3 дня подряд: Push-ups"


def test_the_whole_page_of_a_year_is_in_its_owners_language(api: APIClient, alice: User) -> None:
    edit_profile(user=alice, language="ru", now=timezone.now())
    html = (
        Client()
        .get(path(create_share(api, kind="year", track=completed_track(alice, 5, name="Бег").pk)))
        .content.decode()
    )
    for month in ("Янв", "Май", "Ноя"):
        assert f">{month}<" in html
    shown = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    assert set(re.findall(r"[A-Za-z]{2,}", shown)) == {"alice"}


def test_the_list_of_links_takes_a_fixed_number_of_queries(api: APIClient, alice: User) -> None:
    counts = []
    for name in ("One", "Two"):
        track = completed_track(alice, 1, name=name)
        for kind in ("streak", "year"):
            create_share(api, kind=kind, track=track.pk)
        with CaptureQueriesContext(connection) as queries:
            assert api.get("/api/shares/?page_size=100").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_page_has_the_metadata_of_link_previews(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 5).pk)
    meta = open_page(share).meta
    assert meta["og:title"] == meta["twitter:title"] == share["title"]
    assert meta["og:description"] == "alice’s streak"
    assert meta["og:type"] == "website"
    assert meta["og:url"] == share["url"] == f"{settings.SITE_URL}{path(share)}"
    assert meta["og:image"] == meta["twitter:image"] == share["card"] == f"{share['url']}card.png"
    assert (meta["og:image:width"], meta["og:image:height"]) == ("1200", "630")
    assert meta["og:image:alt"]
    assert meta["twitter:card"] == "summary_large_image"


@pytest.mark.parametrize("kind", ["streak", "year"])
def test_the_card_has_the_size_that_the_page_states(api: APIClient, alice: User, kind: str) -> None:
    share = create_share(api, kind=kind, track=completed_track(alice, 3).pk)
    answer = Client().get(path(share) + "card.png")
    assert answer["Content-Type"] == "image/png"
    with Image.open(BytesIO(answer.content)) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert len(answer.content) < 300_000  # WhatsApp shows no larger previews
    again = Client().get(path(share) + "card.png", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_card_changes_with_what_it_shows(api: APIClient, alice: User, clock: Any) -> None:
    track = completed_track(alice, 3)
    share = create_share(api, kind="streak", track=track.pk)
    before = Client().get(path(share) + "card.png")
    clock.move_to(make.utc("2026-11-22 12:00"))
    make.log(track, "2026-11-22")
    after = Client().get(path(share) + "card.png", headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200 and after.content != before.content


def test_only_what_was_shared_is_shown(api: APIClient, alice: User) -> None:
    make.track(alice, name=SECRET, place=SECRET)
    coffee = make.habit(alice, name=SECRET, is_pleasant=True)
    track = completed_track(
        alice, 3, name="Shared", description=SECRET, place=SECRET, action=SECRET, time="07:31", linked_habit=coffee.pk
    )
    make.log(track, TODAY, note=SECRET)
    achievement = award(alice)
    for options in (
        {"kind": "streak", "track": track.pk},
        {"kind": "year", "track": track.pk},
        {"kind": "achievement", "achievement": achievement.pk},
    ):
        html = Client().get(path(create_share(api, **options))).content.decode()
        for hidden in (SECRET, alice.email, "example.org", "07:31", "Seven times"):
            assert hidden not in html, options


def test_a_malicious_name_is_escaped(api: APIClient, alice: User) -> None:
    track = completed_track(alice, 1)
    Habit.objects.update(name=HOSTILE)  # as a row from before invisible characters were refused
    share = create_share(api, kind="streak", track=track.pk)
    page = open_page(share)
    assert not [tag for tag, _ in page.tags if tag == "script"]
    assert HOSTILE in page.words
    assert page.meta["og:title"] == f"1 day in a row: {HOSTILE}"
    year = create_share(api, kind="year", track=share["track"])
    assert not [tag for tag, _ in open_page(year).tags if tag == "script"]
    assert Client().get(path(share) + "card.png").status_code == 200


def test_app_links_contain_the_title_and_the_url(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 1, name="Читать & писать #1 100%?").pk)
    title, url, links = share["title"], share["url"], share["links"]
    assert title == "1 day in a row: Читать & писать #1 100%?"
    asked = {name: urlsplit(link) for name, link in links.items()}
    assert {name: f"{link.scheme}://{link.netloc}{link.path}" for name, link in asked.items()} == {
        "telegram": "https://t.me/share/url",
        "whatsapp": "https://wa.me/",
        "x": "https://twitter.com/intent/tweet",
        "facebook": "https://www.facebook.com/sharer/sharer.php",
    }
    assert {name: parse_qs(link.query, strict_parsing=True) for name, link in asked.items()} == {
        "telegram": {"url": [url], "text": [title]},
        "whatsapp": {"text": [f"{title} {url}"]},
        "x": {"text": [title], "url": [url]},
        "facebook": {"u": [url]},
    }
    assert all("+" not in link and not link.rpartition("?")[2].count("/") for link in links.values())


def test_an_expired_link_is_gone(api: APIClient, alice: User, clock: Any) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 1).pk, expires_at="2026-11-22T12:00:00Z")
    clock.move_to(make.utc("2026-11-22 11:59:59"))
    open_page(share)
    clock.move_to(make.utc("2026-11-22 12:00"))
    assert_gone(share)
    assert make.refused(api.get(f"/api/shares/{share['id']}/"), 404)
    assert api.get("/api/shares/").json()["count"] == 0


def test_a_revoked_link_stops_working_at_once(api: APIClient, alice: User) -> None:
    track = completed_track(alice, 1)
    share, other = create_share(api, kind="streak", track=track.pk), create_share(api, kind="streak", track=track.pk)
    assert api.delete(f"/api/shares/{share['id']}/").status_code == 204
    assert_gone(share)
    open_page(other)
    assert make.refused(api.delete(f"/api/shares/{share['id']}/"), 404)


def test_a_revoked_achievement_is_not_shown_until_it_is_earned_again(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="achievement", achievement=award(alice).pk)
    track = HabitTrack.objects.get(habit__name="Seven times")
    make.log(track, "2026-11-18", "missed")
    assert_gone(share)
    assert not api.get(f"/api/shares/{share['id']}/").json()["is_live"]
    again = api.post("/api/shares/", {"kind": "achievement", "achievement": share["achievement"]})
    assert make.refused(again) == [("does_not_exist", "achievement")]
    make.log(track, "2026-11-18")
    open_page(share)


@pytest.mark.parametrize("kind", ["streak", "year"])
def test_a_track_that_is_left_is_not_shown(bob: User, alice: User, kind: str) -> None:
    track = make.follower(bob, make.habit(alice, is_published=True))
    share = create_share(make.client(bob), kind=kind, track=track.pk)
    open_page(share)
    services.leave(user=bob, track_id=track.pk, now=timezone.now())
    assert_gone(share)
    assert not make.client(bob).get(f"/api/shares/{share['id']}/").json()["is_live"]


def test_deleting_the_habit_deletes_the_link(api: APIClient, alice: User) -> None:
    track = completed_track(alice, 1)
    share = create_share(api, kind="streak", track=track.pk)
    assert api.delete(f"/api/habits/{track.habit_id}/").status_code == 204
    assert_gone(share)
    assert not ShareLink.objects.exists()


def test_deleting_the_account_deletes_its_links(api: APIClient, alice: User, bob: User) -> None:
    theirs = create_share(make.client(bob), kind="streak", track=completed_track(bob, 1).pk)
    shares = [
        create_share(api, kind="achievement", achievement=award(alice).pk),
        create_share(api, kind="year", track=completed_track(alice, 1).pk),
    ]
    remove_account(user=alice, now=timezone.now())
    for share in shares:
        assert_gone(share)
    open_page(theirs)


def test_share_links_of_a_banned_user_show_nothing(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 1).pk)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert_gone(share)


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"kind": "streak"}, ("required", "track")),
        ({"kind": "achievement"}, ("required", "achievement")),
        ({"kind": "everything"}, ("invalid_choice", "kind")),
        ({"kind": "year", "track": 2**62}, ("does_not_exist", "track")),
        ({"kind": "achievement", "achievement": 2**62}, ("does_not_exist", "achievement")),
        ({"kind": "year", "track": 1, "achievement": 1}, ("not_of_this_kind", "achievement")),
        ({"kind": "year", "track": 1, "expires_at": f"{TODAY}T12:00:00Z"}, ("in_past", "expires_at")),
    ],
)
def test_invalid_links_are_refused(api: APIClient, options: dict[str, Any], refusal: tuple[str, str | None]) -> None:
    before = make.everything()
    assert make.refused(api.post("/api/shares/", options)) == [refusal]
    assert make.everything() == before


def test_only_ones_own_active_tracks_and_held_achievements_can_be_shared(
    api: APIClient, alice: User, bob: User
) -> None:
    public = make.habit(bob, is_published=True)
    left = make.follower(alice, public)
    services.leave(user=alice, track_id=left.pk, now=timezone.now())
    for track, code in ((left, "left"), (HabitTrack.objects.get(user=bob), "does_not_exist")):
        for kind in ("streak", "year"):
            answer = api.post("/api/shares/", {"kind": kind, "track": track.pk})
            assert make.refused(answer) == [(code, "track")]
    answer = api.post("/api/shares/", {"kind": "achievement", "achievement": award(bob).pk})
    assert make.refused(answer) == [("does_not_exist", "achievement")]


def test_links_of_other_users_answer_404(api: APIClient, alice: User, charlie: User) -> None:
    share = create_share(api, kind="streak", track=completed_track(alice, 1).pk)
    his = make.client(charlie)
    assert his.get("/api/shares/").json()["count"] == 0
    for call in (his.get, his.delete):
        assert make.refused(call(f"/api/shares/{share['id']}/"), 404) == [("not_found", None)]
    open_page(share)
    make.refused(make.client().get("/api/shares/"), 401)


def test_the_number_of_links_of_a_user_is_limited(
    api: APIClient, alice: User, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MAX_LINKS", 2)
    track = completed_track(alice, 1)
    create_share(api, kind="streak", track=track.pk)
    create_share(api, kind="streak", track=track.pk, expires_at="2026-11-22T12:00:00Z")
    assert make.refused(api.post("/api/shares/", {"kind": "year", "track": track.pk})) == [("too_many_links", None)]
    clock.move_to(make.utc("2026-11-22 12:00"))  # one link has expired
    create_share(api, kind="year", track=track.pk)


def test_tokens_cannot_be_guessed(api: APIClient, alice: User) -> None:
    track = completed_track(alice, 1)
    tokens = {path(create_share(api, kind="streak", track=track.pk)).split("/")[2] for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) == 32 for token in tokens)  # 24 random bytes


def test_the_database_refuses_links_without_target_and_duplicate_tokens(alice: User) -> None:
    track = completed_track(alice, 1)
    wrong: list[dict[str, Any]] = [
        {"kind": "streak", "token": "a"},
        {"kind": "achievement", "token": "a", "track": track},
        {"kind": "other", "token": "a", "track": track},
    ]
    for options in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ShareLink.objects.create(user=alice, **options)
    ShareLink.objects.create(user=alice, kind="year", track=track, token="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        ShareLink.objects.create(user=alice, kind="year", track=track, token="a")


@pytest.mark.parametrize("token", ["no", "%00" * 32, "a" * 500, "%D1%8F" * 32, "' or 1=1 --" * 3])
def test_a_malformed_token_answers_404(client: Client, token: str) -> None:
    for address in (f"/s/{token}/", f"/s/{token}/card.png"):
        assert client.get(address).status_code == 404


def test_the_page_is_public_and_read_only(api: APIClient, alice: User) -> None:
    share = create_share(api, kind="year", track=completed_track(alice, 1).pk)
    for address in (path(share), path(share) + "card.png"):
        answer = Client().get(address)
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "max-age=60" in answer["Cache-Control"]
        assert not answer.cookies
        assert Client().head(address).status_code == 200
        assert Client().post(address).status_code == 405


def test_the_page_takes_a_fixed_number_of_queries(api: APIClient, alice: User) -> None:
    def queries(share: dict[str, Any]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            open_page(share)
        return len(captured)

    kinds: list[dict[str, Any]] = [{"kind": kind, "track": completed_track(alice, 2).pk} for kind in ("streak", "year")]
    kinds.append({"kind": "achievement", "achievement": award(alice).pk})
    shares = [create_share(api, **options) for options in kinds]
    before = [queries(share) for share in shares]
    assert before[0] == 1 and before[2] == 2
    for _ in range(3):
        create_share(api, kind="streak", track=completed_track(alice, 2).pk)
    assert [queries(share) for share in shares] == before
    with CaptureQueriesContext(connection) as captured:
        assert api.get("/api/shares/").json()["count"] == 6
    assert len(captured) == 4  # the user, the count, the links, the awards


def test_visits_are_rate_limited(api: APIClient, alice: User, settings: Any) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"stranger": "2/minute"}
    share = create_share(api, kind="streak", track=completed_track(alice, 1).pk)
    assert [Client().get(path(share)).status_code for _ in range(3)] == [200, 200, 429]
