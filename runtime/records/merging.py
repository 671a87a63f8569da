"""Merging records: one stays and takes over what the others hold, the others go into the trash. One change, one undo.

The record that stays keeps what it has; where it is empty, the first of the others that is not gives its value. What can
hold several (options, files, people, links) is put together. Records that point at the others point at the one that stays
from then on. States are not mixed: the one that stays keeps its own, unless a legal move is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from runtime import fieldtypes, inbox
from runtime.access import Actor, Operation, hidden_fields, require
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import Attachment, Link, Member, MultiSelect
from runtime.errors import InvalidInput, NotFound, Problem, RecordsRejected, TooMuch
from runtime.fieldtypes import Context
from runtime.fieldtypes.number import wire_number
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import links, move_effects
from runtime.records.again import again, keep_out
from runtime.records.change import Change, Channel, Outcome, Patch, Source
from runtime.records.history import MERGE
from runtime.records.pipeline import carry_out
from runtime.storage.database import Database, Tx
from runtime.system import System

MOST = 20
"""How many records may go into one at once."""

Treatment = Literal["choose", "unite", "all", "kept"]
"""``choose``: one record's value; ``unite``: all of them together, or one record's; ``all``: always all of them together;
``kept``: that of the record that stays."""

_KEEP = object()


@dataclass(frozen=True)
class Group:
    """Records of one table that are to become one, as they are stored: ``rows`` by number, the first one stays."""

    app: App
    table: Table
    context: Context
    rows: Mapping[int, Any]

    @property
    def kept(self) -> int:
        """The row that stays."""
        first: int = next(iter(self.rows))
        return first

    @property
    def others(self) -> list[int]:
        """The rows that go, in the given order."""
        return list(self.rows)[1:]

    def title(self, row: int) -> str:
        """What a record of the group is called."""
        primary = self.table.primary
        stored = self.rows[row][primary.column] if primary is not None and primary.stored else None
        return links.title(primary, stored, self.context) or record_id(self.table.number, row)


def treatment(app: App, table: Table, field: Field) -> Treatment | None:
    """What becomes of a field when records are merged; None where there is nothing to take over (it is computed)."""
    config = field.config
    if field.readonly or field.type == "button":
        return None
    if isinstance(config, Link) and config.many:
        return "all"
    managed = any(field.id in stock.definition.managed for stock in app.stocks)
    if field.machine is not None or field.definition.read_only or managed:
        return "kept"
    if isinstance(config, MultiSelect | Attachment) or (isinstance(config, Member) and config.many):
        return "unite"
    return "choose"


async def read_group(
    db: Tx | Database, catalog: Catalog, actor: Actor, table_id: str, records: Sequence[str], *, lock: bool
) -> Group:
    """The records, for who may change them.

    Raises:
        NotFound, NotAllowed: no such table, or the actor may not change its records.
        InvalidInput, TooMuch: fewer than two or too many of them, one twice, one of another table or in the trash.
    """
    table = catalog.table(table_id)
    require(actor, Operation.EDIT_RECORDS, table.app_id)
    if len(records) < 2:
        raise InvalidInput(N_("至少要两条记录才能合并"), code="too_few")
    if len(records) > MOST + 1:
        raise TooMuch(N_("一次最多合并 {max} 条记录,这次有 {count} 条"), max=MOST + 1, count=len(records))
    if len(set(records)) < len(records):
        raise InvalidInput(N_("要合并的记录里有同一条出现了两次"), code="twice")
    numbers = []
    for one in records:
        try:
            number, row = parse_record_id(one)
        except NotFound:
            number, row = 0, 0
        if number != table.number:
            raise InvalidInput(
                N_("「{record}」不是「{table}」里的记录,只能合并同一张表的记录"),
                code="not_in_table",
                record=one[:40],
                table=table.name,
            )
        numbers.append(row)
    found = await db.fetch(
        f"SELECT * FROM {table.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL ORDER BY id"
        + (" FOR UPDATE" if lock else ""),
        numbers,
    )
    by_number = {row["id"]: row for row in found}
    missing = [one for one, row in zip(records, numbers, strict=True) if row not in by_number]
    if missing:
        raise InvalidInput(
            N_("要合并的记录里有 {count} 条不在了,可能已被删除或合并,刷新后再看"),
            code="gone",
            count=len(missing),
        )
    app = catalog.app_of(table)
    context = Context(zone=app.zone, me=actor.person)
    return Group(app, table, context, {row: by_number[row] for row in numbers})


async def merge(
    system: System,
    actor: Actor,
    table_id: str,
    into: str,
    others: Sequence[str],
    choose: Mapping[str, str] | None = None,
    *,
    channel: Channel = "ui",
) -> Outcome:
    """Merge ``others`` into ``into``. ``choose``: whose value a field takes over, by field id or name.

    The outcome's results: the record that stays, then those that are in the trash; its ``change_id`` takes all back.

    Raises:
        NotFound, NotAllowed, InvalidInput, TooMuch: see :func:`read_group`; a choice that cannot be made.
        RecordsRejected: a rule forbids it (a state's move, a reservation, a limit of a link); nothing is stored.
    """

    async def attempt(alone: bool) -> Outcome:
        async with system.db.transaction() as tx:
            if alone:
                await keep_out(tx)
            merger = _Merger(system, tx, actor, Source(channel, f"{MERGE}{into}"))
            return await merger.carry_out(table_id, into, others, choose or {})

    return await attempt(False) if system.db.in_transaction() else await again(attempt)


class _Merger:
    """One merge in its transaction."""

    def __init__(self, system: System, tx: Tx, actor: Actor, source: Source) -> None:
        self.system, self.tx, self.actor, self.source = system, tx, actor, source
        self.change = 0

    async def carry_out(
        self, table_id: str, into: str, others: Sequence[str], choose: Mapping[str, str]
    ) -> Outcome:
        self.catalog, (self.change,) = await self.system.catalogs.locked_for_changes(self.tx, 1)
        self.group = await read_group(self.tx, self.catalog, self.actor, table_id, (into, *others), lock=True)
        self.into = into
        self.chosen = self._read_choices(choose)
        self._keep_shelves()
        values = self._values()
        linked, given_up = await self._links()
        await self._let_go(given_up)
        await self._point_anew()
        outcome = await self._store(
            self.group.table,
            list(self.group.rows),
            updates=(Patch(into, {**values, **linked}),),
            deletes=tuple(others),
        )
        await inbox.settle_merged(
            self.system, self.tx, self.actor.person, self.group.table.id, (into, *others)
        )
        return msgspec.structs.replace(outcome, change_id=self.change)

    def _read_choices(self, choose: Mapping[str, str]) -> dict[Field, int]:
        app, table = self.group.app, self.group.table
        hidden = hidden_fields(self.actor, table)
        chosen: dict[Field, int] = {}
        for key, record in choose.items():
            field = table.by_id.get(key) or table.by_name.get(key)
            if field is None or field.id in hidden:
                raise InvalidInput(N_("没有字段「{field}」"), code="unknown_field", field=key[:80])
            if treatment(app, table, field) not in ("choose", "unite") and field.machine is None:
                raise InvalidInput(
                    N_("「{field}」不能挑选:它由系统决定,或合并后包含全部"),
                    code="not_choosable",
                    field=field.id,
                    field_name=field.name,
                )
            row = next((r for r in self.group.rows if record_id(table.number, r) == record), None)
            if row is None:
                raise InvalidInput(
                    N_("「{field}」要用的那条记录不在这次合并里"),
                    code="not_in_merge",
                    field=field.id,
                    field_name=field.name,
                )
            chosen[field] = row
        return chosen

    def _keep_shelves(self) -> None:
        """What lies on a shelf would be nowhere."""
        group = self.group
        for stock in group.app.stocks:
            if stock.definition.stock_table != group.table.id:
                continue
            on_hand = group.table.field(stock.definition.on_hand)
            for row in group.others:
                if count := group.rows[row][on_hand.column]:
                    raise InvalidInput(
                        N_("「{record}」还有 {count} 件在库,合并会让它们没有着落:先把在库数改到留下的那条"),
                        code="on_hand",
                        record=group.title(row),
                        count=str(wire_number(count)),
                    )

    def _values(self) -> dict[str, Any]:
        """What the record that stays takes over, in wire form; without links."""
        group, found = self.group, {}
        for field in group.table.fields:
            how = treatment(group.app, group.table, field)
            if field.type == "link" or how is None or (how == "kept" and field not in self.chosen):
                continue
            value = self._value(field, unite=how == "unite")
            if value is not _KEEP:
                found[field.id] = value
        return found

    def _value(self, field: Field, *, unite: bool) -> Any:
        group = self.group
        if field in self.chosen:
            row = self.chosen[field]
            return _KEEP if row == group.kept else self._wire(field, row)
        if unite:
            return united([self._wire(field, row) or [] for row in group.rows])
        filled = [row for row in group.rows if group.rows[row][field.column] is not None]
        return _KEEP if not filled or filled[0] == group.kept else self._wire(field, filled[0])

    def _wire(self, field: Field, row: int) -> Any:
        stored = self.group.rows[row][field.column]
        return None if stored is None else fieldtypes.get(field.config).to_wire(field.config, stored)

    async def _links(self) -> tuple[dict[str, list[str]], dict[int, dict[str, list[str]]]]:
        """The links of the record that stays, and those that others give up for it (the other side holds only one)."""
        group = self.group
        linked: dict[str, list[str]] = {}
        given_up: dict[int, dict[str, list[str]]] = defaultdict(dict)
        for field in group.table.fields:
            config = field.config
            how = treatment(group.app, group.table, field)
            if not isinstance(config, Link) or (how == "kept" and field not in self.chosen):
                continue
            now = await links.pairs(self.tx, field, group.rows)
            wanted = self._all(field, now) if config.many else await self._one(field, now)
            number = self.catalog.table(config.table).number
            if wanted == now.get(group.kept, []):
                continue
            linked[field.id] = [record_id(number, n) for n in wanted]
            if links.inverse_is_single(self.catalog, config):
                for row in group.others:
                    left = [n for n in now.get(row, ()) if n not in wanted]
                    if left != now.get(row, []):
                        given_up[row][field.id] = [record_id(number, n) for n in left]
        return linked, given_up

    def _all(self, field: Field, now: Mapping[int, list[int]]) -> list[int]:
        mine = list(now.get(self.group.kept, ()))
        own = self.group.rows if self._is_own(field) else ()
        for row in self.group.others:
            mine += [n for n in now.get(row, ()) if n not in mine and n not in own]
        return mine

    async def _one(self, field: Field, now: Mapping[int, list[int]]) -> list[int]:
        group = self.group
        assert isinstance(field.config, Link)  # noqa: S101
        if field in self.chosen:
            return list(now.get(self.chosen[field], ()))
        target = self.catalog.table(field.config.table)
        own = group.rows if self._is_own(field) else ()
        there = await self.tx.fetch(
            f"SELECT id FROM {target.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL",
            [n for rows in now.values() for n in rows],
        )
        good = {row["id"] for row in there} - set(own)
        for row in group.rows:
            if found := [n for n in now.get(row, ()) if n in good]:
                return found
        return list(now.get(group.kept, ()))

    def _is_own(self, field: Field) -> bool:
        return isinstance(field.config, Link) and field.config.table == self.group.table.id

    async def _let_go(self, given_up: Mapping[int, Mapping[str, list[str]]]) -> None:
        """Others let go of what the one that stays takes; written as a change of theirs, so that undo knows of it."""
        rows = [row for row in self.group.others if row in given_up]
        if rows:
            number = self.group.table.number
            patches = tuple(Patch(record_id(number, row), given_up[row]) for row in rows)
            await self._store(self.group.table, rows, updates=patches)

    async def _point_anew(self) -> None:
        """Records that point at the others through one-way links, of whatever table: at the one that stays."""
        for field in one_way(self.catalog, self.group.table):
            near = self.catalog.table(field.table_id)
            rows = await pointing(self.tx, near, field, self.group)
            now = await links.pairs(self.tx, field, rows)
            patches = [Patch(record_id(near.number, row), {field.id: self._turned(now[row])}) for row in rows]
            if patches:
                await self._store(near, [], updates=tuple(patches))

    def _turned(self, fars: Sequence[int]) -> list[str]:
        group = self.group
        turned = [group.kept if far in group.rows else far for far in fars]
        return [record_id(group.table.number, far) for far in dict.fromkeys(turned)]

    async def _store(self, table: Table, rows: Sequence[int], **parts: Any) -> Outcome:
        """A part of the change. ``rows``: the records of the group that it is about, to be named in refusals."""
        change = Change(
            table=table.id,
            actor=self.actor,
            source=self.source,
            atomic=True,
            change_id=self.change,
            merging=self.into,
            **parts,
        )
        try:
            return await carry_out(self.system, self.tx, change, effects=move_effects.run)
        except RecordsRejected as refused:
            problems = [self._named(problem, table, rows) for problem in refused.problems]
            raise RecordsRejected(
                N_("没有合并:{why}"), code="merge_refused", why=problems[0].message, problems=problems
            ) from refused

    def _named(self, problem: Problem, table: Table, rows: Sequence[int]) -> Problem:
        index = int(problem.path) if problem.path and problem.path.isdigit() else -1
        name = self.group.title(rows[index]) if 0 <= index < len(rows) else table.name
        message = Message(N_("「{record}」:{why}"), {"record": name, "why": problem.message})
        return msgspec.structs.replace(problem, message=message)


def united(lists: Sequence[Sequence[Any]]) -> list[Any]:
    """Wire values of several records together, each once, in order."""
    found: dict[Any, Any] = {}
    for values in lists:
        for value in values:
            found.setdefault(value.get("id") if isinstance(value, dict) else value, value)
    return list(found.values())


def one_way(catalog: Catalog, table: Table) -> list[Field]:
    """Link fields that point at records of ``table`` without a field at this end."""
    found = []
    for app in catalog.apps:
        for near in app.tables:
            for field in near.fields:
                config = field.config
                if isinstance(config, Link) and config.table == table.id and config.inverse is None:
                    found.append(field)
    return found


async def pointing(db: Tx | Database, near: Table, field: Field, group: Group) -> list[int]:
    """Live records that point at one of those that go through a one-way link; not those of the group themselves."""
    found = await db.fetch(
        f"SELECT DISTINCT n.id FROM {field.link_sql} l JOIN {near.sql} n ON n.id = l.{field.link_near}"
        f" AND n.deleted_at IS NULL WHERE l.{field.link_far} = ANY($1::bigint[]) ORDER BY n.id",
        group.others,
    )
    own = group.rows if near.id == group.table.id else ()
    return [row["id"] for row in found if row["id"] not in own]
