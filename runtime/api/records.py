"""Records over HTTP: pages, batches, single records, history, undo. The work is done by :mod:`runtime.records`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from runtime.access import Actor, Operation, hidden_fields, require
from runtime.api.common import (
    ProblemBody,
    TheActor,
    TheSystem,
    TheTranslator,
    problem_body,
)
from runtime.catalog import Catalog, Table
from runtime.definitions.queries import AggregateQuery, Query, Sort
from runtime.errors import InvalidInput, NotFound, Problem, TooMuch
from runtime.i18n import N_, Message, Translator
from runtime.ids import parse_record_id
from runtime.records import known, read, write
from runtime.records import pending as pending_values
from runtime.records.change import Change, Channel, NewRecord, Outcome, Patch, RecordView, Source
from runtime.records.ready import ReadyPage, ready_page
from runtime.system import System

MAX_RECORDS = 1000
FieldKeys = Literal["id", "name"]
KeysParameter = Annotated[
    FieldKeys,
    QueryParameter(name="field_keys", description="Whether fields of answers are named by id or by name"),
]


class RecordBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record. ``fields``: by field id (or name, with ``field_keys=name``), see "Wire values" in the docs."""

    id: str
    version: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class SingleRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A record with the table it belongs to."""

    id: str
    table: str
    version: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    refreshing: tuple[str, ...] = ()


class PageBody(msgspec.Struct, frozen=True):
    """A page of records. ``total_estimate`` on first pages; ``exact`` tells whether it is a count. ``at``: position.

    ``refreshing``: computed fields (by id) that are being computed again for many records and may still hold old values.
    """

    records: tuple[RecordBody, ...]
    next_cursor: str | None
    total_estimate: int | None
    exact: bool
    at: int | None
    refreshing: tuple[str, ...] = ()


class Refreshing(msgspec.Struct, frozen=True):
    """The computed fields of a table that are being computed again, each with rows done of about so many."""

    fields: tuple[pending_values.Pending, ...]


class RecordIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record to store. ``fields`` by id or name; ``version``: refuse if it has moved on since."""

    fields: dict[str, Any] = {}
    id: str | None = None
    version: int | None = None


class BatchBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1000 records. ``typecast``: read values leniently, links by name. ``atomic``: all or nothing.

    ``source``: through what a person's page sent them; ``reason``: shown in the history.
    """

    records: tuple[RecordIn, ...]
    typecast: bool = False
    atomic: bool = False
    source: Literal["ui", "form"] | None = None
    reason: str | None = None


class IdsBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records named by id."""

    records: tuple[str, ...]
    atomic: bool = False
    reason: str | None = None


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one record: as it now is, or its problems."""

    id: str | None = None
    version: int | None = None
    fields: dict[str, Any] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted: bool = False
    problems: tuple[ProblemBody, ...] = ()


class StoredBody(msgspec.Struct, frozen=True):
    """What became of a batch, in its order. ``change`` names it for undo; null when nothing was stored."""

    records: tuple[Stored, ...]
    change: str | None


class RefusedBody(msgspec.Struct, frozen=True, kw_only=True):
    """A problem document for a batch of which nothing was stored."""

    type: str = "about:blank"
    title: str
    status: int = 422
    detail: str
    code: str = "records_rejected"
    problems: tuple[ProblemBody, ...]
    records: tuple[Stored, ...]
    change: None = None


SOME_REFUSED = {
    207: ResponseSpec(StoredBody, description="Some records were refused", generate_examples=False),
    422: ResponseSpec(
        RefusedBody,
        description="None was stored",
        media_type="application/problem+json",
        generate_examples=False,
    ),
}


class Aggregated(msgspec.Struct, frozen=True):
    """Groups: keys in wire form, labels as text, values in the order of the aggregates."""

    groups: tuple[read.GroupRow, ...]


class Names:
    """How fields are named in an answer."""

    def __init__(self, table: Table | None, keys: FieldKeys) -> None:
        self._names = {f.id: f.name for f in table.fields} if table and keys == "name" else None

    @classmethod
    async def of(cls, system: System, table_id: str, keys: FieldKeys) -> Names:
        """The names of a table's fields; asks for nothing when ids are wanted."""
        return cls((await system.catalogs.current()).table(table_id) if keys == "name" else None, keys)

    def fields(self, fields: dict[str, Any]) -> dict[str, Any]:
        """``fields`` of the reading side, named as asked for."""
        if self._names is None:
            return fields
        return {self._names.get(key, key): value for key, value in fields.items()}

    def record(self, view: RecordView) -> RecordBody:
        """A record as an answer."""
        return RecordBody(
            view.id,
            view.version,
            self.fields(view.fields),
            view.created_at,
            view.updated_at,
            view.deleted_at,
        )


@post("/tables/{table:str}/query", status_code=HTTP_200_OK, opt={"idempotent": "reading", "shortcut": True})
async def query_records(
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    data: JSONBody[Query],
    field_keys: KeysParameter = "id",
) -> PageBody:
    """A page of records by filter, sorts and search."""
    return await _page(system, actor, table, data, field_keys)


@get("/tables/{table:str}/records")
async def list_records(
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_RECORDS)] = 100,
    cursor: FromQuery[str | None] = None,
    view: FromQuery[str | None] = None,
    search: FromQuery[str | None] = None,
    fields: Annotated[str | None, QueryParameter(description="Ids or names, joined by commas")] = None,
    field_keys: KeysParameter = "id",
) -> PageBody:
    """A page of records, in the order and with the filter of a view if one is named."""
    where, sorts = None, tuple[Sort, ...]()
    if view is not None:
        definition = _view_of(await system.catalogs.current(), table, view)
        where, sorts = definition.where, definition.sorts
    chosen = None if fields is None else tuple(name.strip() for name in fields.split(",") if name.strip())
    query = Query(where=where, sorts=sorts, search=search, fields=chosen, cursor=cursor, limit=limit)
    return await _page(system, actor, table, query, field_keys)


def _view_of(catalog: Catalog, table: str, view: str) -> Any:
    found = catalog.view(view)
    if found.table_id != table:
        raise NotFound()
    return found.definition


async def _page(system: System, actor: Actor, table_id: str, query: Query, keys: FieldKeys) -> PageBody:
    if not 1 <= query.limit <= MAX_RECORDS:
        raise InvalidInput(N_("limit 应在 1 到 {max} 之间"), code="bad_limit", field="limit", max=MAX_RECORDS)
    records: Any
    page: read.Page | ReadyPage
    if keys == "id":
        page = await ready_page(system, actor, table_id, query)
        records = page.records
    else:
        page = await read.page(system, actor, table_id, query, encoded=True)
        names = await Names.of(system, table_id, keys)
        records = tuple(names.record(view) for view in page.records)
    return PageBody(
        records,
        page.next_cursor,
        page.total_estimate,
        page.exact,
        page.at,
        await _refreshing(system, actor, (await system.catalogs.current()).table(table_id)),
    )


async def _refreshing(system: System, actor: Actor, table: Table) -> tuple[str, ...]:
    found = await pending_values.refreshing(system, table)
    hidden = hidden_fields(actor, table) if found else ()
    return tuple(one for one in found if one not in hidden)


@get("/tables/{table:str}/refreshing")
async def refreshing_fields(system: TheSystem, actor: TheActor, table: FromPath[str]) -> Refreshing:
    """Which computed fields are being computed again, and how far."""
    found = (await system.catalogs.current()).table(table)
    require(actor, Operation.LOOK, found.app_id)
    hidden = hidden_fields(actor, found)
    return Refreshing(
        tuple(one for one in await pending_values.pending(system, found) if one.field not in hidden)
    )


@post("/tables/{table:str}/aggregate", status_code=HTTP_200_OK, opt={"idempotent": "reading"})
async def aggregate_records(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[AggregateQuery]
) -> Aggregated:
    """Numbers over groups of records."""
    return Aggregated(tuple(await read.aggregate(system, actor, table, data)))


@post(
    "/tables/{table:str}/records",
    status_code=HTTP_200_OK,
    opt={"idempotent": "atomic", "shortcut": True},
    responses=SOME_REFUSED,
)
async def create_records(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[BatchBody],
    field_keys: KeysParameter = "id",
) -> Response[StoredBody]:
    """Create records. 200: all stored, 207: some were refused, 422: none was stored."""
    _check_size(data.records)
    creates = tuple(NewRecord(record.fields) for record in data.records)
    change = _change(table, actor, data, creates=creates)
    return await _store(system, translator, change, field_keys)


@patch("/tables/{table:str}/records", opt={"idempotent": "atomic", "shortcut": True}, responses=SOME_REFUSED)
async def update_records(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[BatchBody],
    field_keys: KeysParameter = "id",
) -> Response[StoredBody]:
    """Set fields of records; those left out stay. Answers as creating does."""
    _check_size(data.records)
    missing = [i for i, record in enumerate(data.records) if not record.id]
    if missing:
        message = Message(N_("缺少「{name}」"), {"name": "id"})
        raise InvalidInput(problems=[Problem("missing", message, path=f"records.{i}.id") for i in missing])
    updates = tuple(Patch(record.id or "", record.fields, record.version) for record in data.records)
    change = _change(table, actor, data, updates=updates)
    return await _store(system, translator, change, field_keys)


@delete(
    "/tables/{table:str}/records",
    status_code=HTTP_200_OK,
    opt={"idempotent": "atomic"},
    responses=SOME_REFUSED,
)
async def delete_records(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[IdsBody],
) -> Response[StoredBody]:
    """Put records into the trash; undo and restore bring them back. Answers as creating does."""
    _check_size(data.records)
    return await _store(system, translator, _change(table, actor, data, deletes=data.records), "id")


@post("/tables/{table:str}/restore", status_code=HTTP_200_OK, responses=SOME_REFUSED)
async def restore_records(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    table: FromPath[str],
    data: JSONBody[IdsBody],
) -> Response[StoredBody]:
    """Take records out of the trash."""
    _check_size(data.records)
    return await _store(system, translator, _change(table, actor, data, restores=data.records), "id")


def _check_size(records: Sequence[Any]) -> None:
    if len(records) > MAX_RECORDS:
        raise TooMuch(
            N_("一次最多 {max} 条记录,这次有 {count} 条"),
            code="batch_too_large",
            max=MAX_RECORDS,
            count=len(records),
        )


def _change(table: str, actor: Actor, data: BatchBody | IdsBody, **what: Any) -> Change:
    channel: Channel = "ui"
    if actor.kind == "token":
        channel = "api"
    elif isinstance(data, BatchBody) and data.source is not None:
        channel = data.source
    return Change(
        table=table,
        actor=actor,
        source=Source(channel),
        reason=data.reason,
        atomic=data.atomic,
        typecast=isinstance(data, BatchBody) and data.typecast,
        **what,
    )


async def _store(
    system: System, translator: Translator, change: Change, keys: FieldKeys
) -> Response[StoredBody]:
    outcome = await write.apply(system, change)
    stored = await _answer(system, translator, change, outcome, keys)
    refused = [record for record in stored if record.problems]
    if not refused or len(refused) < len(stored):
        change_id = str(outcome.change_id) if outcome.change_id else None
        return Response(StoredBody(stored, change_id), status_code=207 if refused else 200)
    problems = tuple(problem for record in refused for problem in record.problems)
    document = RefusedBody(
        title=translator.gettext(N_("有内容填得不对")),
        detail=problems[0].message
        if len(problems) == 1
        else translator.gettext(N_("{count} 条记录都没有保存"), {"count": len(refused)}),
        problems=problems,
        records=stored,
    )
    return Response(document, status_code=422, media_type="application/problem+json")  # type: ignore[arg-type]


async def _answer(
    system: System, translator: Translator, change: Change, outcome: Outcome, keys: FieldKeys
) -> tuple[Stored, ...]:
    before = len(change.creates) + len(change.updates)
    gone = range(before, before + len(change.deletes))
    kept = [r.id for i, r in enumerate(outcome.results) if r.id and not r.problems and i not in gone]
    views: dict[str, RecordView] = {}
    if kept:
        views = known.views(system, change.actor, outcome.known, kept)
        missing = [key for key in dict.fromkeys(kept) if key not in views]
        if missing:
            found = await read.get_many(system, change.actor, missing, encoded=True, raw=keys == "id")
            views.update((view.id, view) for view in found)
    names = await Names.of(system, change.table, keys)
    answers = []
    for index, result in enumerate(outcome.results):
        if result.problems:
            problems = tuple(_located(problem, index, translator) for problem in result.problems)
            answers.append(Stored(id=result.id, problems=problems))
        elif index in gone:
            answers.append(Stored(id=result.id, version=result.version, deleted=True))
        else:
            body = names.record(views[result.id or ""])
            answers.append(
                Stored(
                    body.id, body.version, body.fields, created_at=body.created_at, updated_at=body.updated_at
                )
            )
    return tuple(answers)


def _located(problem: Problem, index: int, translator: Translator) -> ProblemBody:
    """A record's problem with its place in the batch: ``records.3.fields.fld…``."""
    body = problem_body(problem, translator)
    place = f"records.{index}" + (f".fields.{problem.field}" if problem.field else "")
    return msgspec.structs.replace(body, path=place)


@get("/records/{record:str}")
async def read_record(
    system: TheSystem, actor: TheActor, record: FromPath[str], field_keys: KeysParameter = "id"
) -> SingleRecord:
    """One record."""
    view = await read.get(system, actor, record)
    table = (await system.catalogs.current()).table_by_number(parse_record_id(record)[0])
    body = Names(table, field_keys).record(view)
    waiting = await _refreshing(system, actor, table)
    return SingleRecord(
        body.id, table.id, body.version, body.fields, body.created_at, body.updated_at, refreshing=waiting
    )


ROUTES = (
    query_records,
    list_records,
    aggregate_records,
    create_records,
    update_records,
    delete_records,
    restore_records,
    read_record,
    refreshing_fields,
)
