"""The commands of docs/partner-walkthrough.md are run against a real server, twice."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests import make

PAGE = Path(__file__).resolve().parents[3] / "docs" / "partner-walkthrough.md"
BLOCK = re.compile(r"```(sh|text)\n(.*?)```", re.DOTALL)


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_walkthrough_say_what_the_page_says_and_can_be_repeated(
    live_server: LiveServer, tmp_path: Path
) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    script = "set -eu\n" + "".join(text for kind, text in blocks if kind == "sh")
    said = "".join(text for kind, text in blocks if kind == "text")
    key = make.partner_key(make.partner("Demo service")).text
    for call in ("create_user", "get_user", "create_habit", "get%20habits", "register_habit", "check_off"):
        assert f"$SITE/{call}" in script
    for _ in range(2):
        run = subprocess.run(
            ["bash", "-c", script],
            env={**os.environ, "SITE": live_server.url, "KEY": key},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (run.stdout, run.returncode) == (said, 0), run.stderr
