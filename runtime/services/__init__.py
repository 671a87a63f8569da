"""The servers we stand on: PostgreSQL and Redis, embedded or given by address.

``serve`` starts the embedded ones once and writes their addresses to ``DATA/run/services.json``. Any other
command calls :func:`services_for`: beside a running ``serve`` it uses those; alone, it runs them for its
own time.
"""

from runtime.services.folder import DataFolder, FolderLock, Holder, holder_of
from runtime.services.postgres import EmbeddedPostgres
from runtime.services.redis import EmbeddedRedis
from runtime.services.sharing import RunningServices, services_for

__all__ = [
    "DataFolder",
    "EmbeddedPostgres",
    "EmbeddedRedis",
    "FolderLock",
    "Holder",
    "RunningServices",
    "holder_of",
    "services_for",
]
