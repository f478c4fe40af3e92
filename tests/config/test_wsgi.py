"""What a web process does before its first request."""

import gc
from importlib import reload

import pytest

from config import wsgi


def test_what_a_web_process_has_loaded_is_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: done.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: done.append("freeze"))
    monkeypatch.setattr("importlib.import_module", lambda name: done.append(name))
    reload(wsgi)
    assert done == ["config.urls", "collect", "freeze"]
