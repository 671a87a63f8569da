"""Who and when: the row's own columns shown as fields."""

from __future__ import annotations

import re
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions.people import people_of
from runtime.fieldtypes.base import BadValue, Context, FieldType, compare
from runtime.fieldtypes.dates import DateTimeType
from runtime.fieldtypes.member import PEOPLE_OPERATORS, wanted, wire
from runtime.fieldtypes.text import text_condition
from runtime.i18n import N_

_NO_PERSON = re.compile(r"(?:aut|job|run|imp|tok)[0-9A-Za-z]{14}|system|automation")


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
    """Who created the record: stored as ``id`` and the name at the time in one text, ``usr…|name``.

    People are shown by the name they have now; automations, imports and whoever has no account by the one they had.
    """

    name = "created_by"
    label = N_("创建人")
    icon = "user"
    description = N_("新建记录的人")
    operators = PEOPLE_OPERATORS
    readonly = True

    def sql_type(self, config: Any) -> None:
        return None

    def parse(self, config: Any, value: Any, context: Context) -> Any:
        raise BadValue(N_("这个字段由系统填写"))

    def to_wire(self, config: Any, stored: Any) -> dict[str, Any] | None:
        if not stored:
            return None
        public_id, _, name = str(stored).partition("|")
        person = people_of(config).by_id.get(public_id)
        return wire(person) if person is not None else {"id": public_id, "name": name}

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        shown = self.to_wire(config, stored)
        return "" if shown is None else str(shown["name"])

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> Any:
        if op == "is_empty":
            return compare(column, "is", "")
        if op == "is_not_empty":
            return compare(column, "is_not", "")
        if op in ("contains", "not_contains"):
            return text_condition(self.formula_sql(config, column), op, value)
        if op not in ("is", "is_not", "is_any_of", "is_none_of"):
            raise self.unknown_operator(op)
        test = f"split_part({column}, '|', 1) = ANY({{}}::text[])"
        return QueryString(
            f"(({test}) IS NOT TRUE)" if op in ("is_not", "is_none_of") else test,
            self._ids(config, value, context),
        )

    @staticmethod
    def _ids(config: Any, value: Any, context: Context) -> list[str]:
        """Public ids; those of no person (automations, imports) are taken as they are."""
        people, ids = people_of(config), []
        for item in value if isinstance(value, list | tuple) else [value]:
            key = item.get("id") if isinstance(item, dict) else item
            if isinstance(key, str) and _NO_PERSON.fullmatch(key):
                ids.append(key)
            else:
                ids += [person.id for person in wanted(people, item, context)]
        return ids

    def order(self, config: Any, column: str) -> str:
        return self.formula_sql(config, column)

    def formula_sql(self, config: Any, column: str) -> str:
        return person_name_sql(column)

    def formula_value(self, config: Any, stored: Any) -> Any:
        return self.to_text(config, stored, Context()) or None


def person_name_sql(column: str) -> str:
    """The name now, in SQL, of whoever a ``created_by`` column names."""
    return (
        f"coalesce((SELECT p.name FROM meta.person p WHERE p.public_id = split_part({column}, '|', 1)),"
        f" nullif(split_part({column}, '|', 2), ''))"
    )


def person_key_sql(column: str) -> str:
    """What records are grouped by: a person's id alone, for the name may have changed between two records."""
    return f"(CASE WHEN {column} LIKE 'usr%' THEN split_part({column}, '|', 1) ELSE nullif({column}, '') END)"


class UpdatedByType(CreatedByType):
    """Who changed the record last."""

    name = "updated_by"
    label = N_("更新人")
    description = N_("最后修改记录的人")
