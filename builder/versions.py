"""Two people on one definition: whoever comes second is told, and loses nothing."""

from __future__ import annotations

from runtime.catalog import Entry
from runtime.errors import VersionConflict
from runtime.i18n import N_


def check_version(entry: Entry, version: int | None) -> None:
    """Refuse when the definition has moved on since the caller read it (``version`` None: the caller does not mind).

    Raises:
        VersionConflict: it has.
    """
    if version is not None and entry.version != version:
        raise VersionConflict(N_("这里刚被别人改过,看一下最新内容再保存"))
