"""Unique rules over several fields of a table: checking them, what stands against them, and their indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from builder.configs import UNIQUE_TYPES
from builder.edit import Edit
from builder.validation import Problems
from runtime import access, fieldtypes
from runtime.access import Actor, Operation
from runtime.catalog import Catalog, Field, Table
from runtime.definitions.fields import FieldConfig, type_name
from runtime.definitions.queries import Condition, Filter, Group
from runtime.definitions.tables import TableDef, UniqueRule
from runtime.errors import Duplicate, Problem, RuleBroken
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.records.unique import names_of
from runtime.storage import schema
from runtime.storage.database import Tx
from runtime.system import System

COMBINABLE = UNIQUE_TYPES | {"single_select", "cascade", "rating", "percent", "progress", "checkbox"}
"""Types whose fields a rule may combine: one value each, kept in a column that an index can hold."""
MOST_RULES = 10
MOST_FIELDS = 5
_SHOWN = 10


class Repeat(msgspec.Struct, frozen=True, kw_only=True):
    """What several live records hold alike: as people read it, how many records, and the condition that finds them."""

    text: str
    count: int
    where: Filter


class Repeats(msgspec.Struct, frozen=True, kw_only=True):
    """What stands against a rule. ``groups``: combinations that occur more than once; ``records``: how many hold one of
    them; ``examples``: the most frequent."""

    groups: int
    records: int
    examples: tuple[Repeat, ...]


def check_rules(problems: Problems, table: Table, given: Sequence[UniqueRule]) -> tuple[UniqueRule, ...]:
    """The rules as they will be stored: fields by id, no rule twice."""
    if len(given) > MOST_RULES:
        problems.add("too_many_rules", N_("一张数据表最多 {limit} 条不重复规则"), limit=MOST_RULES)
    rules: dict[frozenset[str], UniqueRule] = {}
    for at, rule in enumerate(given):
        here = problems.at(at)
        fields = [field for key in rule.fields if (field := _field(here, table, key)) is not None]
        keys = tuple(dict.fromkeys(field.id for field in fields))
        if len(fields) == len(rule.fields) and not 2 <= len(keys) <= MOST_FIELDS:
            here.add("bad_rule", N_("一条规则要有 2 到 {limit} 个不同的字段"), limit=MOST_FIELDS)
        if frozenset(keys) in rules:
            here.add("twice", N_("「{fields}」的规则已经有了"), fields=names_of(fields))
        rules[frozenset(keys)] = UniqueRule(keys)
    return tuple(rules.values())


def _field(problems: Problems, table: Table, key: str) -> Field | None:
    field = table.by_id.get(key) or table.by_name.get(key)
    if field is None:
        problems.add(
            "unknown_field",
            N_("数据表「{table}」里没有字段「{name}」,可能已被删除"),
            table=table.name,
            name=key[:80],
        )
    elif field.type not in COMBINABLE:
        problems.add(
            "wrong_type",
            N_(
                "「{name}」不能用在不重复规则里:要选单选、文本、数字、日期这类一个格子只有一个值、由人填写的字段"
            ),
            name=field.name,
        )
    return field


async def settle(edit: Edit, table: Table) -> None:
    """Bring the table's indexes in line with its rules.

    Raises:
        Duplicate: live records stand against a rule; examples are its ``problems``.
        RuleBroken: values are too long for an index.
    """
    there = await schema.combinations(edit.tx, table.number)
    wanted = {}
    for rule in table.definition.unique:
        fields = [table.by_id[key] for key in rule.fields]
        wanted[schema.combination_name(table.number, [f.number for f in fields])] = fields
    for name in there.keys() - wanted.keys():
        await schema.drop_combination(edit.tx, name)
    for name, fields in wanted.items():
        if name not in there:
            await _build(edit, table, fields)


async def _build(edit: Edit, table: Table, fields: list[Field]) -> None:
    context = Context(zone=edit.catalog.app_of(table).zone)
    found = await repeats(edit.tx, table, fields, context)
    if found.groups:
        raise Duplicate(
            N_("「{fields}」合起来有 {count} 组重复,先改成各不相同,再设这条规则"),
            fields=names_of(fields),
            count=found.groups,
            problems=[
                Problem(
                    "duplicate",
                    Message(N_("「{value}」有 {count} 条"), {"value": one.text, "count": one.count}),
                    fields[0].id,
                    fields[0].name,
                )
                for one in found.examples
            ],
        )
    try:
        await schema.create_combination(edit.tx, table.number, [field.number for field in fields])
    except asyncpg.ProgramLimitExceededError as error:
        raise RuleBroken(
            N_("「{fields}」里有的内容太长,合起来超过 600 个字,不能设不重复"),
            code="too_long_for_rule",
            fields=names_of(fields),
        ) from error


async def repeats(tx: Tx, table: Table, fields: Sequence[Field], context: Context) -> Repeats:
    """What live records hold alike in all of ``fields``; those with an empty one are in nobody's way."""
    columns = ", ".join(field.column for field in fields)
    filled = " AND ".join(f"{field.column} IS NOT NULL" for field in fields)
    groups = (
        f"SELECT {columns}, count(*) AS n FROM {table.sql} WHERE deleted_at IS NULL AND {filled}"
        f" GROUP BY {columns} HAVING count(*) > 1"
    )
    rows = await tx.fetch(
        f"SELECT *, count(*) OVER () AS of, sum(n) OVER () AS records FROM ({groups}) g ORDER BY n DESC, {columns}"
        f" LIMIT {_SHOWN}"
    )
    examples = tuple(_repeat(fields, row, context) for row in rows)
    total = rows[0] if rows else {"of": 0, "records": 0}
    return Repeats(groups=int(total["of"]), records=int(total["records"]), examples=examples)


def _repeat(fields: Sequence[Field], row: Any, context: Context) -> Repeat:
    texts, items = [], []
    for field in fields:
        kind, stored = fieldtypes.get(field.config), row[field.column]
        texts.append(kind.to_text(field.config, stored, context)[:80])
        op: Any = next(one for one in ("is", "eq", "on") if one in kind.operators)
        items.append(Condition(field.id, op, kind.to_wire(field.config, stored)))
    where = Group("and", tuple(items))
    return Repeat(text=" + ".join(texts), count=row["n"], where=where)


async def standing_against(system: System, actor: Actor, table_id: str, fields: Sequence[str]) -> Repeats:
    """What a rule over ``fields`` (ids or names) would find repeated; changes nothing.

    Raises:
        InvalidDefinition: such a rule cannot be made.
    """
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    problems = Problems()
    (rule,) = check_rules(problems.at("unique"), table, [UniqueRule(tuple(fields))])
    problems.raise_any()
    async with system.db.transaction() as tx:
        context = Context(zone=catalog.app_of(table).zone)
        return await repeats(tx, table, [table.by_id[key] for key in rule.fields], context)


def without(definition: TableDef, lost: set[str]) -> TableDef:
    """The table without the rules that need a field which is going."""
    left = tuple(rule for rule in definition.unique if not lost & set(rule.fields))
    return msgspec.structs.replace(definition, unique=left)


def rules_with(catalog: Catalog, field: Field) -> list[list[Field]]:
    """The combinations that the field is part of."""
    table = catalog.table(field.table_id)
    return [
        [table.by_id[key] for key in rule.fields if key in table.by_id]
        for rule in table.definition.unique
        if field.id in rule.fields
    ]


def refuse_unfit(catalog: Catalog, field: Field, config: FieldConfig) -> None:
    """Refuse a type that a rule the field is part of cannot combine.

    Raises:
        RuleBroken: code ``breaks_uses``.
    """
    if type_name(config) in COMBINABLE:
        return
    for fields in rules_with(catalog, field):
        raise RuleBroken(
            N_("「{field}」和别的字段合起来不能重复({fields}),先去掉这条规则,再改成这种类型"),
            code="breaks_uses",
            field=field.id,
            field_name=field.name,
            fields=names_of(fields),
        )
