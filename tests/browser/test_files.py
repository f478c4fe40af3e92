"""Files in and out: a table is read as one chooses, started, followed and reported; an export is fetched and restored."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.requests import without_answers
from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device, axe
from tests.integrations.transfer.samples import HOSTILE

pytestmark = pytest.mark.processes

TABLE = b"Wann,Was,Minuten,Text\n3/4/2025,Read,20,\n4/4/2025,Read,30,in bed\n5/4/2025,Read,maybe,\n"
DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0))
    const given = new DataTransfer()
    given.items.add(new File([bytes], name))
    const area = document.querySelector("input[type=file]").parentElement
    for (const type of ["dragenter", "dragover", "drop"])
        area.dispatchEvent(new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true }))
}"""


def work(site: Site) -> None:
    """Do what waits, as the worker does."""
    site.run("from integrations.tasks import run_transfers\nrun_transfers()")


def read(site: Site, page: Page) -> None:
    """Let the worker read the file that the screen waits for."""
    expect(page.get_by_text("Your file is being read.")).to_be_visible()
    work(site)
    expect(page.get_by_text("Your file is being read.")).to_be_hidden()


def choose(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/plain", "buffer": content})


def drop(page: Page, name: str, content: bytes) -> None:
    expect(page.locator("input[type=file]")).to_be_attached()
    page.evaluate(DROP, [name, base64.b64encode(content).decode()])


def test_without_a_network_a_file_is_not_sent_and_a_sentence_says_so(
    device: Callable[..., Device], alice: Person
) -> None:
    phone = device(alice)
    phone.allow("ERR_INTERNET_DISCONNECTED")
    page = phone.open("/me/data")
    expect(page.locator("input[type=file]")).to_be_attached()
    page.wait_for_load_state("networkidle")
    phone.context.set_offline(True)
    choose(page, "mine.csv", TABLE)
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached")
    expect(page.get_by_text("Sending mine.csv")).to_have_count(0)


def test_a_table_is_read_as_one_chooses_started_followed_and_reported(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    phone = device(alice)
    page = phone.open("/me/data")
    with without_answers(phone, "**/api/imports/"):
        choose(page, "mine.csv", TABLE)
        expect(page.get_by_role("heading", name="mine.csv")).to_be_visible()  # only the answer was lost
    read(site, page)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    for label, column in (("Day", "Wann"), ("Habit", "Was"), ("Note", "Wann")):
        page.get_by_label(label, exact=True).select_option(column)
    page.get_by_role("button", name="Read the table so").click()
    expect(page.get_by_text("This column is chosen already.")).to_be_visible()
    page.get_by_label("Note", exact=True).select_option("Text")
    page.get_by_label("Amount, or whether it was done").select_option("Minuten")
    page.get_by_role("button", name="Read the table so").click()
    read(site, page)
    expect(page.get_by_text("2 days, 3 Apr 2025 – 4 Apr 2025")).to_be_visible()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_disabled()
    assert axe(page) == []
    page.get_by_label("The month comes first").click()
    read(site, page)
    expect(page.get_by_text("2 days, 4 Mar 2025 – 4 Apr 2025")).to_be_visible()
    page.get_by_text("1 × The value cannot be read.").click()
    expect(page.get_by_text("line 4")).to_be_visible()
    page.reload()
    expect(page.get_by_label("The month comes first")).to_be_checked()
    other = phone.open(page.url.removeprefix(site.url))
    expect(other.get_by_role("button", name="Start", exact=True)).to_be_enabled()

    with without_answers(phone, "**/start/"):
        page.get_by_role("button", name="Start", exact=True).click()
        for each in (page, other):
            expect(each.get_by_text("Your habits are being made")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Your habits are being made")).to_be_visible()
    work(site)
    for each in (page, other):
        expect(each.get_by_text("1 new habit, 2 days added")).to_be_visible()
    assert axe(page) == []
    assert [each["habit"]["name"] for each in alice.api("GET", "tracks/")["results"]] == ["Read"]

    page.get_by_role("link", name="My data").click()
    choose(page, "mine.csv", TABLE)  # the same again, with the same answers
    read(site, page)
    for label, column in (("Day", "Wann"), ("Habit", "Was"), ("Amount, or whether it was done", "Minuten")):
        page.get_by_label(label, exact=True).select_option(column)
    page.get_by_role("button", name="Read the table so").click()
    read(site, page)
    page.get_by_label("The month comes first").click()
    read(site, page)
    expect(page.get_by_text("Here already", exact=True)).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Your habits are being made")).to_be_visible()
    work(site)
    expect(page.get_by_text("1 as it was")).to_be_visible()


def test_what_cannot_be_imported_is_refused_by_a_sentence_and_a_file_can_lose_its_place(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    desk = device(alice, viewport=DESKTOP)
    desk.allow("status of 400")
    desk.allow("status of 404")
    desk.allow("status of 504")
    page = desk.open("/me/data")
    for name, text in (
        ("empty.csv", "There is nothing in this file."),
        ("utf-16.csv", "Save it as UTF-8 and try again."),
        ("bomb.zip", "The file is too large, or becomes so when it is unpacked."),
        ("trigger.db", "This database has other tables than the app makes."),
        ("shopping.txt", "This is none of the formats that can be imported"),
    ):
        expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
        drop(page, name, (HOSTILE / name).read_bytes())
        if name != "empty.csv":
            read(site, page)
        expect(page.get_by_role("alert").get_by_text(text)).to_be_visible()
        if name != "empty.csv":
            page.get_by_role("link", name="Send another file").click()

    def too_late(route: Route) -> None:
        route.fetch()
        route.fulfill(status=504, body="<h1>504 Gateway Timeout</h1>")

    desk.context.route("**/api/imports/", too_late)
    drop(page, "first.csv", b"date,habit,done\n2025-04-01,Read,x\n")
    expect(page.get_by_role("heading", name="first.csv")).to_be_visible()
    desk.context.unroute("**/api/imports/", too_late)
    other = desk.open("/me/data")
    drop(other, "second.csv", b"date,habit,done\n2025-04-01,Run,x\n")
    expect(other.get_by_role("heading", name="second.csv")).to_be_visible()
    expect(page.get_by_text("This file is not here any more.")).to_be_visible()
    page.get_by_role("link", name="the files that you have sent").click()
    work(site)
    page.get_by_role("link", name="Look at it and start: second.csv").click()
    page.get_by_role("button", name="Forget the file").click()
    expect(page.get_by_text("The file is forgotten.")).to_be_visible()
    assert alice.api("GET", "imports/")["count"] == 0


def test_an_export_is_made_fetched_once_and_restored(
    site: Site, device: Callable[..., Device], alice: Person, tmp_path: Path
) -> None:
    habit = alice.habit("Read")
    alice.api("PUT", f"tracks/{habit['track']}/logs/{alice.api('GET', 'today/')[0]['day']}/", {"status": "completed"})
    phone = device(alice)
    page = phone.open("/me/data")
    with page.expect_download() as table:
        page.get_by_role("button", name="Save as a table").click()
    assert table.value.suggested_filename == "Read.csv"
    assert "Read,completed" in Path(table.value.path()).read_text()
    page.get_by_role("button", name="Make an export").click()
    expect(page.get_by_text("Your export is being made")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Your export is being made")).to_be_visible()
    work(site)
    with page.expect_download() as export:
        page.get_by_role("button", name="Save the file").click()
    expect(page.get_by_text("The last export was fetched at")).to_be_visible()
    content = Path(export.value.path()).read_bytes()
    alice.api("DELETE", f"habits/{habit['id']}/")
    choose(page, "habits.zip", content)
    read(site, page)
    expect(page.get_by_text("An export of this service")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Your habits are being made")).to_be_visible()
    work(site)
    expect(page.get_by_text("1 new habit, 1 day added")).to_be_visible()
    page.get_by_role("link", name="See your habits").click()
    expect(page.get_by_role("link", name="Read")).to_be_visible()
