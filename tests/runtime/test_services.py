"""The embedded servers and the data folder: shared by commands, short of nothing, never taken from somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from runtime.errors import ServiceUnavailable
from runtime.services import DataFolder, EmbeddedPostgres, EmbeddedRedis, FolderLock, holder_of, services_for
from runtime.services.process import ProcessId, spawn, stop
from runtime.settings import Settings
from tests.support.command import ROOT, environ
from tests.support.serving import until


def test_two_commands_at_once_take_turns(scratch: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "migrate", "--data", str(scratch / "data")]
    both = [
        subprocess.Popen(
            command, env=environ(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    heard = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], heard
    said = sorted(out for out, _ in heard)
    assert "已执行" in said[0]
    assert said[1] == "数据库已经是最新的\n"


def test_a_folder_is_made_by_many_at_once(scratch: Path) -> None:
    ready = threading.Barrier(8)

    def make(number: int) -> None:
        ready.wait()
        DataFolder(scratch / f"data-{number // 8}").create()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(240)))
    assert sum(1 for _ in scratch.glob("data-*/run")) == 30


def test_a_command_waits_for_another_only_so_long(scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    with FolderLock(folder, "import") as lock:
        assert lock.try_acquire()
        with (
            pytest.raises(ServiceUnavailable, match="import"),
            services_for(Settings(data_dir=folder.root), "backup", wait_seconds=0.1),
        ):
            pass


def test_the_servers_end_with_the_block_that_needed_them(scratch: Path) -> None:
    settings = Settings(data_dir=scratch / "data")
    with services_for(settings, "test") as running:
        assert running.redis_url is not None
        redis.Redis.from_url(running.redis_url).ping()
        assert holder_of(DataFolder(settings.data_dir)) is not None
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(running.redis_url).ping()
    assert not (scratch / "data" / "postgres" / "postmaster.pid").exists()
    assert holder_of(DataFolder(settings.data_dir)) is None


def test_given_addresses_are_used_as_they_are(scratch: Path) -> None:
    given = Settings(data_dir=scratch / "data", database_url="postgresql://db/x", redis_url="redis://cache")
    with services_for(given, "test") as running:
        assert running == given
    assert not (scratch / "data").exists()


def test_a_lock_has_one_holder_and_says_who(scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    assert holder_of(folder) is None
    with FolderLock(folder, "serve") as first:
        assert first.try_acquire()
        assert not FolderLock(folder, "serve").try_acquire()
        first.note_url("http://127.0.0.1:1")
        holder = holder_of(folder)
        assert holder is not None
        assert (holder.pid, holder.purpose, holder.url) == (os.getpid(), "serve", "http://127.0.0.1:1")
    assert FolderLock(folder, "serve").try_acquire()


def test_sockets_of_an_awkward_path_go_to_a_folder_that_is_ours(scratch: Path) -> None:
    plain, awkward = DataFolder(scratch / "data"), DataFolder(scratch / ("活" * 40))
    assert plain.socket_folder("redis.sock") == plain.run
    short = awkward.socket_folder("redis.sock")
    assert len(str(short)) < 60
    assert awkward.socket_folder("redis.sock") == short
    short.chmod(0o777)
    with pytest.raises(ServiceUnavailable, match=short.name):
        awkward.socket_folder("redis.sock")
    short.rmdir()


def test_a_folder_that_cannot_be_written_is_said(scratch: Path) -> None:
    (scratch / "file").write_text("")
    with pytest.raises(ServiceUnavailable, match="file"):
        DataFolder(scratch / "file").create()


def test_a_database_of_another_version_is_left_alone(scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    folder.postgres.mkdir()
    (folder.postgres / "PG_VERSION").write_text("16\n")
    with pytest.raises(ServiceUnavailable, match="16"):
        EmbeddedPostgres(folder).start()


def test_a_server_that_cannot_start_says_why(scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    server.stop()
    (folder.postgres / "local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(ServiceUnavailable, match=r"no_such_setting|local\.conf"):
        server.start()


def test_a_redis_left_over_is_stopped_before_the_next_one_binds(scratch: Path) -> None:
    folder = DataFolder(scratch / "data")
    folder.create()
    first = EmbeddedRedis(folder)
    first.start()
    assert first.process is not None
    second = EmbeddedRedis(folder)
    second.start()
    try:
        assert first.process.wait(10) == 0
        assert second.ready()
    finally:
        second.stop()


def test_a_process_is_recognised_by_more_than_its_number() -> None:
    sleeper = spawn([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = ProcessId.of(sleeper.pid)
    assert identity.alive()
    assert not ProcessId(sleeper.pid, identity.started - 100).alive()
    stop(sleeper)
    assert not identity.alive()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere children watch their parent")
def test_a_child_dies_with_its_parent() -> None:
    program = (
        "from runtime.services.process import spawn; import sys, time\n"
        "child = spawn([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environ()
    )
    assert parent.stdout is not None
    child = ProcessId.of(int(parent.stdout.readline()))
    assert child.alive()
    parent.kill()
    parent.wait()
    until(lambda: not child.alive(), 10)
