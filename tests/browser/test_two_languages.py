"""The client in Russian: the browser's language first, then the person's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.site import Person
from tests.browser.tabs import DESKTOP, Device, axe
from tests.browser.test_day_screen import wait_for_log
from tests.browser.test_session_ends import sign_in

pytestmark = pytest.mark.processes


def test_a_stranger_sees_the_browsers_language(device: Callable[..., Device]) -> None:
    page = device(locale="ru-RU").open("/sign-up")
    expect(page.get_by_role("heading", name="Регистрация")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.get_by_role("button", name="Регистрация").click()
    expect(page.get_by_text("Введите адрес эл. почты.")).to_be_visible()
    expect(page.get_by_label("Эл. почта")).to_be_focused()
    assert axe(page) == []


def test_a_person_sees_the_language_of_the_settings(device: Callable[..., Device], alice: Person) -> None:
    alice.api("PATCH", "users/me/", {"language": "ru"})
    alice.habit("Бег", daily_amount="5", unit="км")
    page = device(locale="en-GB", viewport=DESKTOP).open("/")
    sign_in(page, alice)
    expect(page.get_by_role("heading", name="Сегодня")).to_be_visible()
    page.get_by_role("button", name="Ввести количество: Бег").click()
    page.get_by_label("Бег, км").fill("5,5")
    page.keyboard.press("Enter")
    wait_for_log(page, alice, "Бег", amount="5.50")
    expect(page.get_by_role("button", name="Ввести количество: Бег, уже 5,5 км")).to_be_visible()
    expect(page.get_by_text("1 день")).to_be_visible()
    assert axe(page) == []


def test_a_refusal_is_a_sentence_in_the_language_beside_its_field(device: Callable[..., Device], alice: Person) -> None:
    phone = device(locale="ru-RU")
    phone.allow("status of 400")
    page = phone.open("/sign-up")
    page.get_by_label("Эл. почта").fill("new@example.org")
    page.get_by_label("Пароль", exact=True).fill("12345678")
    page.get_by_role("button", name="Регистрация").click()
    field = page.get_by_label("Пароль", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("Выберите пароль посложнее")).to_be_visible()
    field.fill(alice.password)
    page.get_by_label("Эл. почта").fill(alice.email)
    page.get_by_role("button", name="Регистрация").click()
    expect(page.get_by_text("Этот адрес занят другой учётной записью.")).to_be_visible()
    expect(page.get_by_role("link", name="Отправить подтверждение ещё раз")).to_be_visible()


def test_what_is_wrong_can_be_read_in_the_dark(device: Callable[..., Device]) -> None:
    page = device(scheme="dark").open("/sign-up")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Enter your e-mail address.")).to_be_visible()
    assert axe(page) == []
