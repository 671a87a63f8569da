"""Which records a step is about: one in reach, all that a step found, or those that a link of one points at."""

from __future__ import annotations

from typing import Protocol

from runtime.automations.steps.base import Attempt
from runtime.catalog import Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.record_steps import MOST_RECORDS
from runtime.errors import NotFound, TooMuch
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links


class Aimed(Protocol):
    """A configuration that says which records it is about."""

    @property
    def of(self) -> str: ...
    @property
    def every(self) -> bool: ...
    @property
    def via(self) -> str: ...


def is_single(config: Aimed) -> bool:
    """Whether it is about exactly one record."""
    return not config.every and not config.via


async def targets(attempt: Attempt, config: Aimed) -> tuple[Table, list[str]]:
    """The table, and public ids of the records that are there now.

    Raises:
        InvalidInput: the record or list is not in reach.
        NotFound: the record that the link belongs to, or the link field, was deleted.
        TooMuch: more than one step may touch.
    """
    if config.every:
        ids = attempt.reach.record_ids(config.of)
        table = listed_table(attempt, config.of, ids)
        rows = [parse_record_id(one)[1] for one in ids]
    else:
        record = await attempt.reach.record(config.of)
        if not config.via:
            attempt.input["record"] = {"id": record.id, "name": record.title}
            return record.table, [record.id]
        link = link_field(record.table, config.via)
        table = attempt.table(link.config.table)  # type: ignore[union-attr]
        row = parse_record_id(record.id)[1]
        rows = (await links.pairs(attempt.tx, link, [row])).get(row, [])
    if len(rows) > MOST_RECORDS:
        raise TooMuch(
            N_("一步最多改 {max} 条记录,这里有 {count} 条"),
            code="too_many_records",
            max=MOST_RECORDS,
            count=len(rows),
        )
    there = await attempt.tx.fetch(
        f"SELECT id FROM {table.sql} WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL", rows
    )
    alive = {row["id"] for row in there}
    attempt.input["table"] = {"id": table.id, "name": table.name}
    attempt.input["records"] = len(alive)
    return table, [record_id(table.number, row) for row in dict.fromkeys(rows) if row in alive]


def listed_table(attempt: Attempt, step: str, ids: list[str]) -> Table:
    """The table of a list: that of its records; of an empty one, that of the step that looked."""
    if ids:
        return attempt.catalog.table_by_number(parse_record_id(ids[0])[0])
    return attempt.table(str(attempt.reach.output(step, "table")))


def link_field(table: Table, key: str) -> Field:
    """A link field of the table. Raises NotFound when it is gone, or is no link (any more)."""
    field = table.by_id.get(key)
    if field is None or not isinstance(field.config, Link):
        raise NotFound(
            N_("步骤用到的关联字段已从「{table}」删除,打开这个自动化改一下"),
            code="unknown_field",
            table=table.name,
        )
    return field
