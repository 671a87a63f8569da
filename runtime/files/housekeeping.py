"""Removing the bytes of files that no record holds any more, and of uploads that never came into one.

A file is *loose* from the moment its last record let go of it (``runtime.records.attachments``), or a daily look found
that none holds it: the record was removed for good, or its field, table or app. After
``HUOBIAO_KEEP_FILES_DAYS`` loose days it goes; until then undo and the history find it. An upload that never came into a
record goes after a day. Trashed records, and fields and tables in the trash, hold their files like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from runtime.errors import HuobiaoError
from runtime.files import shelf
from runtime.files.pictures import SIDES
from runtime.files.stores import stores_of
from runtime.storage.database import Database, Tx
from runtime.system import System

log = structlog.get_logger(__name__)

UNUSED = timedelta(days=1)
"""How long an upload may wait for its record."""
_LOOK_EVERY = timedelta(days=1)
_BATCH = 1000
_LOOKED = "files_looked_through_at"


async def tidy(system: System, now: datetime | None = None) -> int:
    """Remove what nobody needs; returns how many files. The scheduler does this every hour."""
    moment = now or datetime.now(UTC)
    unfinished = (moment - UNUSED).timestamp()
    await asyncio.to_thread(shelf.forget_unfinished, stores_of(system), unfinished)
    await _look_through(system, moment)
    before = moment - timedelta(days=system.settings.keep_files_days)
    while await _condemn(system.db, before, moment - UNUSED) == _BATCH:
        pass
    gone = await _carry_away(system)
    if gone:
        log.info("files removed", count=gone)
    return gone


async def _look_through(system: System, now: datetime) -> None:
    """Once a day: every file that should be in a record, and is in none, is loose from now on."""
    last = await system.db.value("SELECT value #>> '{}' FROM meta.setting WHERE key = $1", _LOOKED)
    if last is not None and datetime.fromisoformat(last) > now - _LOOK_EVERY:
        return
    apps = await system.db.fetch(
        "SELECT DISTINCT app_id FROM meta.file WHERE deleted_at IS NULL AND loose_at IS NULL"
    )
    for row in apps:
        async with system.db.transaction() as tx:
            await _note_loose(tx, row["app_id"], now)
    await system.db.execute(
        "INSERT INTO meta.setting (key, value) VALUES ($1, to_jsonb($2::text))"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        _LOOKED,
        now.isoformat(),
    )


async def _note_loose(tx: Tx, app_number: int, now: datetime) -> None:
    held = await _held(tx, app_number, None)
    rows = await tx.fetch(
        "SELECT id, public_id FROM meta.file WHERE app_id = $1 AND deleted_at IS NULL AND loose_at IS NULL"
        " AND attached_at < $2 ORDER BY id",
        app_number,
        now - timedelta(hours=1),  # a record that is being stored right now is not seen here yet
    )
    loose = [row["id"] for row in rows if row["public_id"] not in held]
    if loose:
        await tx.execute("UPDATE meta.file SET loose_at = $2 WHERE id = ANY($1::bigint[])", loose, now)


async def _held(tx: Tx, app_number: int, files: Sequence[str] | None) -> set[str]:
    """Which of ``files`` (all when None) some record of the app holds, in whatever table, column or trash."""
    columns = await tx.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN meta.definition d ON d.kind = 'table' AND d.app_id = $1 AND c.table_name = 't' || d.id"
        " WHERE c.table_schema = 'data' AND c.data_type = 'jsonb'",
        app_number,
    )
    held: set[str] = set()
    for column in columns:
        name = column["column_name"]
        rows = await tx.fetch(
            f"SELECT DISTINCT e ->> 'id' AS id FROM data.{column['table_name']} t, jsonb_array_elements("
            f"CASE jsonb_typeof(t.{name}) WHEN 'array' THEN t.{name} ELSE '[]' END) e"
            " WHERE $1::text[] IS NULL OR e ->> 'id' = ANY($1::text[])",
            files,
        )
        held.update(row["id"] for row in rows)
    return held


async def _condemn(db: Database, before: datetime, unused_before: datetime) -> int:
    """Mark a batch of files as going, after a last look whether a record holds them; how many were looked at."""
    async with db.transaction() as tx:
        rows = await tx.fetch(
            "SELECT id, public_id, app_id FROM meta.file WHERE deleted_at IS NULL AND loose_at IS NOT NULL"
            " AND (loose_at < $1 OR (attached_at IS NULL AND uploaded_at < $2))"
            " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
            before,
            unused_before,
            _BATCH,
        )
        for app_number in {row["app_id"] for row in rows}:
            mine = [row for row in rows if row["app_id"] == app_number]
            held = await _held(tx, app_number, [row["public_id"] for row in mine])
            for found, change in ((True, "loose_at = NULL"), (False, "deleted_at = now()")):
                ids = [row["id"] for row in mine if (row["public_id"] in held) == found]
                await tx.execute(f"UPDATE meta.file SET {change} WHERE id = ANY($1::bigint[])", ids)
    return len(rows)


async def _carry_away(system: System) -> int:
    """Delete the bytes of what is marked, then its row; what cannot be deleted now waits for the next round."""
    gone, last = 0, 0
    while True:
        rows = await system.db.fetch(
            "SELECT id, store, key, width FROM meta.file WHERE deleted_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
            last,
            _BATCH,
        )
        for row in rows:
            last = row["id"]
            keys = [
                row["key"],
                *(shelf.small_key(row["key"], size) for size in SIDES if row["width"] is not None),
            ]
            try:
                store = stores_of(system).named(row["store"])
                for key in keys:
                    await store.delete(key)
            except HuobiaoError as error:
                log.warning("file not removed", key=row["key"], error=str(error))
                continue
            await system.db.execute("DELETE FROM meta.file WHERE id = $1", row["id"])
            gone += 1
        if len(rows) < _BATCH:
            return gone
