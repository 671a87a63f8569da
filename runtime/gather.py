"""Many asking at once, answered together: what waits while a question is under way goes into the next one as a whole.

A lone caller waits for nobody, so that one person's click is as quick as ever; under load the price of a statement, a
transaction or a lock is shared by all who came meanwhile. Nothing is remembered: every answer comes from a question
that was put after its caller asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

MOST = 64
PATIENCE = 0.03


class Gather(Generic[Q, A]):
    """Turns single calls into calls of ``together``, which gets the questions and returns their answers in order.

    An answer that is an exception is raised for its caller alone; one that ``together`` raises, for all of that round.
    ``most``: questions of one round. ``patience``: seconds after which a round no longer makes the next one wait, so that
    one that hangs at a lock holds up nobody else.
    """

    def __init__(
        self,
        together: Callable[[list[Q]], Awaitable[Sequence[A | BaseException]]],
        *,
        most: int = MOST,
        patience: float = PATIENCE,
    ) -> None:
        self._together, self._most, self._patience = together, most, patience
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._rounds: set[asyncio.Task[None]] = set()
        self._newest: asyncio.Task[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._due = False

    async def __call__(self, question: Q) -> A:
        """The answer to one question."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._newest is None and not self._due:
            # not at once: who else arrived with this turn of the loop comes along
            self._due = True
            asyncio.get_running_loop().call_soon(self._begin)
        return await future

    def _begin(self) -> None:
        self._due = False
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._waiting = [pair for pair in self._waiting if not pair[1].done()]
        asked, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        if not asked:
            self._newest = None
            return
        # a context of its own: the round belongs to nobody's transaction
        task = asyncio.get_running_loop().create_task(self._round(asked), context=Context())
        self._rounds.add(task)
        self._newest = task
        task.add_done_callback(self._ended)
        self._alarm = asyncio.get_running_loop().call_later(self._patience, self._begin)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._rounds.discard(task)
        if task is self._newest:
            self._begin()

    async def _round(self, asked: list[tuple[Q, asyncio.Future[A]]]) -> None:
        try:
            answers = await self._together([question for question, _ in asked])
        except BaseException as error:
            for _, future in asked:
                if not future.done():
                    future.set_exception(_copy(error))
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(asked, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _copy(error: BaseException) -> BaseException:
    """For each waiter: the error itself, or a cancellation, which a future cannot hold as an exception."""
    return RuntimeError("interrupted") if isinstance(error, asyncio.CancelledError) else error
