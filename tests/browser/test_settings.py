"""What a person sets: profile, pauses, reminders, sessions, password, the account."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device

pytestmark = pytest.mark.processes


def test_the_profile_changes_the_language_at_once(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/profile")
    page.get_by_role("combobox", name="Time zone").fill("Asia/Tokyo")
    page.get_by_label("My day starts").select_option("4")
    page.get_by_label("Language").select_option("ru")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Профиль")).to_be_visible()
    me = alice.api("GET", "users/me/")
    assert (me["language"], me["time_zone"], me["day_starts_at"]) == ("ru", "Asia/Tokyo", 4)


def test_an_unknown_time_zone_is_refused_beside_its_field(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/profile")
    page.get_by_role("combobox", name="Time zone").fill("Atlantis")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Choose a time zone of the list.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Time zone")).to_have_attribute("aria-invalid", "true")


def test_a_new_address_waits_for_its_mail_and_can_be_cancelled(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/profile")
    page.get_by_label("New address").fill("new-alice@example.org")
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Change the address").click()
    expect(page.get_by_text("new-alice@example.org is not confirmed yet")).to_be_visible()
    page.get_by_role("button", name=f"Keep {alice.email}").click()
    expect(page.get_by_text("is not confirmed yet")).to_have_count(0)
    assert alice.api("GET", "users/me/")["new_email"] == ""


def test_dark_stays_dark(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/appearance")
    page.get_by_role("button", name="Dark").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_a_pause_of_one_habit_and_of_all(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = device(alice).open("/me/pauses")
    page.get_by_label("What").select_option(label="Run")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused: Run")).to_be_visible()
    page.get_by_label("What").select_option(label="All habits")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Paused: All habits")).to_be_visible()
    page.get_by_role("button", name="End the pause: Run").click()
    expect(page.get_by_text("Ended: Run is due again from today.")).to_be_visible()
    page.get_by_role("button", name="Delete the pause: All habits").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No pauses.")).to_be_visible()
    assert alice.api("GET", "pauses/")["count"] == 0


def test_reminders_of_all_habits(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = device(alice, viewport=DESKTOP).open("/me/reminders")
    page.get_by_label("Time").fill("20:15")
    page.get_by_label("Text").fill("Shoes on!")
    page.get_by_role("button", name="Add the reminder").click()
    expect(page.get_by_text("Shoes on!", exact=True)).to_be_visible()
    page.get_by_role("button", name="Edit the reminder: Run at 20:15").click()
    page.get_by_label("Time: Run at 20:15").fill("21:00")
    page.get_by_role("button", name="Save the reminder").click()
    page.get_by_role("button", name="Remove the reminder: Run at 21:00").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Shoes on!", exact=True)).to_have_count(0)
    assert [each["text"] for each in alice.api("GET", "reminders/")["results"]] == [""]


def test_a_session_is_ended_and_then_all_others(device: Callable[..., Device], alice: Person) -> None:
    alice.sign_in()
    alice.sign_in()
    page = device(alice).open("/me/sessions")
    expect(page.get_by_text("This device")).to_be_visible()
    rows = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    expect(rows).to_have_count(4)
    page.get_by_role("button", name="Sign out: ").first.click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Sign out all other devices").click()
    page.get_by_role("button", name="Sign out all others").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_text("This device")).to_be_visible()


def test_a_new_password_keeps_this_device_signed_in(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/security")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("textbox", name="New password").fill("an orange umbrella")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Password and access")).to_be_visible()
    alice.password = "an orange umbrella"
    alice.sign_in()


def test_mail_and_weekly_summary(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/notifications")
    page.get_by_label("Remind me by mail, too").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_label("Send me a summary each week").click()
    page.get_by_label("Day").select_option("fri")
    page.get_by_role("button", name="Save the summary").click()
    expect(page.get_by_text("The next one:")).to_be_visible()
    assert alice.api("GET", "digest/")["weekday"] == "fri"


def test_messages_are_listed_with_what_failed(site: Site, device: Callable[..., Device], alice: Person) -> None:
    alice.api("PATCH", "users/me/", {"email": "other-alice@example.org", "password": alice.password})
    site.run(
        "from notifications.models import Delivery\n"
        "mails = Delivery.objects.filter(user__username=username)\n"
        "mails.update(state='failed', reason='the mail server refused it')",
        username=alice.username,
    )
    page = device(alice).open("/me/messages")
    page.get_by_label("Which messages").select_option(label="Failed")
    expect(page.get_by_text("Reason: the mail server refused it").first).to_be_visible()


def test_telegram_is_connected_by_the_number_of_a_chat(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/telegram")
    page.get_by_label("Number of the chat").fill("4711")
    page.get_by_label("Your password, for this chat").fill(alice.password)
    page.get_by_role("button", name="Connect this chat").click()
    expect(page.get_by_text("Connected to chat 4711.")).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Not connected yet")).to_be_visible()


def test_deleting_the_account_needs_the_password_and_an_answer(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/profile")
    page.get_by_label("New address").fill("half a tho")
    page.goto(f"{alice.site.url}/me/delete")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete my account").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.wait_for_function("!Object.keys(localStorage).some((key) => key.startsWith('habits.draft'))")


def test_without_a_network_a_list_says_so_and_recovers(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("ERR_INTERNET_DISCONNECTED")
    page = phone.open("/me/messages")
    expect(page.get_by_text("No messages yet.")).to_be_visible()
    phone.context.set_offline(True)
    page.get_by_label("Which messages").select_option(label="Failed")
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    phone.context.set_offline(False)
    expect(page.get_by_text("No message is in this state.")).to_be_visible()


def test_a_list_that_fails_can_be_tried_again(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    phone.context.route("**/api/keys/**", lambda route: route.fulfill(status=400, json={"errors": []}))
    page = phone.open("/me/keys")
    expect(page.get_by_text("The server refused this. Please try again.")).to_be_visible()
    phone.context.unroute("**/api/keys/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No keys yet.")).to_be_visible()


def test_only_the_invited_sign_up_where_that_is_so(device: Callable[..., Device]) -> None:
    """The server's part is in tests/users/test_invitations.py; here `limits/` says what it would."""
    phone = device()
    kind = {"registration": "invitation"}

    def answer(route):  # type: ignore[no-untyped-def]
        said = route.fetch().json()
        said["account"]["registration"] = kind["registration"]
        route.fulfill(json=said)

    phone.context.route("**/api/limits/", answer)
    page = phone.open("/sign-up?invitation=abc123")
    expect(page.get_by_label("Invitation")).to_have_value("abc123")
    page.get_by_label("Invitation").fill("")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("Enter the code of your invitation.")).to_be_visible()
    kind["registration"] = "closed"
    page.reload()
    expect(page.get_by_text("Nobody can sign up here.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_count(0)
