"""The parts a process works with, put together by the composition root and handed to whoever needs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from runtime.catalog import Catalog, CatalogStore
from runtime.events.live import Live
from runtime.gather import Gather
from runtime.storage.database import Database

if TYPE_CHECKING:
    from runtime.access import Actor
    from runtime.outbound import OutboundClient
    from runtime.secrets import SecretBox
    from runtime.settings import Settings
    from runtime.storage.database import Tx

Watcher = Callable[["System", "Tx", Catalog, "Actor"], Awaitable[None]]
"""What looks at a change of definitions or people at its end, in its transaction: how everything was before, who changes."""

# kinds of callers: tables times ways of asking
_MOST_GATHERS = 1000


class System:
    """Database, catalog, live channel, secrets and the guarded way out; one per process (or per test)."""

    def __init__(
        self, *, settings: Settings, db: Database, live: Live, box: SecretBox, outbound: OutboundClient
    ) -> None:
        self.settings = settings
        self.db = db
        self.catalogs = CatalogStore(db)
        self.live = live
        self.box = box
        self.outbound = outbound
        self.watchers: list[Watcher] = []
        self._gathers: dict[Hashable, Gather[Any, Any]] = {}

    def gather(
        self, key: Hashable, together: Callable[[list[Any]], Awaitable[Sequence[Any]]]
    ) -> Gather[Any, Any]:
        """The place where this process's callers of one kind meet; ``together`` is asked of the first time only."""
        found = self._gathers.get(key)
        if found is None:
            if len(self._gathers) >= _MOST_GATHERS:  # those under way end by themselves
                self._gathers.clear()
            found = self._gathers[key] = Gather(together)
        return found

    def watch_change(self, tx: Tx, before: Catalog, actor: Actor) -> None:
        """Let the watchers see, when all else of ``tx`` is done, what has become of ``before``; once for a transaction."""
        for number, watcher in enumerate(self.watchers):
            tx.before_commit.setdefault(f"watcher {number}", partial(watcher, self, tx, before, actor))

    async def start(self) -> None:
        """Connect."""
        await self.db.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self.live.stop()
        await self.db.stop()
