"""The options of a stock definition: how places are chosen, what becomes of what lacks, how long a reservation holds."""

from __future__ import annotations

import math

from builder.queries import find_field
from builder.validation import Problems
from runtime.catalog import Field, Stock, Table
from runtime.definitions.stock import SkuPart, StockDef
from runtime.i18n import N_
from runtime.records.stock.places import comparable

MAX_HOURS = 24 * 366
_DATES = ("date", "datetime", "created_time")
_ORDERED = (*_DATES, "text", "number", "single_select", "barcode", "auto_number", "rating")


def check_options(
    problems: Problems, shelf: Table, line: Table, definition: StockDef, others: list[Stock]
) -> dict[str, object]:
    """The options as they will be stored, fields by id."""
    given: dict[str, object] = {}
    if definition.pick != "exact":
        given["sku"] = _check_sku(problems.at("sku"), shelf, line, definition)
        given.update(_check_order(problems.at("pick_by"), shelf, definition))
    else:  # each line names its place
        given.update(sku=(), pick_by=None, pick_descending=False)
    given.update(_check_open(problems.at("line_open"), line, definition, others))
    hours = definition.expire_hours
    if hours is not None and not (math.isfinite(hours) and 0 < hours <= MAX_HOURS):
        problems.at("expire_hours").add(
            "out_of_range", N_("预占时限应大于 0 小时,最多 {max} 小时"), max=MAX_HOURS
        )
    return given


def _check_sku(problems: Problems, shelf: Table, line: Table, definition: StockDef) -> tuple[SkuPart, ...]:
    if not definition.sku:
        problems.add("sku_missing", N_("选出明细和库存里指同一种货的字段,例如都关联到商品的字段"))
    parts = []
    for number, part in enumerate(definition.sku):
        here = problems.at(str(number))
        near = find_field(here.at("line"), line, part.line)
        far = find_field(here.at("shelf"), shelf, part.shelf)
        if near is None or far is None:
            parts.append(part)
            continue
        if not comparable(near, far):
            here.add(
                "not_comparable",
                N_("「{line}」和「{shelf}」不能对上:要关联到同一张表,或都是文字、数字、单选"),
                field=near,
                line=near.name,
                shelf=far.name,
            )
        for one in (near, far):
            if one.type == "link" and getattr(one.config, "many", False):
                here.add("wrong_type", N_("「{name}」应是只能关联一条的关联字段"), field=one, name=one.name)
        parts.append(SkuPart(near.id, far.id))
    return tuple(parts)


def _check_order(problems: Problems, shelf: Table, definition: StockDef) -> dict[str, object]:
    if not definition.pick_by:
        problems.add(
            "order_missing",
            N_("选一个日期字段,先进先出按它排")
            if definition.pick == "fifo"
            else N_("选一个字段,按它的顺序取货"),
        )
        return {}
    field = find_field(problems, shelf, definition.pick_by)
    if field is None:
        return {}
    if definition.pick == "fifo" and field.type not in _DATES:
        problems.add("wrong_type", N_("先进先出要按日期字段排"), field=field)
    elif field.type not in _ORDERED:
        problems.add("wrong_type", N_("不能按「{name}」排取货的顺序"), field=field, name=field.name)
    return {"pick_by": field.id}


def _check_open(
    problems: Problems, line: Table, definition: StockDef, others: list[Stock]
) -> dict[str, object]:
    if definition.line_open is None:
        if definition.partial:
            problems.add("open_missing", N_("选一个数字字段记还缺多少"))
        return {}
    field: Field | None = find_field(problems, line, definition.line_open)
    if field is None:
        return {}
    if field.type != "number":
        problems.add("wrong_type", N_("「{name}」应是数字字段"), field=field, name=field.name)
    elif definition.line_quantity in (field.id, field.name):
        problems.add("same_field", N_("数量和还缺多少不能是同一个字段"), field=field)
    elif any(field.id in stock.definition.managed for stock in others):
        problems.add("in_other_stock", N_("「{name}」已经用在别的库存设置里"), field=field, name=field.name)
    elif field.definition.required:
        problems.add(
            "managed_required", N_("「{name}」由预占维护,不能设为必填"), field=field, name=field.name
        )
    return {"line_open": field.id}
