"""Giving a field another type: what would become of its values, and doing it.

What a person sees in a cell is read again the way an import reads it, so the field types themselves say what fits.
Distinct values are converted once and stored in a single pass. The old column goes into the trash as a definition of
its own: undo and restore find every original there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec
from piccolo.querystring import QueryString

from builder import columns, convert_links, frozen, links
from builder.cascades import tree_from_texts
from builder.choices import choices_from_values
from builder.columns import LONG_SECONDS
from builder.configs import has_column
from builder.convert_links import LinkedNames
from builder.edit import Edit, Stored
from runtime import fieldtypes
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import (
    COMPUTED_TYPES,
    PERSON_TYPES,
    SYSTEM_TYPES,
    AutoNumber,
    Cascade,
    FieldConfig,
    FieldDef,
    Link,
    MultiSelect,
    Node,
    SingleSelect,
    type_name,
)
from runtime.definitions.people import NOBODY, people_of, with_people
from runtime.fieldtypes import BadValue, Context
from runtime.fieldtypes.progress import ProgressType
from runtime.i18n import N_, Message
from runtime.storage import schema
from runtime.storage.database import Tx, compiled

MAX_NEW_CHOICES = 200
_EXAMPLES = 5
_CHUNK = 5000
_NUMBERS = frozenset({"number", "currency", "percent", "rating", "progress", "duration"})


class Example(msgspec.Struct, frozen=True):
    """One value before and after, as a person reads them; ``after`` None: it does not fit and the cell becomes empty."""

    before: str
    after: str | None


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What a change means for the records. ``records``: live ones that hold something; ``unreadable``: those of them
    whose value does not fit. ``config``: the configuration with what the values add to it (choices of a select)."""

    records: int = 0
    unreadable: int = 0
    examples: tuple[Example, ...] = ()
    notes: tuple[Message, ...] = ()
    config: FieldConfig | None = None
    estimated: bool = False
    """Whether the numbers come from a sample."""


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """Values worked out: ``pairs`` (stored before, stored after) of all that fit, and the impact."""

    config: FieldConfig
    pairs: list[tuple[Any, Any]]
    impact: Impact


class Source(msgspec.Struct, frozen=True):
    """The field whose values are converted, where it stands, and how values are read.

    ``sample``: look at no more than about so many records (0: at all of them).
    """

    tx: Tx
    catalog: Catalog
    table: Table
    field: Field
    context: Context
    sample: int = 0


async def work_out(source: Source, config: FieldConfig) -> Conversion:
    """Convert every distinct value of the field to ``config``, storing nothing."""
    if type_name(config) in COMPUTED_TYPES | SYSTEM_TYPES | {"auto_number"}:
        return await _replaced(source, config)
    return await _convert(source, await completed(source, config))


async def completed(source: Source, config: FieldConfig) -> FieldConfig:
    """The configuration with what the values add to it: choices of a select, the tree of a cascade."""
    field = source.field
    if isinstance(config, SingleSelect | MultiSelect):
        if not isinstance(field.config, SingleSelect | MultiSelect):
            config = await _with_choices(source, config)
        elif not config.choices:
            config = msgspec.structs.replace(config, choices=field.config.choices)
    if isinstance(config, Cascade) and not config.tree:
        config = msgspec.structs.replace(config, tree=await _tree(source, config))
    return config


async def _tree(source: Source, config: Cascade) -> tuple[Node, ...]:
    """A tree of the values there are, levels parted by a slash."""
    texts: list[str] = []
    async for stored, _ in distinct(source):
        texts.append(str(readable(source, stored, config)))
        if len(texts) >= _CHUNK:
            break
    return tree_from_texts(texts, "/")


async def _replaced(source: Source, config: FieldConfig) -> Conversion:
    """What the new field holds comes from elsewhere; what was typed goes into the trash."""
    field = source.field
    held = not field.readonly and (field.stored or field.type == "link")
    filled = await columns.count_filled(source.tx, source.table, field) if held else 0
    notes = (Message(N_("{count} 条记录里填的内容会换成系统生成的值"), {"count": filled}),) if filled else ()
    return Conversion(config=config, pairs=[], impact=Impact(records=filled, notes=notes, config=config))


async def _with_choices(source: Source, config: SingleSelect | MultiSelect) -> SingleSelect | MultiSelect:
    """The select with a choice for each frequent value that has none yet, at most 200 new ones."""
    counted: dict[str, int] = {}
    async for stored, count in distinct(source):
        for name in _names(source, config, stored):
            counted[name] = counted.get(name, 0) + max(count, 1)
    frequent = sorted(counted, key=lambda name: -counted[name])[:MAX_NEW_CHOICES]
    return msgspec.structs.replace(config, choices=choices_from_values(frequent, config.choices))


def _names(source: Source, config: SingleSelect | MultiSelect, stored: Any) -> list[str]:
    value = readable(source, stored, config)
    if isinstance(value, list):
        return [name for item in value if 0 < len(name := str(item).strip()) <= 80]
    text = " ".join(str(value).split())
    parts = convert_links.split(text) if isinstance(config, MultiSelect) else [text]
    return [part for part in parts if 0 < len(part) <= 80]


async def distinct(source: Source) -> AsyncIterator[tuple[Any, int]]:
    """``(stored value, live records that hold it)`` of every distinct value, those only in the trash included.

    Of a link, every record that points at anything (:class:`~builder.convert_links.LinkedNames`).
    """
    field = source.field
    rows = await _sampled(source) if source.sample else source.table.sql
    if field.type == "link":
        found = convert_links.linked(
            source.tx, source.catalog, source.table, field, source.context, rows=rows
        )
        async for names, live in found:
            yield names, live
        return
    value = frozen.value_of(source.catalog, source.context, field)
    shown = f"(SELECT {{}} AS v, t.deleted_at IS NULL AS live FROM {rows} t OFFSET 0) s"
    text, args = compiled(
        QueryString(
            f"SELECT v, count(*) FILTER (WHERE live) AS n FROM {shown} WHERE v IS NOT NULL GROUP BY 1", value
        ),
        (),
    )
    cursor = source.tx.connection.cursor(text, *args, prefetch=_CHUNK, timeout=LONG_SECONDS)
    seen = 0
    async for row in cursor:
        yield row["v"], row["n"]
        seen += 1
        if seen % _CHUNK == 0:
            await asyncio.sleep(0)  # let other requests of this process go on


async def _sampled(source: Source) -> str:
    """So many rows from all over the table, as SQL: the first ones would tell of the oldest only."""
    share = await source.tx.value(
        "SELECT least(100, greatest(0.01, 130.0 * $2 / greatest(reltuples, 1)))::float8 FROM pg_class"
        " WHERE oid = to_regclass($1)",
        source.table.sql,
        source.sample,
    )
    return (
        f"(SELECT * FROM {source.table.sql} TABLESAMPLE SYSTEM ({float(share)}) LIMIT {int(source.sample)})"
    )


async def _convert(source: Source, config: FieldConfig) -> Conversion:
    kind, before, field = fieldtypes.get(config), fieldtypes.get(source.field.config), source.field
    names: dict[str, int] = {}
    if isinstance(config, Link):
        names = await convert_links.names_of(source.tx, source.catalog.table(config.table), source.context)
    pairs: list[tuple[Any, Any]] = []
    good: list[Example] = []
    bad: list[Example] = []
    records = unreadable = 0
    async for stored, count in distinct(source):
        shown = str(stored) if field.type == "link" else before.to_text(field.config, stored, source.context)
        if field.type == "checkbox" and not stored:
            count = 0  # an empty box holds nothing that a person would miss
        records += count
        new = one(source, config, stored, names)
        if new is None:
            unreadable += count
            if count and len(bad) < _EXAMPLES:
                bad.append(Example(shown[:200], None))
            continue
        pairs.append((stored.row if isinstance(stored, LinkedNames) else stored, new))
        if count and len(good) < _EXAMPLES:
            after = (
                str(readable(source, stored, config))
                if isinstance(config, Link)
                else kind.to_text(config, new, source.context)
            )
            good.append(Example(shown[:200], after[:200]))
    impact = Impact(records=records, unreadable=unreadable, examples=(*bad, *good), config=config)
    return Conversion(config=config, pairs=pairs, impact=impact)


def readable(source: Source, stored: Any, target: FieldConfig) -> Any:
    """A stored value as what an import would find in a spreadsheet, in the form that loses least for ``target``."""
    field, wanted = source.field, type_name(target)
    kind = fieldtypes.get(field.config)
    if isinstance(stored, LinkedNames):
        return stored if wanted == "link" else _several(list(stored.names), wanted)
    if isinstance(stored, Decimal):
        if field.type == "progress" and wanted == "percent":
            return ProgressType.share(field.config, stored)
        if field.type == "duration" and wanted not in _NUMBERS:
            return kind.to_text(field.config, stored, source.context)
        return _number(stored, field.type, wanted)
    if field.type == "checkbox" or isinstance(stored, bool):
        if wanted in _NUMBERS:
            return int(stored)
        return stored if wanted in ("checkbox", "json") else ("是" if stored else "否")
    if field.type == "attachment":
        return _several(kind.formula_value(field.config, stored) or [], wanted)
    if field.type == "multi_select":
        return _several(kind.to_wire(field.config, stored), wanted)
    if field.type in PERSON_TYPES:
        return _people(kind.to_wire(knowing(source, field.config), stored), wanted)
    if wanted in ("date", "datetime") and not isinstance(stored, str | int):
        return stored
    return kind.to_text(field.config, stored, source.context)


def knowing(source: Source, config: FieldConfig) -> FieldConfig:
    """A configuration with the people of the app, which one that comes from storage (a plan, a history) lacks."""
    if type_name(config) in PERSON_TYPES and people_of(config) is NOBODY:
        return with_people(config, source.catalog.app_of(source.table).people)
    return config


def _people(shown: Any, wanted: str) -> Any:
    people = shown if isinstance(shown, list) else [shown] if shown else []
    if wanted == "member":
        return people
    return _several([person["name"] for person in people], wanted)


def _number(stored: Decimal, name: str, wanted: str) -> Any:
    if name == "percent" and wanted == "progress":
        return f"{(stored * 100).normalize():f}%"
    if wanted in _NUMBERS:
        return stored
    if wanted == "checkbox":
        return stored != 0
    if name == "percent":
        return f"{(stored * 100).normalize():f}%"
    text = format(stored, "f")
    return text.rstrip("0").rstrip(".") if "." in text and name != "currency" else text


def _several(names: list[str], wanted: str) -> Any:
    if wanted in ("multi_select", "json"):
        return names
    if wanted == "single_select" and len(names) > 1:
        return "\x00".join(names)  # fits no choice: a cell with several is not silently cut down to one
    return "、".join(names)


def one(source: Source, config: FieldConfig, stored: Any, names: Mapping[str, int] | None = None) -> Any:
    """A stored value as ``config`` stores it; None where it does not fit. A link: rows found in ``names``."""
    config = knowing(source, config)
    value = readable(source, stored, config)
    try:
        if isinstance(config, Link):
            new: Any = convert_links.find(names or {}, value, config)
        else:
            new = fieldtypes.get(config).repair(config, value, source.context)
    except BadValue:
        return None
    return None if new == [] else new


def key_of(value: Any) -> Any:
    """A stored value as a key of a dictionary."""
    if isinstance(value, LinkedNames):
        return value.names
    return tuple(value) if isinstance(value, list) else value


async def put_in_place(edit: Edit, source: Source, definition: FieldDef, shadow: int) -> FieldDef:
    """Let the column or join table that has been filled beside the field's become the field's; what it held goes into
    the trash. Returns the definition as it is stored."""
    table, field, config = source.table, source.field, definition.config
    stored = await edit.live(field.id, "field")
    await _set_aside(edit, table, field, stored)
    if isinstance(config, Link):
        definition = msgspec.structs.replace(definition, config=_with_relation(config, shadow))
    else:
        await schema.rename_column(edit.tx, table.number, shadow, field.number)
    if isinstance(config, AutoNumber):
        await columns.take_over_numbers(edit.tx, shadow, field.number, config)
    await edit.change(stored, definition, "convert")
    return definition


async def carry_out(edit: Edit, table: Table, field: Field, definition: FieldDef) -> Impact:
    """Give ``field`` the definition, whose configuration does not fit its column, and convert its values."""
    app = edit.catalog.app_of(table)
    source = Source(edit.tx, edit.catalog, table, field, Context(zone=app.zone))
    conversion = await work_out(source, definition.config)
    config = conversion.config
    await frozen.keep(edit.tx, edit.catalog, source.context, table, field)
    stored = await edit.live(field.id, "field")
    column = await _set_aside(edit, table, field, stored)
    if isinstance(config, Link):
        config = await _make_relation(edit, table, config)
    await columns.add(edit, app, table, field.number, config)
    await edit.change(stored, msgspec.structs.replace(definition, config=config), "convert")
    await _store_values(source, config, conversion.pairs, column)
    return conversion.impact


async def _store_values(
    source: Source, config: FieldConfig, pairs: list[tuple[Any, Any]], column: str
) -> None:
    if not pairs:
        return
    tx, catalog, table, field = source.tx, source.catalog, source.table, source.field
    old_type = "bigint" if column == "id" else await _sql_type(tx, table, column)
    if isinstance(config, Link):
        target = catalog.table(config.table)
        await convert_links.fill(tx, table, target, config.relation, old_type, pairs, match=column)
        return
    new_type = (fieldtypes.get(config).sql_type(config) or "text").split(" ")[0]
    await columns.fill(tx, table, field.number, old_type, new_type, pairs, match=column)


async def _sql_type(tx: Tx, table: Table, column: str) -> str:
    return str(
        await tx.value(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1::text::regclass AND attname = $2",
            table.sql,
            column,
        )
    )


async def _set_aside(edit: Edit, table: Table, field: Field, stored: Stored) -> str:
    """Move what the field held out of the way; returns the column its values are matched by from then on."""
    await columns.drop_indexes(edit.tx, table.number, field.number)
    if isinstance(field.config, Link):
        await edit.keep(stored, stored.body, await edit.draw("field"))
        await links.part(edit, field.config.inverse)
        return "id"
    if not has_column(field.config):
        return field.column  # a column of the row itself: it stays where it is
    kept = await edit.draw("field")
    await schema.rename_column(edit.tx, table.number, field.number, kept.number)
    await edit.keep(stored, stored.body, kept)
    return f"f{kept.number}"


async def _make_relation(edit: Edit, table: Table, config: Link) -> Link:
    """The join table of a field that becomes a link; its number is fresh, for the field may have been a link before."""
    relation = (await edit.draw("field")).number
    target = edit.catalog.table(config.table)
    await schema.create_relation(edit.tx, relation, table.number, target.number)
    return _with_relation(config, relation)


def _with_relation(config: Link, relation: int) -> Link:
    return msgspec.structs.replace(config, relation=relation, side="a", inverse=None)


def losses(old: FieldConfig, new: FieldConfig) -> list[Message]:
    """What is lost besides values when the type changes."""
    notes = []
    if isinstance(old, SingleSelect) and old.machine is not None and not isinstance(new, SingleSelect):
        notes.append(Message(N_("状态流转的设置会一起去掉")))
    if isinstance(old, Link) and old.inverse is not None and not isinstance(new, Link):
        notes.append(Message(N_("另一端的关联字段会留下,变成单向关联")))
    if isinstance(old, AutoNumber) and not isinstance(new, AutoNumber):
        notes.append(Message(N_("新记录不再自动编号,已有的编号留着")))
    return notes
