"""The address of the web processes: several divide what comes in, and nobody else can take it."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
from pathlib import Path

import msgspec
import pytest

from runtime.errors import ServiceUnavailable
from runtime.settings import Settings
from ui.serve import listening


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, host="127.0.0.1", port=0)


def test_one_process_listens_on_the_socket_that_was_bound(settings: Settings) -> None:
    with listening.bind(settings) as bound:
        assert listening.own(bound) is bound
        bound.listen()
        with pytest.raises(ServiceUnavailable):
            listening.bind(msgspec.structs.replace(settings, port=bound.getsockname()[1]))


@pytest.mark.skipif(sys.platform != "linux", reason="what comes in is divided by Linux")
def test_several_processes_divide_what_comes_in(settings: Settings) -> None:
    several = msgspec.structs.replace(settings, workers=2)
    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(listening.bind(several))
        address = bound.getsockname()
        each = [stack.enter_context(listening.own(bound)) for _ in range(2)]
        for one in each:
            one.listen(200)
        for again in (several, settings):
            with pytest.raises(ServiceUnavailable):
                listening.bind(msgspec.structs.replace(again, port=address[1]))
        for _ in range(100):
            stack.enter_context(socket.create_connection(address))
        taken = [_accepted(one, stack) for one in each]
        assert sum(taken) == 100
        assert min(taken) >= 20
        each[0].close()  # of a process that ended, the others take over
        for _ in range(20):
            stack.enter_context(socket.create_connection(address))
        assert _accepted(each[1], stack) == 20


def _accepted(one: socket.socket, stack: contextlib.ExitStack) -> int:
    """How many connections wait at a socket; takes them."""
    found = 0
    while select.select([one], [], [], 0.2)[0]:
        stack.enter_context(one.accept()[0])
        found += 1
    return found
