"""``/tables/{table}/trash``: deleted records, the latest first, and removing them for good."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from runtime.api.common import TheActor, TheSystem, TheTranslator, actor_name, moment
from runtime.records import trash
from runtime.storage.query import MAX_LIMIT

Search = Annotated[str | None, QueryParameter(name="search", description="Text found anywhere in the record")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="Where the page before ended")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=MAX_LIMIT, description="How many records")]


class TrashedRecordBody(msgspec.Struct, frozen=True, kw_only=True):
    """A record in the trash: its name, who deleted it through what, and when it is removed for good."""

    id: str
    name: str
    deleted_at: str
    gone_at: str
    by: str
    channel: str


class TrashPageBody(msgspec.Struct, frozen=True):
    """A page of the trash. ``total``: all that match, on the first page only."""

    records: tuple[TrashedRecordBody, ...]
    next_cursor: str | None
    total: int | None


class RemovalBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which trashed records to remove for good; ``all`` means every one in the table's trash."""

    records: tuple[str, ...] = ()
    all: bool = False


class RemovedBody(msgspec.Struct, frozen=True):
    """How many records are gone for good."""

    removed: int


@get("/tables/{table:str}/trash")
async def list_trashed_records(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    search: Search = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> TrashPageBody:
    """Deleted records of a table, the latest first. ``POST /tables/{table}/restore`` takes them out again."""
    found = await trash.page(system, actor, table, search=search, cursor=cursor, limit=limit)
    return TrashPageBody(
        tuple(
            TrashedRecordBody(
                id=one.id,
                name=one.name,
                deleted_at=moment(one.deleted_at),
                gone_at=moment(one.gone_at),
                by=actor_name(one.by_kind, one.by, translator),
                channel=one.channel,
            )
            for one in found.records
        ),
        found.next_cursor,
        found.total,
    )


@delete("/tables/{table:str}/trash", status_code=HTTP_200_OK)
async def remove_trashed_records(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[RemovalBody]
) -> RemovedBody:
    """Remove deleted records for good. Builders only; nothing brings them back."""
    return RemovedBody(await trash.remove(system, actor, table, None if data.all else data.records))


ROUTES = (list_trashed_records, remove_trashed_records)
