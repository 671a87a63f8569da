"""Leases: a run or a job belongs to one worker at a time, and to nobody once that worker is gone.

Who holds a lease renews it while working. A worker that dies stops renewing; when the lease has run out, somebody else
may take the row over. A worker that was only slow finds out in its next transaction: :meth:`Lease.confirm` locks the
row and fails when the lease is no longer its own, so that nothing of a step is stored twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from uuid import uuid4

import asyncpg
import structlog

from runtime.storage.database import Database, Tx

log = structlog.get_logger(__name__)

LEASE_SECONDS = 15.0
RENEW_SECONDS = 5.0

Leased = Literal["run", "job", "refresh"]


class LeaseLost(Exception):
    """Somebody else works on the row, or it was ended; nothing more may be stored in its name."""


class Lease:
    """The right to work on row ``number`` of ``meta.run``, ``meta.job`` or ``meta.refresh``; ``owner`` is new with each lease."""

    def __init__(self, db: Database, table: Leased, number: int, owner: str) -> None:
        self.db, self.table, self.number, self.owner = db, table, number, owner

    async def confirm(self, tx: Tx) -> None:
        """Lock the row until ``tx`` ends. Raises :class:`LeaseLost`."""
        mine = await tx.value(
            f"SELECT 1 FROM meta.{self.table} WHERE id = $1 AND lease_owner = $2 AND status = 'running' FOR UPDATE",
            self.number,
            self.owner,
        )
        if mine is None:
            raise LeaseLost

    async def renew(self) -> bool:
        """Hold it for another :data:`LEASE_SECONDS`; False when it is lost."""
        return bool(
            await self.db.value(
                f"UPDATE meta.{self.table} SET lease_until = now() + make_interval(secs => $3)"
                " WHERE id = $1 AND lease_owner = $2 AND status = 'running' RETURNING true",
                self.number,
                self.owner,
                LEASE_SECONDS,
            )
        )

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[None]:
        """Renew in the background while the block runs. The block is cancelled when the lease is lost."""
        worker = asyncio.current_task()
        assert worker is not None  # noqa: S101 - always within a task
        # a context of its own: a transaction of the block must not become the renewer's
        renewer = asyncio.create_task(self._keep(worker))
        try:
            yield
        except asyncio.CancelledError:
            if renewer.done() and not renewer.cancelled() and renewer.result():
                worker.uncancel()
                raise LeaseLost from None
            raise
        finally:
            renewer.cancel()
            with suppress(asyncio.CancelledError):
                await renewer

    async def _keep(self, worker: asyncio.Task[object]) -> bool:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                if not await self.renew():
                    worker.cancel()
                    return True
            except (
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,
            ) as error:
                # the next try may succeed; if not, the lease runs out by itself
                log.warning("lease not renewed", table=self.table, number=self.number, error=str(error))


def new_owner(process: str) -> str:
    """A fresh name for a holder: which process it is, for people, and what makes it unique."""
    return f"{process}/{uuid4().hex}"
