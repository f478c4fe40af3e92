"""Run the fake's server in a thread or in a separate process, and stop it."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from tests.waiting import STUCK

from .server import Server

START_TIMEOUT = STUCK
STOP_TIMEOUT = 5.0
PROJECT = Path(__file__).resolve().parents[2]
Stop = Callable[[], None]


def run_in_thread(tokens: list[str] | None = None, *, port: int = 0) -> tuple[str, Stop]:
    """Start a server in a thread; return its URL and the function that stops it."""
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        server = Server(tokens)
        try:
            url = await server.start(port=port)
        except OSError as error:
            started.set_exception(error)
            return
        ended = asyncio.Event()
        started.set_result((url, asyncio.get_running_loop(), ended))
        await ended.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fake-telegram", daemon=True)
    thread.start()
    url, loop, ended = started.result(START_TIMEOUT)

    def stop() -> None:
        if thread.is_alive():
            loop.call_soon_threadsafe(ended.set)
            thread.join(STOP_TIMEOUT)

    return url, stop


def run_in_process(tokens: list[str] | None = None, *, port: int = 0) -> tuple[str, Stop]:
    """Start a server in a process that exits with this one; return its URL and the function that stops it."""
    command = [sys.executable, "-m", "tests.fake_telegram", "--quiet", "--until-eof", "--port", str(port)]
    for token in tokens or []:
        command += ["--token", token]
    process = subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r"http://\S+", first)

    def stop() -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    if found is None:
        stop()
        raise RuntimeError(f"the fake Telegram did not start: {first.strip() or process.returncode}")
    return found.group(), stop
