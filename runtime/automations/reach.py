"""The records a step can use: the one that set the run off, and those that earlier steps made. Read as they are now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runtime import fieldtypes
from runtime.access import Actor
from runtime.automations.runs import StepRow
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.queries import Condition, Query
from runtime.errors import InvalidInput, NotFound
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.ids import parse_record_id
from runtime.records import links
from runtime.records.read import Reader
from runtime.system import System

TRIGGER = "trigger"


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
    ) -> None:
        """``given``: the trigger's own outputs."""
        self.system, self.catalog, self.actor = system, catalog, actor
        self._trigger, self._results, self._given = trigger, results, given or {}
        self._read: dict[str, Snapshot] = {}

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

    async def record(self, of: str) -> Snapshot:
        """The record called ``of``. Raises NotFound when it was deleted."""
        public_id = self.record_id(of)
        if public_id not in self._read:
            self._read[public_id] = await read_snapshot(self.system, self.catalog, self.actor, public_id)
        return self._read[public_id]

    def forget(self, of: str) -> None:
        """Read the record anew the next time: this step has changed it."""
        self._read.pop(self.record_id(of), None)


async def read_snapshot(system: System, catalog: Catalog, actor: Actor, public_id: str) -> Snapshot:
    """A record as it is now. Raises NotFound when there is none (any more)."""
    number, _ = parse_record_id(public_id)
    reader = Reader(system, catalog, catalog.table_by_number(number), actor)
    query = Query(where=Condition("$id", "is", public_id), limit=1)
    rows = await system.db.fetch(reader.compiler.page(query, reader.fields))
    if not rows:
        raise NotFound(N_("没有这条记录,可能已被删除"))
    (view,) = await reader.views(rows[:1], reader.fields)
    return Snapshot(public_id, reader.table, reader.context, rows[0], view.fields)
