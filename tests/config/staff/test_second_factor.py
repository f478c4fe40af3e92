"""The second factor of staff: setting it up, signing in with it, limits, a lost device."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from common.redis import connection
from tests import make
from tests.config.staff.conftest import signed_in, staff_member
from users import second_factor
from users.models import User

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAGE = "/admin/second-factor/"
LOGIN = "/admin/login/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_other_limits(settings: Settings) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000/minute")


def code_of(user: User) -> str:
    """Return what the user's authenticator app shows now."""
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    totp.time = datetime.now(UTC).timestamp()
    return f"{totp.token():06}"


def enrolled(name: str = "root") -> tuple[User, list[str]]:
    """Return a superuser who has set up a second factor, and the recovery codes."""
    user = staff_member(name, is_superuser=True)
    second_factor.start_enrolment(user)
    found = second_factor.finish_enrolment(user, code_of(user), now=timezone.now())
    assert found
    return user, found[1]


def sign_in(user: User, code: str = "", password: str = make.PASSWORD) -> tuple[Client, Any]:
    client = Client()
    form = {"username": user.email, "password": password, "code": code, "next": "/admin/"}
    return client, client.post(LOGIN, form)


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def test_staff_set_it_up_and_get_recovery_codes(roots: Client, root: User) -> None:
    assert 'class="segno"' not in roots.get(PAGE).content.decode()
    page = roots.post(PAGE, {"password": make.PASSWORD}).content.decode()
    assert 'class="segno"' in page and "://" not in re.sub(r"http://www\.w3\.org/2000/svg", "", page)
    answer = roots.post(PAGE, {"code": code_of(root)})
    codes = answer.context["codes"]
    assert answer.status_code == 200 and len(set(codes)) == second_factor.RECOVERY_CODES
    assert is_in(roots)
    assert second_factor.is_enrolled(root)


def test_it_is_not_set_up_with_a_wrong_password_or_code(roots: Client, root: User) -> None:
    answer = roots.post(PAGE, {"password": "wrong"})
    assert answer.status_code == 400 and not TOTPDevice.objects.exists()
    roots.post(PAGE, {"password": make.PASSWORD})
    assert roots.post(PAGE, {"code": "000000"}).status_code == 400
    assert not second_factor.is_enrolled(root)


def test_whoever_took_over_a_session_does_not_see_the_key(roots: Client, root: User) -> None:
    """It is shown in answer to the password alone, and is another one each time."""
    first = roots.post(PAGE, {"password": make.PASSWORD}).context["key"]
    for answer in (roots.get(PAGE), roots.post(PAGE, {"password": "wrong"}), roots.post(PAGE, {"code": "000000"})):
        assert first not in answer.content.decode() and 'class="segno"' not in answer.content.decode()
    assert roots.post(PAGE, {"password": make.PASSWORD}).context["key"] != first


def test_signing_in_takes_a_code_and_the_same_code_is_good_once() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        user, _ = enrolled()
        clock.shift(timedelta(minutes=1))
        client, answer = sign_in(user)
        assert (answer.status_code, is_in(client)) == (200, False)
        code = code_of(user)
        clock.shift(timedelta(seconds=2))  # the wait after the try without a code
        client, answer = sign_in(user, code)
        assert (answer.status_code, is_in(client)) == (302, True)
        client, answer = sign_in(user, code)
        assert (answer.status_code, is_in(client)) == (200, False)


def test_a_code_without_the_password_is_not_looked_at() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        user, _ = enrolled()
        clock.shift(timedelta(minutes=1))
        assert sign_in(user, code_of(user), password="wrong")[1].status_code == 200
        client, _answer = sign_in(user, code_of(user))
        assert is_in(client)


def test_each_wrong_code_makes_the_next_wait_longer() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        user, _ = enrolled()
        clock.shift(timedelta(minutes=1))
        for wait in (1, 2, 4):
            sign_in(user, "000000")
            clock.shift(timedelta(seconds=wait - 0.5))
            client, _answer = sign_in(user, code_of(user))
            assert not is_in(client)  # the right code, too early
            clock.shift(timedelta(seconds=0.5))
        clock.shift(timedelta(minutes=1))
        assert is_in(sign_in(user, code_of(user))[0])


def test_a_recovery_code_signs_in_once() -> None:
    user, codes = enrolled()
    client, answer = sign_in(user, codes[0].upper())
    assert (answer.status_code, is_in(client)) == (302, True)
    assert not is_in(sign_in(user, codes[0])[0])


def test_recovery_codes_are_random_and_stored_as_hashes() -> None:
    _, codes = enrolled()
    stored = list(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == len(codes) == second_factor.RECOVERY_CODES
    for code in codes:
        plain = code.replace("-", "")
        assert len(plain) == 24 and plain not in stored and plain[:16] not in stored


def test_a_session_without_the_code_opens_nothing_once_it_is_set_up() -> None:
    """Such as one that was signed in before, or by other means."""
    user, _ = enrolled()
    client = signed_in(user)
    assert not is_in(client)
    for method in (client.get, client.post):
        assert method(PAGE)["Location"].startswith(LOGIN)
        assert method("/admin/users/user/")["Location"].startswith(LOGIN)


def test_the_setting_leads_staff_without_one_to_the_page_and_nowhere_else(
    roots: Client, root: User, settings: Settings
) -> None:
    settings.ADMIN_REQUIRE_TOTP = True
    assert roots.get("/admin/users/user/")["Location"].startswith(LOGIN)
    assert roots.get(LOGIN)["Location"] == PAGE
    assert roots.get(PAGE).status_code == 200
    roots.post(PAGE, {"password": make.PASSWORD})
    roots.post(PAGE, {"code": code_of(root)})
    assert is_in(roots)


def test_without_the_setting_it_is_optional(roots: Client, root: User) -> None:
    assert is_in(roots)
    assert is_in(sign_in(root)[0])


def test_people_who_are_not_staff_do_not_reach_the_page(alice: User) -> None:
    for client in (Client(), signed_in(alice)):
        assert client.get(PAGE)["Location"].startswith(LOGIN)


def test_it_is_removed_and_codes_are_renewed_with_a_code_only() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        user, old = enrolled()
        assert "Signing in there takes a code now." in make.mails()[-1].body
        client, _ = sign_in(user, old[0])
        assert client.post(PAGE, {"password": make.PASSWORD, "code": old[0], "remove": "1"}).status_code == 400
        clock.shift(timedelta(minutes=1))
        renewed = client.post(PAGE, {"password": make.PASSWORD, "code": code_of(user), "renew": "1"}).context["codes"]
        assert not set(renewed) & set(old)
        assert not is_in(sign_in(user, old[1])[0])
        clock.shift(timedelta(minutes=1))
        client.post(PAGE, {"password": make.PASSWORD, "code": code_of(user), "remove": "1"})
        assert not second_factor.is_enrolled(user)
        told = [mail for mail in make.mails() if mail.subject == "Your two-factor sign-in was changed"]
        assert [mail.to for mail in told] == [[user.email]] * 3
        assert "Signing in there takes the password alone now." in told[-1].body


def test_an_operator_or_a_superuser_removes_it_after_a_lost_device(roots: Client) -> None:
    user, _ = enrolled("other")
    call_command("remove_second_factor", user.email)
    assert is_in(sign_in(user)[0])
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_second_factor", user.email)
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_second_factor", "nobody@example.org")
    second_factor.start_enrolment(user)
    second_factor.finish_enrolment(user, code_of(user), now=timezone.now())
    roots.post("/admin/users/user/", {"action": "remove_second_factor", "_selected_action": [user.pk]})
    assert not second_factor.is_enrolled(user)


def test_attempts_at_ones_own_password_in_the_admin_are_limited(roots: Client, settings: Settings) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"secret": "2/minute"}
    form = {"old_password": "wrong", "new_password1": "x" * 12, "new_password2": "x" * 12}
    assert [roots.post("/admin/password_change/", form).status_code for _ in range(3)] == [200, 200, 429]
    assert roots.post(PAGE, {"password": "wrong"}).status_code == 429, "both pages and the API have one count"
    connection().flushdb()
    assert [roots.post(PAGE, {"password": "wrong"}).status_code for _ in range(3)] == [400, 400, 429]
