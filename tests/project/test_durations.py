"""No test depends on how fast the machine is: what is waited for may take as long as a busy machine needs."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.waiting import STUCK

TESTS = Path(__file__).parents[1]
CLOCKS = {"monotonic", "perf_counter", "perf_counter_ns", "monotonic_ns"}
MEASURED = {"seconds", "seconds_of", "took"}
WAITS = {"drain", "wait", "result"}  # their first argument is a time; that of `join` only if it is a number
LIMITS = {"timeout", "within"}
WAITS_BY_NAME = {"wait_for_message", "wait_for_answer", "wait_for_edit", "wait_for_calls", "wait_until", "until", "get"}
SHORT = {
    "common/outbound/test_connector.py": "the pace of a server that answers slowly",
    "fake_ntfy.py": "ends by itself what a test forgot to release",
    "fake_telegram/hosts.py": "a process of the fake that does not end is killed then",
    "notifications/channels/test_client_limits.py": "the pace of a server that answers slowly",
    "notifications/channels/test_smtp.py": "ends by itself what a test forgot to release",
    "notifications/outbox/test_delivery_guarantees.py": "ends by itself what a test forgot to release",
    "project/test_fake_telegram.py": "shows what is raised when a wait ends",
}


def is_short(node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id.isupper() and node.id != "STUCK"
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and 0 < node.value < STUCK


def names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} | {
        each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)
    }


def short_durations(tree: ast.Module) -> Iterator[int]:
    """Yield the line of each assertion that something took less than a fixed time, and of each short wait."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            for compared in (each for each in ast.walk(node) if isinstance(each, ast.Compare)):
                sides = [compared.left, *compared.comparators]
                for left, operator, right in zip(sides, compared.ops, compared.comparators, strict=False):
                    is_less = isinstance(operator, ast.Lt | ast.LtE)
                    taken, limit = (left, right) if is_less else (right, left)
                    is_order = isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE)
                    measured = CLOCKS if isinstance(limit, ast.Name) else CLOCKS | MEASURED
                    if is_order and is_short(limit) and names(taken) & measured:
                        yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = node.func.attr
            is_number = bool(node.args) and isinstance(node.args[0], ast.Constant)
            positional = node.args[:1] if called in WAITS or (called == "join" and is_number) else []
            named = [each.value for each in node.keywords if each.arg in LIMITS]
            if called in {*WAITS, *WAITS_BY_NAME, "join"} and any(is_short(each) for each in [*positional, *named]):
                yield node.lineno


def test_no_test_asserts_a_duration_or_waits_for_a_short_time() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{line}"
        for path in sorted(TESTS.rglob("*.py"))
        if "chaos" not in path.parts and str(path.relative_to(TESTS)) not in SHORT
        for line in short_durations(ast.parse(path.read_text()))
    ]
    assert not found, found


def test_every_exception_for_a_short_wait_is_still_needed() -> None:
    assert {path for path in SHORT if any(short_durations(ast.parse((TESTS / path).read_text())))} == SHORT.keys()


def test_a_duration_is_found() -> None:
    source = """
assert time.monotonic() - before < 5
assert 0.2 < seconds_of(lambda: 1) < 5
assert seconds < 10
assert time.monotonic() - before < STUCK
assert len(found) < 5
queue.drain(10)
queue.drain(STUCK)
telegram.wait_for_message(1002, timeout=1.0)
telegram.wait_for_message(1002)
telegram.wait_for_calls("sendMessage", count=2)
telegram.wait_for_message(1002, timeout=AT_ONCE)
assert 5 > time.monotonic() - before
"""
    assert sorted(short_durations(ast.parse(source))) == [2, 3, 4, 7, 9, 12, 13]
