"""The records a step can use: the one that set the run off, and those that earlier steps made. Read as they are now: steps that
share a transaction read once, until one of them stores something."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import Actor, row_rule
from runtime.automations.runs import StepRow
from runtime.catalog import Catalog, Field, Table
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import Context
from runtime.fieldtypes.link import MORE
from runtime.formulas import FormulaError
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.records import links
from runtime.records.read import Reader
from runtime.storage.computed import read_time
from runtime.storage.database import Tx
from runtime.system import System

TRIGGER = "trigger"

Memory = dict[str, tuple[int, frozenset[str] | None, "Snapshot"]]
"""Records that were read, by public id: when (:attr:`Tx.writes`), which fields of them (None: all), and what was found."""


class Snapshot:
    """A record at one moment: every field as wire value and as text."""

    def __init__(
        self, public_id: str, table: Table, context: Context, row: Any, wires: dict[str, Any]
    ) -> None:
        self.id, self.table, self.context = public_id, table, context
        self._row, self._wires = row, wires

    def wire(self, field: Field) -> Any:
        """The value as the API speaks it."""
        return self._wires.get(field.id)

    def text(self, field: Field) -> str:
        """The value as a person reads it; empty for an empty cell."""
        if field.type == "link":
            return "、".join(item["name"] or item["id"] for item in self._wires.get(field.id) or ())
        if field.type == "button":
            return ""
        wire = self._wires.get(field.id)
        if isinstance(wire, dict) and "error" in wire:
            return str(wire["error"])
        return fieldtypes.get(field.config).to_text(field.config, self._row[field.column], self.context)

    def plain(self, field: Field) -> Any:
        """The value as formulas see it; of a link the names of what it points at."""
        if field.type == "link":
            return tuple(item["name"] or item["id"] for item in self._wires.get(field.id) or ()) or None
        if field.type == "button":
            return None
        wire = self._wires.get(field.id)
        if isinstance(wire, dict) and "error" in wire:
            return FormulaError(wire["error"])
        return fieldtypes.get(field.config).formula_value(field.config, self._row[field.column])

    def stored(self, field: Field) -> Any:
        """What the column holds; None for a field without one."""
        return self._row[field.column] if field.type not in ("link", "button") else None

    def linked(self, field: Field) -> list[str]:
        """Ids of the records that a link field points at (of very many, the first ones)."""
        return [item["id"] for item in self._wires.get(field.id) or () if item["id"] != MORE]

    def person(self, who: str) -> str:
        """``usr…|name`` of the record's creator or updater, as its row holds it; empty where nobody is known."""
        return str(self._row["updated_by" if who == "updater" else "created_by"] or "")

    @property
    def created_at(self) -> datetime:
        """When the record was created."""
        return self._row["created_at"]  # type: ignore[no-any-return]

    @property
    def title(self) -> str:
        """What the record is called."""
        primary = self.table.primary
        return (
            links.title(primary, self._row[primary.column], self.context)
            if primary and primary.type != "link"
            else ""
        )


class Reach:
    """Finds and reads records by what steps call them: ``trigger``, or the id of the step that made one."""

    def __init__(
        self,
        system: System,
        catalog: Catalog,
        actor: Actor,
        trigger: str | None,
        results: Mapping[str, StepRow],
        given: Mapping[str, Any] | None = None,
        *,
        gone: bool = False,
        tx: Tx | None = None,
        memory: Memory | None = None,
    ) -> None:
        """``given``: the trigger's own outputs. ``gone``: the trigger's record was deleted; it is read in the trash. ``memory``: what
        steps before have read in the same transaction ``tx``; it counts until the transaction stores something."""
        self._gone = trigger if gone else None
        self.system, self.catalog, self.actor = system, catalog, actor
        self._trigger, self._results, self._given = trigger, results, given or {}
        self._tx, self._memory = tx, {} if memory is None else memory

    def record_id(self, of: str) -> str:
        """The public id of the record called ``of``. Raises InvalidInput when no such record is in reach."""
        if of == TRIGGER:
            if self._trigger is None:
                raise InvalidInput(N_("这次运行不是由记录触发的,没有触发的记录可用"), code="no_such_record")
            return self._trigger
        found = self._results.get(of)
        record = found.output.get("record") if found is not None and found.status == "done" else None
        if record is None:
            raise InvalidInput(N_("前面的步骤没有产生记录,这里用不到它"), code="no_such_record")
        return str(record)

    def output(self, step: str, key: str) -> Any:
        """An output of an earlier step (or of the ``trigger``), as it was stored; None where it has no such output."""
        if step == TRIGGER:
            return self._given.get(key)
        found = self._results.get(step)
        return found.output.get(key) if found is not None else None

    def outcome(self, step: str) -> str | None:
        """How an earlier step ended; None when it was not carried out."""
        found = self._results.get(step)
        return found.outcome if found is not None and found.status == "done" else None

    def record_ids(self, step: str) -> list[str]:
        """Public ids of the list that an earlier step found. Raises InvalidInput when it has none."""
        found = self._results.get(step)
        records = found.output.get("records") if found is not None and found.status == "done" else None
        if records is None:
            raise InvalidInput(N_("前面的步骤没有查找过记录,这里用不到它的清单"), code="no_such_record")
        return [str(one) for one in records]

    async def follow(
        self, of: str, via: Sequence[str], fields: Collection[str] | None = None
    ) -> Snapshot | None:
        """The record that links lead to from the one called ``of``, the first of several; None where one is empty.

        ``fields``: no more than these of it, and its title, are needed; None where all may be.

        Raises:
            NotFound: the record was deleted, or a link field was.
        """
        wanted = None if fields is None else frozenset(fields)
        record = await self._snapshot(self.record_id(of), None if via else wanted)
        for place, key in enumerate(via, 1):
            linked = record.linked(record.table.field(key))
            if not linked:
                return None
            record = await self._snapshot(linked[0], wanted if place == len(via) else None)
        return record

    async def record(self, of: str) -> Snapshot:
        """The record called ``of``. Raises NotFound when it was deleted."""
        return await self._snapshot(self.record_id(of))

    async def part(self, of: str, fields: Collection[str] = ()) -> Snapshot:
        """The record, of which no more than these fields (by id) and its title are needed. Raises NotFound when it was deleted."""
        return await self._snapshot(self.record_id(of), frozenset(fields))

    async def part_of(self, public_id: str, fields: Collection[str] = ()) -> Snapshot:
        """The same for the record with this id."""
        return await self._snapshot(public_id, frozenset(fields))

    async def _snapshot(self, public_id: str, fields: frozenset[str] | None = None) -> Snapshot:
        """The record as it was when this transaction first looked at it after it had last stored something."""
        writes = self._tx.writes if self._tx is not None else 0
        known = self._memory.get(public_id)
        if known is not None and known[0] == writes:
            _, had, snapshot = known
            if had is None or (fields is not None and fields <= had):
                return snapshot
        held = self._held(public_id, fields) if fields is not None else None
        gone = public_id == self._gone
        found = held or await read_snapshot(
            self.system, self.catalog, self.actor, public_id, trashed=gone, only=fields
        )
        self._memory[public_id] = writes, fields, found
        return found

    def _held(self, public_id: str, fields: frozenset[str]) -> Snapshot | None:
        """The record by its row, where this transaction has locked and read that, and all that is wanted stands in it."""
        number, row = parse_record_id(public_id)
        table = self.catalog.table_by_number(number)
        known = self._tx.known(table.sql, row) if self._tx is not None else None
        if known is None or known["deleted_at"] is not None or row_rule(self.actor, table) is not None:
            return None
        at_read = read_time(self.catalog)
        reader = Reader(self.system, self.catalog, table, self.actor)
        wanted = [one for one in reader.fields if one.id in fields or one is table.primary]
        if any(not one.stored or one.id in at_read for one in wanted):
            return None
        (view,) = reader.views([known], wanted)
        return Snapshot(public_id, table, reader.context, known, view.fields)


async def read_snapshot(
    system: System,
    catalog: Catalog,
    actor: Actor,
    public_id: str,
    *,
    trashed: bool = False,
    only: Collection[str] | None = None,
) -> Snapshot:
    """A record as it is now (``trashed``: or in the trash); ``only``: of these fields and its title. Raises NotFound when there is none."""
    number, row = parse_record_id(public_id)
    reader = Reader(system, catalog, catalog.table_by_number(number), actor)
    primary = reader.table.primary
    # whether a button shows is nothing that a step can use
    fields = [
        f for f in reader.fields if f.type != "button" and (only is None or f.id in only or f is primary)
    ]
    rows = await system.db.fetch(
        QueryString(
            f"SELECT {', '.join(reader.compiler.columns(fields, 't.id'))} FROM {{}} t WHERE t.id = {{}} AND {{}}",
            reader.compiler.source,
            row,
            reader.compiler.where(None, with_trash=trashed),
        )
    )
    if not rows:
        raise NotFound(N_("没有这条记录,可能已被删除"))
    (view,) = reader.views(rows[:1], fields)
    return Snapshot(public_id, reader.table, reader.context, rows[0], view.fields)
