"""The parts a process works with, put together by the composition root and handed to whoever needs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.catalog import CatalogStore
from runtime.events.live import Live
from runtime.storage.database import Database

if TYPE_CHECKING:
    from runtime.outbound import OutboundClient
    from runtime.secrets import SecretBox
    from runtime.settings import Settings


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

    async def start(self) -> None:
        """Connect."""
        await self.db.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self.live.stop()
        await self.db.stop()
