"""Why a message is in its state, in the language of the account: every reason that the code can store is translated."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.utils import translation

from notifications.models import Delivery
from notifications.outbox import reasons
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tracking.streaks.rules import SETTLED, Status
from users.models import User

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = ("notifications", "integrations", "common/outbound")
# What stores a reason, or raises or returns one that is stored, and its argument: by place and by name.
CALLS = {
    "DoNotSend": 0,
    "NotSent": 1,
    "TransportError": 0,
    "CannotConnect": 0,
    "NotFromBotApi": 0,
    "ChannelUnavailable": 0,
    "CallFailed": 0,
    "Called": 0,
    "Pushed": 2,
    "drop_unsent": 9,
    "drop_and_free_keys": 9,
    "postpone": 9,
    "postpone_briefly": 9,
    "update": 9,
}
REFUSALS = ("common/outbound", "notifications/channels/apprise")  # here also those of an address become reasons
NAMES = {
    "reason",
    "REASON",
    "WAITS_FOR_TURN",
    "NOTHING_CONNECTED",
    "ALL_OFF",
    "not_connected",
    "unreachable",
    "outage_reason",
}
VALUE = "443"


def texts_of(node: ast.AST) -> list[str]:
    """Return the texts that an expression can be, with a number for each value that is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=parts):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in parts)
            return [text] if re.search(r"[a-z]{3}", text) else []  # else it is made of another program's words alone
        case ast.IfExp(body=body, orelse=orelse):
            return texts_of(body) + texts_of(orelse)
        case ast.Call(args=args):
            return [text for arg in args for text in texts_of(arg)]
    return []


def stored_reasons() -> set[str]:
    """Return the reasons of messages in the code."""
    found: set[str] = set()
    for folder in FOLDERS:
        for module in (ROOT / folder).rglob("*.py"):
            path = module.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(module.read_text())):
                match node:
                    case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
                        if name in CALLS:
                            found.update(*(texts_of(arg) for arg in args[CALLS[name] : CALLS[name] + 1]))
                            found.update(*(texts_of(each.value) for each in keywords if each.arg == "reason"))
                        if name == "DomainError" and path.startswith(REFUSALS):
                            found.update(texts_of(args[1]))
                    case ast.FunctionDef(name="_reason"):  # of a call that failed
                        returned = [
                            each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value
                        ]
                        found.update(*(texts_of(each) for each in returned))
                    case (
                        ast.Assign(targets=[ast.Name(id=name)], value=value)
                        | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                    ) if name in NAMES and path.startswith("notifications"):
                        found.update(texts_of(value))
    return found - {""}


STORED = stored_reasons() | {str(status) for status in SETTLED - {Status.COMPLETED}}


def test_the_reasons_of_the_code_are_found() -> None:
    """One of each form: a composer's, a channel's, a keyword's, a module's, a call's, one with a value."""
    some = {"left", "no chat is connected", "time changed", "the clock ran ahead", "too many requests"}
    assert {*some, "the connection was refused", f"ntfy answered {VALUE}", "mail server: no answer in time"} <= STORED


@pytest.mark.parametrize("reason", sorted(STORED))
def test_every_reason_of_the_code_is_translated(reason: str) -> None:
    with translation.override("ru"):
        shown = reasons.translated(reason)
    assert re.search("[а-яё]", shown) or reason == f"Apprise: {VALUE}"
    with translation.override("en"):
        assert reasons.translated(reason) == reason


def test_a_reason_in_a_reason_is_translated_and_words_of_another_program_stay() -> None:
    with translation.override("ru"):
        assert reasons.translated("Apprise: no answer within 10 s") == "Apprise: нет ответа за 10 с"
        assert reasons.translated("network: ConnectError") == "сеть: ConnectError"
        assert reasons.translated("Bad Request: message is too long") == "Bad Request: message is too long"
        assert reasons.translated("") == ""


@pytest.fixture
def alice(db: None) -> Iterator[User]:
    """A Russian reader with a reminder that was queued, and the clock stopped there."""
    with time_machine.travel("2026-11-20 06:00Z", tick=False) as clock:
        alice = make.person("alice", time_zone="Europe/Berlin", language="ru")
        make.track(alice, time="07:30")
        clock.move_to("2026-11-20 06:30Z")
        queue_all_due()
        yield alice


def shown_and_stored(user: User) -> tuple[str, str, str]:
    """Return the reason of a reminder that was dropped: in the list of messages, alone, and as it is stored."""
    send_all()
    delivery = Delivery.objects.get(kind="reminder")
    assert delivery.state == "dropped"
    api = make.client(user)
    [listed] = api.get("/api/notifications/?kind=reminder").json()["results"]
    return listed["reason"], api.get(f"/api/notifications/{delivery.pk}/").json()["reason"], delivery.reason


def test_people_read_reasons_in_the_language_of_their_account(alice: User) -> None:
    in_russian = "ни один канал не подключён"
    assert shown_and_stored(alice) == (in_russian, in_russian, "no channel is connected")


def test_without_an_address_the_reason_says_whether_channels_are_only_off(alice: User) -> None:
    make.connect(alice, 1001)
    User.objects.filter(pk=alice.pk).update(language="en", channels_off={"reminders": ["telegram"]})
    alice.refresh_from_db()
    assert shown_and_stored(alice) == ("no connected channel is on for it",) * 3
