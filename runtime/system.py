"""The parts a process works with, put together by the composition root and handed to whoever needs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from runtime.catalog import CatalogStore
from runtime.events.live import Live
from runtime.gather import Gather
from runtime.storage.database import Database

if TYPE_CHECKING:
    from runtime.outbound import OutboundClient
    from runtime.secrets import SecretBox
    from runtime.settings import Settings

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

    async def start(self) -> None:
        """Connect."""
        await self.db.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self.live.stop()
        await self.db.stop()
