"""Taking back what one transaction did to definitions: the engine under undo and under restoring from the trash.

``meta.definition_change`` holds every change with the body before and after; the rows of one transaction share their
``at`` and are a *batch*. A batch is reversed from its last row to its first. A definition that somebody has changed
since is not overwritten: undo refuses then, restoring leaves that one as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from builder import (
    automations,
    columns,
    dependents,
    fields,
    links,
    removal,
    stocks,
    uniques,
    views,
    workbenches,
)
from builder.computed import recheck
from builder.configs import check_field
from builder.edit import Edit, Stored
from builder.reconvert import rewrites, take_back
from builder.validation import Problems, free_name
from runtime.catalog import Field, decode_body
from runtime.definitions.fields import AutoNumber, FieldDef, Formula, Link
from runtime.errors import RuleBroken
from runtime.fieldtypes import Context
from runtime.i18n import N_
from runtime.records import computed
from runtime.records.dependents import graph
from runtime.storage.database import Row


class Change(msgspec.Struct, frozen=True):
    """One row of the log."""

    number: int
    definition: int
    action: str
    before: str | None
    after: str | None


def change_of(row: Row) -> Change:
    """A row of ``meta.definition_change``."""
    return Change(row["id"], row["definition_id"], row["action"], row["before"], row["after"])


async def batch_at(edit: Edit, app_number: int, at: datetime) -> list[Change]:
    """The changes of the transaction of that moment in an app, the last one first."""
    rows = await edit.tx.fetch(
        "SELECT * FROM meta.definition_change WHERE app_id = $1 AND at = $2 ORDER BY id DESC", app_number, at
    )
    return [change_of(row) for row in rows]


class Long(msgspec.Struct, frozen=True):
    """A conversion that takes long to take back: the field, what it was, and the number of what was kept of it."""

    field: Field
    before: FieldDef
    original: int


async def find_long(edit: Edit, batch: list[Change]) -> Long | None:
    """The conversion in a batch that should not be taken back while somebody waits; None: there is none."""
    for change in batch:
        stored = await edit.by_number(change.definition) if change.action == "convert" else None
        if stored is None or stored.deleted_at is not None:
            continue
        if stored.body != decode_body("field", change.after or "{}"):
            continue  # refused in a moment
        field = edit.catalog.field(stored.id)
        before = decode_body("field", change.before or "{}")
        original = await _original(edit, batch, stored)
        table = edit.catalog.table(field.table_id)
        if original is None or original.deleted_at is None or not rewrites(field, before, original):
            continue
        if await computed.is_large(edit.system, edit.tx, table):
            return Long(field, before, original.number)
    return None


async def _original(edit: Edit, batch: list[Change], stored: Stored) -> Stored | None:
    """What was kept of a field before its conversion; None where nothing was, or it is gone for good."""
    kept = next((c for c in batch if c.action == "keep" and _of(c) == stored.number), None)
    return await edit.by_number(kept.definition) if kept is not None else None


class Reversal:
    """Reverses one batch inside an edit. ``strict``: refuse when something has changed since, else leave that alone.

    ``shadows``: columns by the number of a converted field that hold all of its former values already.
    """

    def __init__(
        self, edit: Edit, batch: list[Change], *, strict: bool, shadows: Mapping[int, int] | None = None
    ) -> None:
        self.edit = edit
        self.batch = batch
        self.strict = strict
        self.shadows = shadows or {}
        self._created = {change.definition for change in batch if change.action == "create"}
        self._back: list[int] = []

    async def run(self) -> None:
        """Reverse every change of the batch, then bring columns, pairs and computed values in line."""
        for change in self.batch:
            stored = await self.edit.by_number(change.definition)
            if stored is not None:
                await self._reverse(change, stored)
        await self._settle()

    async def _reverse(self, change: Change, stored: Stored) -> None:
        if change.action == "create":
            await self._uncreate(stored)
        elif change.action == "delete":
            await self._bring_back(stored)
        elif change.action == "restore":
            await self._trash_again(stored)
        elif change.action == "move":
            await self.edit.place(stored, float(msgspec.json.decode(change.before or "{}")["position"]))
        elif change.action == "convert":
            await self._unconvert(change, stored)
        elif change.action == "change":
            await self._unchange(change, stored)
        self._tell(stored)

    def _tell(self, stored: Stored) -> None:
        for app in self.edit.catalog.apps:
            if app.number in (stored.app_number, stored.number):
                self.edit.tell(
                    app.id, *(t.id for t in app.tables if t.number in (stored.table_number, stored.number))
                )

    def _changed_since(self, stored: Stored) -> bool:
        """Whether to stop because somebody changed it since; raises when ``strict``."""
        if self.strict:
            raise RuleBroken(
                N_("「{name}」在那之后又改过,撤销会盖掉后来的改动"),
                code="changed_since",
                name=stored.body.name,
            )
        return True

    async def _uncreate(self, stored: Stored) -> None:
        """Into the trash, unless its table or app goes there anyway."""
        if stored.deleted_at is not None or {stored.table_number, stored.app_number} & self._created:
            return
        await self._trash_again(stored)

    async def _trash_again(self, stored: Stored) -> None:
        if stored.deleted_at is not None:
            return
        catalog = await self.edit.refresh()
        if stored.kind == "field":
            field = catalog.field(stored.id)
            plan = removal.plan_fields(catalog, [field])
            table = catalog.table(field.table_id)
            if table.primary is not None and table.primary.id == field.id:
                raise RuleBroken(
                    N_("「{field}」是标题字段,先把别的字段设为标题"),
                    code="primary_field",
                    field=field.id,
                    field_name=field.name,
                )
            removal.refuse(plan, field.name, confirmed=False)
            await removal.carry_out(self.edit, plan)
        elif stored.kind == "table":
            plan = removal.plan_table(catalog, catalog.table(stored.id))
            removal.refuse(plan, stored.body.name, confirmed=False)
            await removal.carry_out(self.edit, plan)
        else:
            if stored.kind == "stock":
                await stocks.drop_rule(self.edit, stored)
            await self.edit.trash(stored)

    async def _bring_back(self, stored: Stored) -> None:
        if stored.deleted_at is None:
            return
        await self._refuse_homeless(stored)
        name = free_name(stored.body.name, await self._sibling_names(stored))
        body = msgspec.structs.replace(stored.body, name=name)
        if stored.kind == "workbench":
            body = msgspec.structs.replace(body, slug=workbenches.free_slug(self.edit.catalog, body.slug))
        back = await self.edit.bring_back(stored, body)
        self._back.append(stored.number)
        if stored.kind == "stock":
            await self.edit.refresh()
            await stocks.put_rule(self.edit, back)

    async def _refuse_homeless(self, stored: Stored) -> None:
        for number in (stored.app_number, stored.table_number):
            home = await self.edit.by_number(number) if number is not None else None
            if home is not None and home.deleted_at is not None:
                raise RuleBroken(
                    N_("「{name}」所在的「{home}」也在回收站里,先恢复「{home}」"),
                    code="home_in_trash",
                    name=stored.body.name,
                    home=home.body.name,
                )

    async def _sibling_names(self, stored: Stored) -> list[str]:
        rows = await self.edit.tx.fetch(
            "SELECT body->>'name' AS name FROM meta.definition WHERE kind = $1 AND app_id IS NOT DISTINCT FROM $2"
            " AND table_id IS NOT DISTINCT FROM $3 AND deleted_at IS NULL",
            stored.kind,
            stored.app_number,
            stored.table_number,
        )
        return [row["name"] for row in rows]

    async def _unchange(self, change: Change, stored: Stored) -> None:
        before, after = (
            decode_body(stored.kind, change.before or "{}"),
            decode_body(stored.kind, change.after or "{}"),
        )
        if stored.deleted_at is not None or stored.body != after:
            self._changed_since(stored)
            return
        if stored.kind == "field":
            await self._unchange_field(stored, before)
        elif stored.kind == "view":
            await self.edit.change(stored, before)
            self._back.append(stored.number)
        elif stored.kind == "stock":
            await stocks.drop_rule(self.edit, stored)
            changed = await self.edit.change(stored, before)
            await self.edit.refresh()
            await stocks.put_rule(self.edit, changed)
        elif stored.kind == "table":
            await self.edit.change(stored, before)
            self._back.append(stored.number)
        else:
            await self.edit.change(stored, before)
            if stored.kind == "app" and before.time_zone != after.time_zone:
                await dependents.after_another_zone(self.edit, stored.id)

    async def _unchange_field(self, stored: Stored, before: FieldDef) -> None:
        if isinstance(before.config, Link) and isinstance(stored.body.config, Link):
            await self.edit.change(stored, before)  # pairs are put right in the end
            self._back.append(stored.number)
            return
        catalog = await self.edit.refresh()
        field = catalog.field(stored.id)
        if isinstance(before.config, Formula):
            # the type of its result follows from what it reads as that is now
            config = recheck(catalog, catalog.table(field.table_id), before.config)
            before = msgspec.structs.replace(before, config=config)
        if before != field.definition:
            await fields.put(self.edit, field, before)

    async def _unconvert(self, change: Change, stored: Stored) -> None:
        after = decode_body("field", change.after or "{}")
        if stored.deleted_at is not None or stored.body != after:
            self._changed_since(stored)
            return
        original = await _original(self.edit, self.batch, stored)
        catalog = await self.edit.refresh()
        before = decode_body("field", change.before or "{}")
        shadow = self.shadows.get(stored.number)
        await take_back(self.edit, catalog.field(stored.id), before, original, shadow)
        self._back.append(stored.number)

    async def _settle(self) -> None:
        """Views without what is not there, links in pairs, unique rules, missing numbers, computed values."""
        catalog = await self.edit.refresh()
        fields_back, automations_back, tables_back = [], [], []
        for number in dict.fromkeys(self._back):
            stored = await self.edit.by_number(number)
            if stored is None or stored.deleted_at is not None:
                continue
            if stored.kind == "view":
                table = catalog.table(catalog.view(stored.id).table_id)
                await self.edit.change(stored, views.fitting(stored.body, table))
            elif stored.kind == "field":
                fields_back.append(stored.id)
            elif stored.kind == "automation":
                automations_back.append(stored.id)
            elif stored.kind == "table":
                tables_back.append(stored.id)
        await self._settle_links(fields_back)
        for public_id in fields_back:
            await self._settle_column(public_id)
        catalog = await self.edit.refresh()
        tables_back += [catalog.field(public_id).table_id for public_id in fields_back]
        for public_id in dict.fromkeys(tables_back):
            await self._settle_rules(public_id)
        await self._settle_computed(fields_back)
        await self._settle_automations(automations_back)

    async def _settle_links(self, ids: list[str]) -> None:
        for public_id in ids:
            stored = await self.edit.live(public_id, "field")
            config = stored.body.config
            if not isinstance(config, Link):
                continue
            if not any(t.id == config.table for app in self.edit.catalog.apps for t in app.tables):
                raise RuleBroken(
                    N_("「{name}」关联的数据表在回收站里,先恢复那张数据表"),
                    code="home_in_trash",
                    name=stored.body.name,
                )
            await links.settle_pair(self.edit, stored)
        await self.edit.refresh()

    async def _settle_column(self, public_id: str) -> None:
        field = self.edit.catalog.field(public_id)
        table = self.edit.catalog.table(field.table_id)
        if field.definition.unique:
            if await columns.count_collisions(self.edit.tx, table, field, limit=1):
                stored = await self.edit.live(public_id, "field")
                await self.edit.change(stored, msgspec.structs.replace(stored.body, unique=False))
            else:
                await columns.set_unique(self.edit, table, field)
        if isinstance(field.config, AutoNumber):
            app = self.edit.catalog.app_of(table)
            await columns.count_on(self.edit.tx, app, table, field.number, field.config)
            await columns.number_missing(self.edit.tx, app, table, field.number, field.config)

    async def _settle_rules(self, public_id: str) -> None:
        """Rules over several fields get their indexes; one that no longer holds goes, like that of a single field."""
        table = (await self.edit.refresh()).table(public_id)
        context = Context(zone=self.edit.catalog.app_of(table).zone)
        holding = []
        for rule in table.definition.unique:
            fields = [table.by_id[key] for key in rule.fields if key in table.by_id]
            if len(fields) == len(rule.fields):
                found = await uniques.repeats(self.edit.tx, table, fields, context)
                holding += [] if found.groups else [rule]
        if len(holding) < len(table.definition.unique):
            stored = await self.edit.live(public_id, "table")
            await self.edit.change(stored, msgspec.structs.replace(stored.body, unique=tuple(holding)))
            table = (await self.edit.refresh()).table(public_id)
        await uniques.settle(self.edit, table)

    async def _settle_computed(self, ids: list[str]) -> None:
        catalog = await self.edit.refresh()
        for public_id in ids:
            field = catalog.field(public_id)
            problems = Problems()
            check_field(problems, catalog, catalog.app_of(catalog.table(field.table_id)), public_id)
            problems.raise_any()
        order = [one.id for one in graph(catalog).order]
        for public_id in sorted((i for i in ids if i in order), key=order.index):
            await computed.refresh_field(self.edit.system, self.edit.tx, public_id)

    async def _settle_automations(self, ids: list[str]) -> None:
        """What could not run, because something it needs is gone for good by now, is switched off."""
        catalog = await self.edit.refresh()
        for public_id in ids:
            automation = catalog.automation(public_id)
            problems = await automations.problems_of(self.edit.system, catalog, automation)
            if automation.definition.enabled and problems.found:
                stored = await self.edit.live(public_id, "automation")
                await self.edit.change(stored, msgspec.structs.replace(stored.body, enabled=False))


def _of(change: Change) -> Any:
    return msgspec.json.decode(change.before or "{}").get("of")
