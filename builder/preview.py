"""What a change of a field would do, said beforehand: numbers, examples, sentences."""

from __future__ import annotations

import asyncpg
import msgspec

from builder import columns, conversions, convert, dependents, uniques
from builder.configs import Scope, has_column
from builder.convert import Impact, Source
from builder.fields import read_patch
from builder.validation import Problems
from builder.wire import FieldPatch
from runtime import access, fieldtypes
from runtime.access import Actor, Operation
from runtime.catalog import Catalog, Field
from runtime.definitions.fields import (
    AutoNumber,
    Cascade,
    Choice,
    FieldConfig,
    FieldDef,
    Link,
    MultiSelect,
    Node,
    Number,
    Progress,
    Rating,
    SingleSelect,
    Text,
)
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.records.unique import names_of
from runtime.system import System

SAMPLE = 20_000
"""As many records of a large table are looked at before its conversion."""
_PATIENCE_MS = 2000


async def of_change(system: System, actor: Actor, field_id: str, patch: FieldPatch) -> Impact:
    """What :func:`builder.fields.update` with this patch would do, in numbers, examples and sentences. Changes nothing.

    Raises:
        InvalidDefinition: the patch itself is not sound.
    """
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    table = catalog.table(field.table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    problems = Problems()
    scope = Scope(catalog=catalog, app=catalog.app_of(table), table=table, old=field)
    definition = read_patch(problems, scope, patch)
    problems.raise_any()
    assert definition is not None  # noqa: S101 - None always comes with a problem
    async with system.db.transaction() as tx:
        source = Source(tx, catalog, table, field, Context(zone=scope.app.zone))
        if columns.same_column(field.config, definition.config):
            impact = Impact(
                records=await _filled(source),
                notes=tuple(await _notes_of_same(source, definition)),
                config=definition.config,
            )
        else:
            if await conversions.in_sample(system, source, definition):
                impact = await _estimated(source, definition)
            else:
                impact = (await convert.work_out(source, definition.config)).impact
            notes = (*impact.notes, *convert.losses(field.config, definition.config))
            impact = msgspec.structs.replace(impact, notes=notes)
        notes = (
            *impact.notes,
            *await _notes_in_time(source, definition, impact.estimated),
            *_notes_of_readers(catalog, field, definition),
        )
        return msgspec.structs.replace(impact, notes=notes)


async def _estimated(source: Source, definition: FieldDef) -> Impact:
    """The impact as a sample shows it, in numbers for the whole table."""
    sampled = msgspec.structs.replace(source, sample=SAMPLE)
    impact = (await convert.work_out(sampled, definition.config)).impact
    size = await source.tx.value(
        "SELECT greatest(reltuples, 1)::float8 FROM pg_class WHERE oid = to_regclass($1)", source.table.sql
    )
    factor = max(1.0, size / SAMPLE)
    note = Message(
        N_("记录很多,数字是抽看约 {sample} 条估出来的;保存后在后台转换,期间可以照常使用"), {"sample": SAMPLE}
    )
    return msgspec.structs.replace(
        impact,
        records=round(impact.records * factor),
        unreadable=round(impact.unreadable * factor),
        notes=(note, *impact.notes),
        estimated=True,
    )


async def _notes_in_time(source: Source, definition: FieldDef, large: bool) -> list[Message]:
    """What the rules of the field mean, as far as that can be found out in a moment."""
    if not large:
        return await _notes_of_rules(source, definition)
    try:
        async with source.tx.savepoint():
            await source.tx.execute(f"SET LOCAL statement_timeout = {_PATIENCE_MS}")
            notes = await _notes_of_rules(source, definition)
            await source.tx.execute("SET LOCAL statement_timeout = DEFAULT")
            return notes
    except asyncpg.QueryCanceledError:
        return [Message(N_("记录太多,必填和不能重复这两条来不及先数,保存时再检查"))]


async def _filled(source: Source) -> int:
    field = source.field
    if field.type in ("created_time", "updated_time", "created_by", "updated_by"):
        return await columns.count_records(source.tx, source.table)
    return await columns.count_filled(source.tx, source.table, field)


async def _notes_of_same(source: Source, definition: FieldDef) -> list[Message]:
    """What a change of configuration means for values that stay as they are."""
    old, new, tx, table, field = source.field.config, definition.config, source.tx, source.table, source.field
    notes: list[Message] = []
    was, now = _choices(old), _choices(new)
    if was is not None and now is not None:
        gone = {c.id for c in now if c.archived} - {c.id for c in was if c.archived}
        for choice in was:
            if choice.id in gone and (count := await columns.count_choice(tx, table, field, choice.id)):
                notes.append(
                    Message(
                        N_("{count} 条记录用着「{choice}」,会留着它,但不能再选"),
                        {"count": count, "choice": choice.name},
                    )
                )
    if isinstance(new, Text) and (count := await _longer(source, new.max_length)):
        notes.append(
            Message(
                N_("{count} 条记录超过 {limit} 个字,内容不会动,下次修改时要缩短"),
                {"count": count, "limit": new.max_length},
            )
        )
    if (bounds := _bounds(new)) is not None and (count := await _out_of_bounds(source, bounds)):
        notes.append(Message(N_("{count} 条记录超出范围,内容不会动,下次修改时要改好"), {"count": count}))
    if isinstance(new, AutoNumber) and new != old:
        notes.append(Message(N_("已有的编号不变,新记录用新的规则")))
    if isinstance(new, Link) and isinstance(old, Link) and (new.where, new.pairs) != (old.where, old.pairs):
        notes.append(Message(N_("已有的关联不变,之后新加的才按这里的条件选")))
    if isinstance(new, Link) and isinstance(old, Link) and old.many and not new.many:
        notes.append(Message(N_("只要有记录关联了不止一条,就改不成只能关联一条")))
    return notes


async def _longer(source: Source, limit: int) -> int:
    if source.field.type != "text":
        return 0
    return int(
        await source.tx.value(
            f"SELECT count(*) FROM {source.table.sql} WHERE deleted_at IS NULL AND length({source.field.column}) > $1",
            limit,
        )
    )


def _choices(config: FieldConfig) -> tuple[Choice | Node, ...] | None:
    """The choices of a select or cascade; None for other types."""
    if isinstance(config, SingleSelect | MultiSelect):
        return config.choices
    return config.tree if isinstance(config, Cascade) else None


def _bounds(config: FieldConfig) -> tuple[float | None, float | None] | None:
    """The least and the most that a field takes; None where it has no bounds."""
    if isinstance(config, Number):
        return config.minimum, config.maximum
    if isinstance(config, Rating):
        return None, config.maximum
    return (config.start, config.end) if isinstance(config, Progress) else None


async def _out_of_bounds(source: Source, bounds: tuple[float | None, float | None]) -> int:
    column = source.field.column
    return int(
        await source.tx.value(
            f"SELECT count(*) FROM {source.table.sql} WHERE deleted_at IS NULL"
            f" AND ({column} < $1::float8::numeric OR {column} > $2::float8::numeric)",
            *bounds,
        )
    )


async def _notes_of_rules(source: Source, definition: FieldDef) -> list[Message]:
    notes = []
    field, before = source.field, source.field.definition
    if definition.required and not before.required and (field.stored or field.type == "link"):
        empty = await columns.count_records(source.tx, source.table) - await _filled(source)
        if empty:
            notes.append(
                Message(N_("{count} 条记录这里是空的,保留不动,下次修改这一格时必须填"), {"count": empty})
            )
    for fields in uniques.rules_with(source.catalog, field):
        names = names_of(fields)
        if definition.type not in uniques.COMBINABLE:
            notes.append(Message(N_("「{fields}」合起来不能重复,要先去掉这条规则"), {"fields": names}))
        elif not columns.same_column(field.config, definition.config):
            notes.append(
                Message(N_("「{fields}」合起来仍不能重复,改了类型以后有重复就不能保存"), {"fields": names})
            )
    if definition.unique and not before.unique and has_column(field.config):
        collisions = await columns.count_collisions(source.tx, source.table, field, limit=3)
        kind = fieldtypes.get(field.config)
        for value, count in collisions:
            text = kind.to_text(field.config, value, source.context)[:80]
            notes.append(
                Message(N_("「{value}」有 {count} 条,要先改成各不相同"), {"value": text, "count": count})
            )
    return notes


def _notes_of_readers(catalog: Catalog, field: Field, definition: FieldDef) -> list[Message]:
    if field.config == definition.config:
        return []
    count = len(dependents.readers(catalog, field))
    return [Message(N_("{count} 个计算字段会跟着重算"), {"count": count})] if count else []
