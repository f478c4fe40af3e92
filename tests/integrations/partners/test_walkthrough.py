"""The commands of docs/partner-walkthrough.md are run against a real server, twice."""

import os
import re
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor, wait
from ipaddress import ip_network
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from integrations.models import WebhookEndpoint
from integrations.tasks import tell_programs
from tests import make

PAGE = Path(__file__).resolve().parents[3] / "docs" / "partner-walkthrough.md"
BLOCK = re.compile(r"```(sh|text)\n(.*?)```", re.DOTALL)


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_walkthrough_say_what_the_page_says_and_can_be_repeated(
    live_server: LiveServer, tmp_path: Path, settings: Settings
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    script = "set -eu\n" + "".join(text for kind, text in blocks if kind == "sh")
    said = "".join(text for kind, text in blocks if kind == "text")
    key = make.partner_key(make.partner("Demo service")).text
    for call in ("create_user", "get_user", "create_habit", "get%20habits", "register_habit", "check_off"):
        assert f"$SITE/{call}" in script
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for _ in range(2):
        run = subprocess.Popen(
            ["bash", "-c", script],
            env={**os.environ, "SITE": live_server.url, "KEY": key, "PORT": port},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with ThreadPoolExecutor(1) as reader:
            printed = reader.submit(run.communicate)
            while not printed.done():  # what the worker does meanwhile
                tell_programs()
                wait([printed], timeout=0.2)
        assert (printed.result()[0], run.returncode) == (said, 0), printed.result()[1]
        assert list(tmp_path.iterdir()) == []
    assert not WebhookEndpoint.objects.filter(ended_at=None).exists()
