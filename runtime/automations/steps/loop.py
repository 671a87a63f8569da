"""Loops: the same steps for each record of a list, or for each item of one."""

from __future__ import annotations

import re
from typing import Any

from runtime.automations.steps.base import Attempt, Done, Named, StepKind
from runtime.definitions.automations import Loop
from runtime.definitions.fields import Link
from runtime.definitions.flow import FoundRecords, LinkedRecords, ListItems
from runtime.errors import InvalidInput
from runtime.i18n import N_
from runtime.ids import parse_record_id, record_id
from runtime.records import links

MAX_ITEMS = 10_000
_BREAKS = re.compile(r"[\n\r]+")
_COMMAS = re.compile(r"[,,、;;]")


class LoopStep(StepKind):
    """What it goes over is stored when it begins; the course then goes through the items one by one."""

    id = "loop"
    name = N_("逐个处理")
    description = N_("对找到的、关联的记录或一串值,一个一个做同样的步骤")
    icon = "repeat"
    outputs = (
        Named("item", N_("当前这一项")),
        Named("index", N_("第几个")),
        Named("count", N_("一共几个")),
    )

    async def carry_out(self, attempt: Attempt, config: Loop) -> Done:
        over = config.over
        if isinstance(over, ListItems):
            items = _split(await attempt.values.json(over.value))
            _limit(len(items))
            attempt.input["items"] = items[:20]
            return Done(output={"items": items, "count": len(items)})
        records = _found(attempt, over) if isinstance(over, FoundRecords) else await _linked(attempt, over)
        _limit(len(records))
        return Done(output={"records": records, "count": len(records)})


def _limit(count: int) -> None:
    if count > MAX_ITEMS:
        raise InvalidInput(
            N_("要逐个处理的有 {count} 个,一次最多 {limit} 个。收窄条件,或分几次做"),
            code="too_many_items",
            count=count,
            limit=MAX_ITEMS,
        )


def _found(attempt: Attempt, over: FoundRecords) -> list[str]:
    found = attempt.reach.output(over.step, "records")
    return [str(record) for record in found] if isinstance(found, list) else []


async def _linked(attempt: Attempt, over: LinkedRecords) -> list[str]:
    number, row = parse_record_id(attempt.reach.record_id(over.of))
    field = attempt.catalog.table_by_number(number).field(over.field)
    if not isinstance(field.config, Link):
        raise InvalidInput(N_("「{name}」不再是关联字段,没法逐个处理"), code="wrong_type", name=field.name)
    target = attempt.table(field.config.table)
    found = (await links.pairs(attempt.tx, field, [row])).get(row, [])
    attempt.input["field"] = {"id": field.id, "name": field.name}
    return [record_id(target.number, one) for one in found]


def _split(value: Any) -> list[Any]:
    """The items of a list; of a text its lines, of a single line what stands between commas."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [one.get("name", one) if isinstance(one, dict) else one for one in value]
    if not isinstance(value, str):
        return [value]
    parts = _BREAKS.split(value)
    if len(parts) == 1:
        parts = _COMMAS.split(value)
    return [part.strip() for part in parts if part.strip()]
