"""Merging records over HTTP: the records side by side, and the merge. The work is done by :mod:`runtime.records.merging`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from runtime.api.common import TheActor, TheSystem, moment
from runtime.api.records import KeysParameter, Names, RecordBody
from runtime.records import comparing, merging, read


class CompareBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records that may be merged, named by id: 2 to 21 of one table."""

    records: tuple[str, ...]


class SideBody(msgspec.Struct, frozen=True):
    """A record of a comparison. ``linked``: how many records are linked with it, which a merge would link to another."""

    id: str
    name: str
    created_at: str
    linked: int


class ComparisonBody(msgspec.Struct, frozen=True):
    """The records in the order asked for, and the fields that can differ, see :class:`runtime.records.comparing.Compared`."""

    records: tuple[SideBody, ...]
    fields: tuple[comparing.Compared, ...]


class MergeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``others`` (at most 20) go into ``into``. ``choose``: by field id or name, the record whose value is taken over; of
    fields left out, the one that stays keeps its own, and where it has none gets that of the first of the others."""

    into: str
    others: tuple[str, ...]
    choose: dict[str, str] = {}


class MergedBody(msgspec.Struct, frozen=True):
    """The record as it is now, those in the trash, and the change that takes it all back."""

    record: RecordBody
    trashed: tuple[str, ...]
    change: str


@post("/tables/{table:str}/records/merge/compare", status_code=HTTP_200_OK, opt={"idempotent": "reading"})
async def compare_records(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[CompareBody]
) -> ComparisonBody:
    """Records side by side, before they are merged."""
    found = await comparing.compare(system, actor, table, data.records)
    sides = tuple(SideBody(one.id, one.name, moment(one.created_at), one.linked) for one in found.records)
    return ComparisonBody(sides, found.fields)


@post("/tables/{table:str}/records/merge", status_code=HTTP_200_OK, opt={"idempotent": "atomic"})
async def merge_records(
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    data: JSONBody[MergeBody],
    field_keys: KeysParameter = "id",
) -> MergedBody:
    """Merge records into one; all or nothing, and one change to undo."""
    channel: Any = "api" if actor.kind == "token" else "ui"
    outcome = await merging.merge(system, actor, table, data.into, data.others, data.choose, channel=channel)
    names = await Names.of(system, table, field_keys)
    view = await read.get(system, actor, data.into)
    return MergedBody(names.record(view), data.others, str(outcome.change_id))


ROUTES = (compare_records, merge_records)
