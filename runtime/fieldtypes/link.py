"""Links: pairs in a join table. Reading and writing the pairs is ``runtime.records.links``."""

from __future__ import annotations

from typing import Any

from runtime.errors import NotFound
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType
from runtime.i18n import N_
from runtime.ids import parse_record_id

MORE = "more"
"""Stands in a list of links for those that an answer leaves out; sent back, they stay."""


class LinkType(FieldType):
    """Points at records of a table; stored form is a list of ``rec…`` ids, in order."""

    name = "link"
    label = N_("关联")
    icon = "link"
    description = N_("指向另一张数据表的记录,如订单的客户")
    operators = ("is_any_of", "is_none_of", "contains", *EMPTY_OPERATORS)
    sortable = False

    def sql_type(self, config: Any) -> None:
        return None

    def parse(self, config: Any, value: Any, context: Context) -> list[str]:
        if value is None or value == "":
            return []
        items = value if isinstance(value, list | tuple) else [value]
        ids = []
        for item in items:
            public_id = item.get("id") if isinstance(item, dict) else item
            if not isinstance(public_id, str):
                raise BadValue(N_("关联要填记录的编号"))
            if public_id == MORE and config.many:
                ids.append(public_id)
                continue
            try:
                parse_record_id(public_id)
            except NotFound:
                raise BadValue(N_("「{value}」不是记录的编号"), value=public_id[:40]) from None
            ids.append(public_id)
        ids = list(dict.fromkeys(ids))
        if not config.many and len(ids) > 1:
            raise BadValue(N_("这里只能关联一条记录"))
        return ids

    def formula_type(self, config: Any) -> None:
        return None
