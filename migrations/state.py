"""Which migrations there are and which have been applied, without loading Piccolo: asked at every start."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import asyncpg

from runtime.errors import ServiceUnavailable
from runtime.i18n import N_

OLDEST_SERVER = 150000
"""PostgreSQL 15, as ``server_version_num``."""

VERSIONS = Path(__file__).parent / "versions"
APP_NAME = "huobiao"
_ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)


@cache
def known() -> tuple[str, ...]:
    """The ids of all migrations of this version, oldest first."""
    texts = (path.read_text(encoding="utf-8") for path in VERSIONS.glob("*.py"))
    return tuple(sorted(found.group(1) for text in texts if (found := _ID.search(text))))


async def applied(database_url: str) -> list[str]:
    """The ids of migrations that have been applied, oldest first; empty for a database without our tables.

    Raises :class:`ServiceUnavailable` when the server cannot be reached, is older than PostgreSQL 15 or does not
    store UTF-8.
    """
    try:
        connection = await asyncpg.connect(database_url)
    except (OSError, asyncpg.PostgresError) as error:
        raise ServiceUnavailable(N_("连不上数据库:{reason}"), reason=str(error)) from error
    try:
        version = int(await connection.fetchval("SHOW server_version_num"))
        if version < OLDEST_SERVER:
            raise ServiceUnavailable(
                N_("数据库是 PostgreSQL {found},需要 15 或更新的版本"), found=version // 10000
            )
        encoding = await connection.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise ServiceUnavailable(N_("数据库的编码是 {found},需要 UTF8"), found=encoding)
        if not await connection.fetchval("SELECT to_regclass('meta.migration') IS NOT NULL"):
            return []
        rows = await connection.fetch(
            "SELECT name FROM meta.migration WHERE app_name = $1 ORDER BY name", APP_NAME
        )
        return [row["name"] for row in rows]
    finally:
        await connection.close()


async def pending(database_url: str) -> list[str]:
    """The ids of migrations not yet applied, oldest first. Changes nothing. Raises like :func:`applied`."""
    done = set(await applied(database_url))
    return [migration for migration in known() if migration not in done]
