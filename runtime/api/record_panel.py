"""What stands beside a record: moves, linked records, history; choosers; undo."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from runtime.api.common import TheActor, TheSystem, TheTranslator, actor_name, moment
from runtime.api.records import Names, RecordBody
from runtime.errors import InvalidInput
from runtime.i18n import N_, Translator
from runtime.ids import parse_record_id
from runtime.records import history, limits, merged, panel, read, write


class MoveBody(msgspec.Struct, frozen=True):
    """A way on from the state the record is in. ``locked``: why this person cannot take it; ``missing``: ids of fields
    that have to be filled with it."""

    field: str
    source: str
    target: str
    label: str
    color: str
    allowed: bool
    locked: str | None
    missing: tuple[str, ...] = ()


class StandingBody(msgspec.Struct, frozen=True):
    """Where the record stands in a state machine: since when, until when it may, and why it cannot go on (``note``)."""

    field: str
    since: str | None
    due: str | None
    late: bool
    note: str | None


class MovesBody(msgspec.Struct, frozen=True):
    """The moves of a record, and where it stands."""

    moves: tuple[MoveBody, ...]
    standing: tuple[StandingBody, ...] = ()


class RelatedBody(msgspec.Struct, frozen=True):
    """Records beside the record, see :class:`runtime.records.panel.Related`."""

    kind: str
    field: str
    title: str
    table: str
    table_name: str
    columns: tuple[str, ...]
    records: tuple[RecordBody, ...]
    total: int


class PanelBody(msgspec.Struct, frozen=True):
    """A record with everything beside it."""

    record: RecordBody
    table: str
    name: str
    can_edit: bool
    moves: tuple[MoveBody, ...]
    related: tuple[RelatedBody, ...]
    standing: tuple[StandingBody, ...] = ()


class ActorBody(msgspec.Struct, frozen=True):
    """Who did something: person, token, automation, import or system."""

    kind: str
    id: str
    name: str


class EntryBody(msgspec.Struct, frozen=True):
    """One entry of a record's history. ``change`` groups what happened together; ``as_is``: states were taken over;
    ``merged``: the merge that it was, in either record."""

    id: int
    at: str
    change: str
    action: str
    version: int
    actor: ActorBody
    channel: str
    source: str | None
    reason: str | None
    changes: tuple[history.FieldChange, ...]
    as_is: bool = False
    merged: merged.Merged | None = None


class HistoryBody(msgspec.Struct, frozen=True):
    """Entries, the newest first. ``next_before`` continues; null at the end."""

    entries: tuple[EntryBody, ...]
    next_before: int | None


class ChoiceBody(msgspec.Struct, frozen=True):
    """A record to choose."""

    id: str
    name: str
    details: str


class ChoicesBody(msgspec.Struct, frozen=True):
    """Records to choose from. ``needs``: names of fields to be filled before any can be."""

    records: tuple[ChoiceBody, ...]
    needs: tuple[str, ...] = ()


class ChoicesAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For which record a link is chosen: ``record`` as it is stored, with ``values`` (by field id) that are being typed."""

    q: str = ""
    record: str | None = None
    values: dict[str, Any] = {}
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 30


class UndoBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which change to take back; the caller's last one when left out."""

    change: str | int | None = None


class UndoneBody(msgspec.Struct, frozen=True):
    """What was taken back. ``change``: taking that back does it again; ``undone``: the change that it was."""

    change: str | None
    message: str
    records: tuple[str, ...]
    undone: str | None = None


def _move(one: panel.Move, translator: Translator) -> MoveBody:
    return MoveBody(
        one.field,
        one.source,
        one.target,
        one.label,
        one.color,
        one.locked is None,
        one.locked.text(translator) if one.locked else None,
        one.missing,
    )


def _standing(one: panel.Standing, translator: Translator) -> StandingBody:
    return StandingBody(
        one.field,
        moment(one.since) if one.since else None,
        moment(one.due) if one.due else None,
        one.late,
        one.note.text(translator) if one.note else None,
    )


@get("/records/{record:str}/moves")
async def record_moves(
    system: TheSystem, actor: TheActor, translator: TheTranslator, record: FromPath[str]
) -> MovesBody:
    """Where the record can go from its states, and what stands in the way."""
    view = await read.get(system, actor, record)
    catalog = await system.catalogs.current()
    table = catalog.table_by_number(parse_record_id(record)[0])
    moves = panel.moves_of(actor, catalog.app_of(table), table, view)
    standing = await panel.standing_of(system, table, record)
    return MovesBody(
        tuple(_move(one, translator) for one in moves),
        tuple(_standing(one, translator) for one in standing),
    )


@get("/records/{record:str}/panel")
async def record_panel(
    system: TheSystem, actor: TheActor, translator: TheTranslator, record: FromPath[str]
) -> PanelBody:
    """A record with its moves, what it is linked with, and its siblings (the same customer's other orders)."""
    found = await panel.of_record(system, actor, record)
    names = Names(None, "id")
    related = []
    for group in found.related:
        related.append(
            RelatedBody(
                group.kind,
                group.field,
                group.title,
                group.table,
                group.table_name,
                group.columns,
                tuple(names.record(view) for view in group.records),
                group.total,
            )
        )
    return PanelBody(
        names.record(found.record),
        found.table,
        found.name,
        found.can_edit,
        tuple(_move(one, translator) for one in found.moves),
        tuple(related),
        tuple(_standing(one, translator) for one in found.standing),
    )


@get("/records/{record:str}/history")
async def record_history(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    record: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=200)] = 50,
    before: FromQuery[int | None] = None,
) -> HistoryBody:
    """Who changed what and when, the newest first."""
    entries = await history.of_record(system, actor, record, limit=limit, before=before)
    merges = await merged.of_entries(system, actor, record, entries)
    shown = tuple(
        EntryBody(
            e.id,
            moment(e.at),
            str(e.change),
            e.action,
            e.version,
            ActorBody(e.actor_kind, e.actor_id, actor_name(e.actor_kind, e.actor_name, translator)),
            e.channel,
            e.source,
            translator.gettext(e.reason) if e.reason else None,
            e.changes,
            e.as_is,
            merges.get(e.id),
        )
        for e in entries
    )
    return HistoryBody(shown, entries[-1].id if len(entries) == limit else None)


@get("/tables/{table:str}/choices")
async def record_choices(
    system: TheSystem,
    actor: TheActor,
    table: FromPath[str],
    q: FromQuery[str] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 30,
) -> ChoicesBody:
    """Records to choose from in a link cell, found by any of their texts."""
    found = await panel.choices(system, actor, table, q, limit)
    return ChoicesBody(tuple(ChoiceBody(c["id"], c["name"], c["details"]) for c in found))


@post("/fields/{field:str}/choices", status_code=HTTP_200_OK)
async def link_choices(
    system: TheSystem, actor: TheActor, field: FromPath[str], data: JSONBody[ChoicesAsked]
) -> ChoicesBody:
    """Records that a link field may point at, found by any of their texts: those that its limit lets through for this
    record."""
    found = await limits.choices(
        system, actor, field, text=data.q, record=data.record, values=data.values, limit=data.limit
    )
    return ChoicesBody(
        tuple(ChoiceBody(c["id"], c["name"], c["details"]) for c in found.records), found.needs
    )


@post("/undo", status_code=HTTP_200_OK)
async def undo(
    system: TheSystem, actor: TheActor, translator: TheTranslator, data: JSONBody[UndoBody]
) -> UndoneBody:
    """Take back the caller's last change by hand, or the one named."""
    number: int | None = None
    if data.change is not None:
        text = str(data.change)
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise InvalidInput(N_("没有可撤销的操作"), code="bad_change", field="change")
        number = int(text)
    else:
        number = await history.last_change_of(system, actor)
    outcome = await write.undo(system, actor, number)
    message: Any = translator.gettext(N_("已撤销,{count} 条记录恢复原样"), {"count": outcome.stored})
    return UndoneBody(
        str(outcome.change_id) if outcome.change_id else None,
        message,
        tuple(result.id for result in outcome.results if result.id and not result.problems),
        None if number is None else str(number),
    )


ROUTES = (record_moves, record_panel, record_history, record_choices, link_choices, undo)
