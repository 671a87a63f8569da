"""``huobiao serve`` keeps everything running, says so when it cannot, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from runtime.services.process import ProcessId
from tests.support.command import huobiao
from tests.support.servers import scratch_folder
from tests.support.serving import Serving, serve, until

pytestmark = pytest.mark.fault

PROGRAMS = {"postgres", "redis", "web-1", "worker-1", "scheduler"}


@pytest.fixture(scope="module")
def serving() -> Iterator[Serving]:
    """One installation for the tests that leave it as it was."""
    with scratch_folder() as folder, serve(folder / "data") as found:
        yield found


def answers(url: str, path: str = "/ready") -> bool:
    """Whether the installation answers with 200."""
    try:
        return httpx.get(url + path, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none of ``processes`` is left."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_it_says_one_line_with_an_address_that_answers(serving: Serving) -> None:
    assert serving.first_line == f"活表已启动:{serving.url}\n"
    assert answers(serving.url)
    assert answers(serving.url, "/health")
    assert set(serving.services().children) == PROGRAMS
    assert serving.services().url == serving.url


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_killed_child_is_noticed_within_a_second_and_started_again(serving: Serving, name: str) -> None:
    took: list[float] = []
    while len(took) < 3 and not any(one < 1 for one in took):  # what else the machine does only ever adds
        until(lambda: answers(serving.url))
        before = serving.services().children[name]
        os.kill(before.pid, signal.SIGKILL)

        def another(before: ProcessId = before) -> ProcessId | None:
            now = serving.services().children.get(name)
            return now if now != before else None

        took.append(until(lambda: another() is not None))
        until(lambda: answers(serving.url))
        assert (again := another()) is not None
        assert again.alive()
    assert min(took) < 1


def test_what_was_stored_outlives_a_killed_database(serving: Serving) -> None:
    email = "kept@example.com"
    made = huobiao(
        "user", "create", "--email", email, "--password", "a-long-enough-secret-1", data=serving.data
    )
    assert made.returncode == 0, made.stderr
    os.kill(serving.services().children["postgres"].pid, signal.SIGKILL)
    until(lambda: answers(serving.url))
    token = huobiao("token", "create", "--email", email, data=serving.data)
    assert token.returncode == 0, token.stderr


def test_commands_work_beside_it_on_the_same_servers(serving: Serving) -> None:
    children = {child.pid for child in serving.children() if child.name() in {"postgres", "redis-server"}}
    done = huobiao("migrate", data=serving.data)
    assert (done.returncode, done.stdout) == (0, "数据库已经是最新的\n")
    assert children <= {child.pid for child in serving.children()}


def test_a_second_one_on_the_same_folder_says_so_and_ends(serving: Serving) -> None:
    started = time.monotonic()
    second = huobiao("serve", "--port", "0", data=serving.data)
    assert time.monotonic() - started < 10
    assert second.returncode == 1
    assert second.stdout == ""
    [line] = second.stderr.splitlines()
    assert serving.url in line
    assert str(serving.process.pid) in line
    assert answers(serving.url)


def test_a_taken_port_is_said_in_one_line_and_nothing_is_left() -> None:
    with scratch_folder() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = huobiao("serve", "--port", port, data=folder / "data")
        assert done.returncode == 1
        [line] = done.stderr.splitlines()
        assert port in line
        assert not (folder / "data" / "run" / "services.json").exists()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child(sig: signal.Signals) -> None:
    with scratch_folder() as folder, serve(folder / "data") as serving:
        children = serving.children()
        assert len(children) >= len(PROGRAMS)
        assert serving.stop(sig) == 0
        assert gone(children)
        assert not (serving.data / "run" / "services.json").exists()
        assert not (serving.data / "postgres" / "postmaster.pid").exists()


def test_when_the_supervisor_is_killed_its_children_end_and_the_next_start_is_clean() -> None:
    with scratch_folder() as folder:
        with serve(folder / "data") as first:
            children = first.children()
            first.process.kill()
            until(lambda: gone(children))
        with serve(folder / "data") as second:
            assert answers(second.url)


def test_a_start_right_after_a_killed_supervisor_does_not_trip_over_its_children() -> None:
    with scratch_folder() as folder, serve(folder / "data") as first:
        first.process.kill()
        started = time.monotonic()
        with serve(folder / "data") as second:
            assert time.monotonic() - started < 30
            assert answers(second.url)
            assert set(second.services().children) == PROGRAMS


def test_a_pid_file_left_by_another_process_does_not_stop_the_start() -> None:
    with scratch_folder() as folder:
        with serve(folder / "data"):
            pass
        stale = folder / "data" / "postgres" / "postmaster.pid"
        stale.write_text(f"{os.getpid()}\n{folder / 'data' / 'postgres'}\n0\n5432\n\n\n\nready\n")
        with serve(folder / "data") as again:
            assert answers(again.url)


def test_a_later_start_finds_everything_in_place() -> None:
    """How long it takes is measured by ``make bench``; here: nothing is set up a second time, nothing is lost."""
    with scratch_folder() as folder:
        with serve(folder / "data") as first:
            key = (first.data / "secret.key").read_bytes()
            made = (first.data / "postgres" / "PG_VERSION").stat().st_mtime_ns
        with serve(folder / "data") as again:
            assert answers(again.url)
            assert (again.data / "secret.key").read_bytes() == key
            assert (again.data / "postgres" / "PG_VERSION").stat().st_mtime_ns == made


def test_several_web_processes_share_one_address() -> None:
    with scratch_folder() as folder, serve(folder / "data", "--workers", "2") as serving:
        webs = {name for name in serving.services().children if name.startswith("web-")}
        assert webs == {"web-1", "web-2"}
        os.kill(serving.services().children["web-1"].pid, signal.SIGKILL)
        until(lambda: answers(serving.url))


def test_a_long_data_path_with_spaces_and_chinese_works() -> None:
    with scratch_folder() as folder:
        data = folder / ("活表 数据," + "a" * 60) / ("b" * 60)
        data.parent.mkdir()
        with serve(data) as serving:
            assert answers(serving.url)
            assert huobiao("migrate", data=data).returncode == 0
