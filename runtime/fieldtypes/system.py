"""Who and when: the row's own columns shown as fields."""

from __future__ import annotations

from typing import Any

from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, compare
from runtime.fieldtypes.dates import DateTimeType
from runtime.i18n import N_


class CreatedTimeType(DateTimeType):
    """When the record was created."""

    name = "created_time"
    label = N_("创建时间")
    icon = "clock"
    description = N_("记录新建的时间")
    readonly = True


class UpdatedTimeType(CreatedTimeType):
    """When the record was last changed."""

    name = "updated_time"
    label = N_("更新时间")
    icon = "clock-arrow-up"
    description = N_("记录最后一次修改的时间")


class CreatedByType(FieldType):
    """Who created the record: stored as ``id`` and name in one text, ``usr…|name``."""

    name = "created_by"
    label = N_("创建人")
    icon = "user"
    description = N_("新建记录的人")
    operators = ("is", "is_not", *EMPTY_OPERATORS)
    readonly = True

    def sql_type(self, config: Any) -> None:
        return None

    def parse(self, config: Any, value: Any, context: Context) -> Any:
        raise BadValue(N_("这个字段由系统填写"))

    def to_wire(self, config: Any, stored: Any) -> dict[str, str] | None:
        if not stored:
            return None
        public_id, _, name = str(stored).partition("|")
        return {"id": public_id, "name": name}

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return str(stored or "").partition("|")[2]

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> Any:
        if op in ("is", "is_not"):
            public_id = value.get("id") if isinstance(value, dict) else value
            return compare(f"split_part({column}, '|', 1)", op, str(public_id))
        if op == "is_empty":
            return compare(column, "is", "")
        if op == "is_not_empty":
            return compare(column, "is_not", "")
        raise self.unknown_operator(op)

    def formula_sql(self, config: Any, column: str) -> str:
        return f"split_part({column}, '|', 2)"

    def formula_value(self, config: Any, stored: Any) -> Any:
        return str(stored or "").partition("|")[2] or None


class UpdatedByType(CreatedByType):
    """Who changed the record last."""

    name = "updated_by"
    label = N_("更新人")
    description = N_("最后修改记录的人")
