"""Callers that arrive together are answered together; nobody waits for a round that hangs."""

from __future__ import annotations

import asyncio

import pytest

from runtime.gather import Gather


async def test_those_who_wait_go_together() -> None:
    rounds: list[list[int]] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def double(numbers: list[int]) -> list[int]:
        rounds.append(numbers)
        begun.set()
        if len(rounds) == 1:
            await gate.wait()
        return [2 * n for n in numbers]

    gather = Gather(double, patience=60)
    first = asyncio.create_task(gather(1))
    await begun.wait()
    others = [asyncio.create_task(gather(n)) for n in range(2, 6)]
    await asyncio.sleep(0)
    gate.set()
    assert await first == 2
    assert await asyncio.gather(*others) == [4, 6, 8, 10]
    assert rounds == [[1], [2, 3, 4, 5]]


async def test_a_round_has_a_limit() -> None:
    rounds: list[int] = []

    async def count(numbers: list[int]) -> list[int]:
        rounds.append(len(numbers))
        return numbers

    gather = Gather(count, most=10)
    assert await asyncio.gather(*(gather(n) for n in range(25))) == list(range(25))
    assert rounds == [10, 10, 5]


async def test_who_waits_is_not_held_up_by_a_round_that_hangs() -> None:
    forever = asyncio.Event()

    async def hang(numbers: list[int]) -> list[int]:
        if 1 in numbers:
            await forever.wait()
        return numbers

    gather = Gather(hang, patience=0.01)
    stuck = asyncio.create_task(gather(1))
    await asyncio.sleep(0)
    assert await asyncio.wait_for(gather(2), 5) == 2
    assert not stuck.done()
    forever.set()
    assert await stuck == 1


async def test_each_hears_of_its_own_mistake() -> None:
    async def check(numbers: list[int]) -> list[int | BaseException]:
        return [ValueError(str(n)) if n % 2 else n for n in numbers]

    gather = Gather(check)
    answers = await asyncio.gather(gather(1), gather(2), gather(3), return_exceptions=True)
    assert answers[1] == 2
    assert [str(answers[0]), str(answers[2])] == ["1", "3"]


async def test_a_round_that_fails_fails_for_all_and_the_next_begins() -> None:
    fails = True

    async def sometimes(numbers: list[int]) -> list[int]:
        if fails:
            raise ConnectionError("gone")
        return numbers

    gather = Gather(sometimes)
    for error in await asyncio.gather(gather(1), gather(2), return_exceptions=True):
        assert isinstance(error, ConnectionError)
    fails = False
    assert await gather(3) == 3


async def test_who_leaves_is_not_asked_for() -> None:
    seen: list[int] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def note(numbers: list[int]) -> list[int]:
        seen.extend(numbers)
        begun.set()
        await gate.wait()
        return numbers

    gather = Gather(note, patience=60)
    first = asyncio.create_task(gather(1))
    await begun.wait()
    second, third = asyncio.create_task(gather(2)), asyncio.create_task(gather(3))
    await asyncio.sleep(0)
    second.cancel()
    gate.set()
    assert await first == 1
    assert await third == 3
    with pytest.raises(asyncio.CancelledError):
        await second
    assert seen == [1, 3]
