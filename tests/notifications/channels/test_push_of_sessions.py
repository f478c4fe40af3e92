"""A browser's subscription ends with the session that made it, in whichever way that ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from notifications.channels.webpush import services
from notifications.models import Delivery, PushSubscription
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.notifications.channels.conftest import EVENING, MORNING, reminder
from tests.notifications.channels.fake_push import Browser, FakePush
from users import bans, cleanup, sessions, tokens
from users.access import Keep
from users.models import Address, Session, User
from users.services import change_password, remove_account, reset_password

pytestmark = pytest.mark.django_db

NEW = "an even better battery"
SUBSCRIPTIONS, SESSIONS = "/api/push/subscriptions/", "/api/users/me/sessions/"


@dataclass
class SignedIn:
    """A browser of alice with a session of its own, in which messages are on."""

    browser: Browser
    api: APIClient
    pair: dict[str, str]

    @property
    def session_id(self) -> int:
        return int(make.claims(self.pair["refresh"])["sid"])

    def refresh(self) -> None:
        self.pair = APIClient().post("/api/token/refresh/", {"refresh": self.pair["refresh"]}).json()


@pytest.fixture
def laptop(clock: Any, alice: User, push: FakePush) -> SignedIn:
    return signed_in(alice, push, "laptop")


@pytest.fixture
def phone(laptop: SignedIn, alice: User, push: FakePush) -> SignedIn:
    return signed_in(alice, push, "phone")


def signed_in(user: User, push: FakePush, name: str) -> SignedIn:
    pair = make.sign_in(user)
    api = make.program(make.lasting(pair["access"]))
    browser = push.browser(name)
    assert api.post(SUBSCRIPTIONS, browser.subscription).status_code == 201
    return SignedIn(browser, api, pair)


def queue_reminder(user: User, clock: Any) -> None:
    make.track(user, time="07:30")
    Delivery.objects.all().delete()
    clock.move_to(MORNING)
    queue_all_due()


def of_alice() -> User:
    return User.objects.get(username="alice")


def sign_out(phone: SignedIn, laptop: SignedIn) -> None:
    assert phone.api.post("/api/token/revoke/", {"refresh": phone.pair["refresh"]}).status_code == 204


def end_in_the_list(phone: SignedIn, laptop: SignedIn) -> None:
    assert laptop.api.delete(f"{SESSIONS}{phone.session_id}/").status_code == 204


def end_all_others(phone: SignedIn, laptop: SignedIn) -> None:
    assert laptop.api.post(f"{SESSIONS}end-others/").status_code == 204


def use_a_token_twice(phone: SignedIn, laptop: SignedIn) -> None:
    used = phone.pair["refresh"]
    phone.refresh()
    phone.refresh()
    assert APIClient().post("/api/token/refresh/", {"refresh": used}).status_code == 401


def refresh_with_an_old_password(phone: SignedIn, laptop: SignedIn) -> None:
    user = of_alice()
    user.set_password(NEW)  # outside of the service
    user.save()
    assert APIClient().post("/api/token/refresh/", {"refresh": phone.pair["refresh"]}).status_code == 401


def change_the_password(phone: SignedIn, laptop: SignedIn) -> None:
    change_password(user=of_alice(), password=make.PASSWORD, new_password=NEW, now=timezone.now())


def reset_the_password_and_keep_chats(phone: SignedIn, laptop: SignedIn) -> None:
    token = tokens.password_reset.make(of_alice())
    reset_password(token=token, password=NEW, keep=[Keep.CHATS, Keep.SHARES], now=timezone.now())


def staff_client() -> Client:
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin@example.org", make.PASSWORD))
    return staff


def let_staff_set_a_password(phone: SignedIn, laptop: SignedIn) -> None:
    page = f"/admin/users/user/{of_alice().pk}/password/"
    assert staff_client().post(page, {"password1": NEW, "password2": NEW}).status_code == 302


def let_an_operator_set_a_password(phone: SignedIn, laptop: SignedIn) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("getpass.getpass", lambda prompt="": NEW)
        call_command("changepassword", of_alice().email)


def let_staff_sign_out(phone: SignedIn, laptop: SignedIn) -> None:
    chosen = {"action": "end_sessions", "_selected_action": [of_alice().pk]}
    assert staff_client().post("/admin/users/user/", chosen).status_code == 302


def ban(phone: SignedIn, laptop: SignedIn) -> None:
    bans.ban(user=of_alice(), by=User.objects.create_superuser("admin@example.org", make.PASSWORD), now=timezone.now())


ALONE, ALL = {"laptop"}, set[str]()
ENDS = [
    (sign_out, ALONE, "signed_out"),
    (end_in_the_list, ALONE, "ended"),
    (end_all_others, ALONE, "ended"),
    (use_a_token_twice, ALONE, "reused"),
    (refresh_with_an_old_password, ALONE, "revoked"),
    (change_the_password, ALL, "revoked"),
    (reset_the_password_and_keep_chats, ALL, "revoked"),
    (let_staff_set_a_password, ALL, "revoked"),
    (let_an_operator_set_a_password, ALL, "revoked"),
    (let_staff_sign_out, ALL, "revoked"),
    (ban, ALL, "revoked"),
]


@pytest.mark.parametrize(("end", "left", "reason"), ENDS, ids=lambda each: getattr(each, "__name__", ""))
def test_a_browser_whose_session_has_ended_shows_nothing_more_and_what_is_queued_is_dropped(
    phone: SignedIn, laptop: SignedIn, clock: Any, end: Callable[..., None], left: set[str], reason: str
) -> None:
    queue_reminder(of_alice(), clock)
    end(phone, laptop)
    send_all()
    shown = {each.push_url.rpartition("/")[2] for each in PushSubscription.objects.all()}
    assert (shown, Session.objects.get(pk=phone.session_id).end_reason) == (left, reason)
    assert (phone.browser.shown, len(laptop.browser.shown)) == ([], len(left))
    assert reminder().state == ("sent" if left else "dropped")
    assert (Address.objects.get(channel="webpush").address is None) == (not left)


def test_every_reason_for_which_a_session_ends_is_tried_above() -> None:
    assert {reason for _, _, reason in ENDS} == {*Session.EndReason}


def test_a_session_that_expires_takes_its_browser_along_and_a_refreshed_one_keeps_it(
    phone: SignedIn, laptop: SignedIn, alice: User, clock: Any
) -> None:
    clock.shift(timedelta(days=20))
    phone.refresh()
    clock.move_to(EVENING + timedelta(days=31))
    make.track(alice, time="07:30")
    clock.move_to(MORNING + timedelta(days=31))
    queue_all_due()
    send_all()
    assert (laptop.browser.shown, len(phone.browser.shown)) == ([], 1)
    assert phone.api.get(SUBSCRIPTIONS).json()["count"] == 1
    cleanup.remove_expired_sessions(now=timezone.now())
    assert PushSubscription.objects.get().session_id == phone.session_id
    clock.shift(timedelta(days=31))
    queue_all_due()
    send_all()
    cleanup.remove_expired_sessions(now=timezone.now())
    assert len(phone.browser.shown) == 1
    assert not PushSubscription.objects.exists() and Address.objects.get(channel="webpush").address is None


def test_a_browser_whose_session_is_not_known_stays_until_it_says_so_or_the_last_session_ends(
    phone: SignedIn, laptop: SignedIn, alice: User
) -> None:
    PushSubscription.objects.update(session=None)  # as before an upgrade
    sign_out(phone, laptop)
    assert PushSubscription.objects.count() == 2
    assert laptop.api.post(SUBSCRIPTIONS, laptop.browser.subscription).status_code == 201
    assert set(PushSubscription.objects.values_list("session", flat=True)) == {None, laptop.session_id}
    sign_out(laptop, phone)
    assert not PushSubscription.objects.exists()


def test_signing_in_and_sending_it_again_turns_messages_on_again(laptop: SignedIn, alice: User, push: FakePush) -> None:
    change_the_password(laptop, laptop)
    again = signed_in(of_alice(), push, "laptop")
    assert PushSubscription.objects.get().session_id == again.session_id
    assert Address.objects.get(channel="webpush").is_connected


def test_a_session_that_ends_while_its_browser_subscribes_gets_no_subscription(laptop: SignedIn, alice: User) -> None:
    url, keys = laptop.browser.subscription["endpoint"], laptop.browser.subscription["keys"]
    sign_out(laptop, laptop)
    with pytest.raises(AuthenticationFailed):  # its request was let in before
        services.subscribe(
            user=alice,
            session_id=laptop.session_id,
            url=url,
            public_key=keys["p256dh"],
            auth=keys["auth"],
            now=timezone.now(),
        )
    assert not PushSubscription.objects.exists()


def test_a_deleted_account_leaves_no_subscription(phone: SignedIn, alice: User) -> None:
    remove_account(user=of_alice(), now=timezone.now())
    assert not PushSubscription.objects.exists() and not Session.objects.exists()


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_two_sessions_that_end_at_once_disconnect_the_channel(phone: SignedIn, laptop: SignedIn, alice: User) -> None:
    ended = [each.session_id for each in (phone, laptop)]
    with make.meanwhile(lambda: sessions.revoke_session(user=alice, session_id=ended[0], now=timezone.now())):
        sessions.revoke_session(user=alice, session_id=ended[1], now=timezone.now())
    assert Address.objects.get(channel="webpush").address is None
