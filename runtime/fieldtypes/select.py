"""Single and multi select: stored as the numbers of their choices, so that renaming a choice rewrites nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions.fields import Choice
from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, compare, text_of
from runtime.i18n import N_

_LISTED = 200
"""Choices up to this number are named by the database; more would be searched through for each cell."""
_NAMED = 20
"""So many choices are named to whoever wrote one that there is not."""


def _find(config: Any, value: Any, *, archived: bool = False) -> Choice:
    """The choice with this name (or number); ``archived``: also those taken off the list, which cells may still hold.

    Raises BadValue naming the choices there are.
    """
    usual = config.open_by_name.get(value) if isinstance(value, str) else None
    if usual is not None:
        return usual  # type: ignore[no-any-return]
    for choice in config.choices:
        if choice.id == value and not isinstance(value, bool):
            return choice  # type: ignore[no-any-return]
    if isinstance(value, str):
        wanted = value.strip().casefold()
        for choice in config.choices:
            if not choice.archived and choice.name.strip().casefold() == wanted:
                return choice  # type: ignore[no-any-return]
    found = next((c for c in config.choices if c.name == value), None) if archived else None
    if found is not None:
        return found  # type: ignore[no-any-return]
    names = [c.name for c in config.choices if not c.archived]
    raise BadValue(
        N_("没有选项「{value}」,可选:{choices}"),
        code="unknown_choice",
        value=text_of(value)[:40],
        choices=names if len(names) <= _NAMED else [*names[:_NAMED], "…"],
    )


def _ids(config: Any, value: Any) -> list[int]:
    try:
        return [
            _find(config, item, archived=True).id
            for item in (value if isinstance(value, list | tuple) else [value])
        ]
    except BadValue as bad:
        raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad


class SingleSelectType(FieldType):
    """One of the choices."""

    name = "single_select"
    label = N_("单选")
    icon = "circle-dot"
    description = N_("从几个带颜色的选项里选一个;可以做成状态流转")
    operators = ("is", "is_not", "is_any_of", "is_none_of", *EMPTY_OPERATORS)

    def sql_type(self, config: Any) -> str:
        return "integer"

    def parse(self, config: Any, value: Any, context: Context) -> int | None:
        if value is None or value == "":
            return None
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise BadValue(N_("要填选项的名称"))
        return _find(config, value).id

    def repair(self, config: Any, value: Any, context: Context) -> int | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return _find(config, text_of(value).strip()).id

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        if set(map(type, values)) != {str}:
            return None
        numbers: dict[Any, int | None] = {
            name: choice.id
            for name, choice in config.open_by_name.items()
            if not lenient or name == name.strip()
        }
        numbers[""] = None
        try:
            return [numbers[value] for value in values]
        except KeyError:
            return None

    def to_wire(self, config: Any, stored: Any) -> str | None:
        found = config.by_id.get(stored)
        return None if found is None else found.name

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any]:
        return {number: choice.name for number, choice in config.by_id.items()}.get

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        """The names travel as one list, in which each has the place of its number."""
        most = max(config.by_id, default=0)
        if most > _LISTED or min(config.by_id, default=1) < 1:
            return None
        names = [config.by_id[n].name if n in config.by_id else None for n in range(1, most + 1)]
        return QueryString(f"to_json(({{}}::text[])[{column}])::text", names)

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("is", "is_not", "eq", "ne"):
            return compare(column, op, None if value in (None, "", []) else _ids(config, value)[0])
        if op in ("is_any_of", "is_none_of"):
            found = f"{column} = ANY({{}}::integer[])"
            return QueryString(
                f"(({found}) IS NOT TRUE)" if op == "is_none_of" else found, _ids(config, value)
            )
        return super().condition(config, column, op, value, context)

    def order(self, config: Any, column: str) -> str:
        """By the order of the choices, not of their names."""
        numbers = ",".join(str(int(c.id)) for c in config.choices)
        return f"array_position(ARRAY[{numbers}]::integer[], {column})" if numbers else column

    def formula_sql(self, config: Any, column: str) -> str:
        """The choice's name; names are quoted as PostgreSQL dollar strings cannot be broken out of."""
        arms = " ".join(f"WHEN {int(c.id)} THEN {quoted(c.name)}" for c in config.choices)
        return f"(CASE {column} {arms} END)" if arms else "NULL::text"

    def formula_value(self, config: Any, stored: Any) -> Any:
        return self.to_wire(config, stored)


class MultiSelectType(FieldType):
    """Any of the choices."""

    name = "multi_select"
    label = N_("多选")
    icon = "tags"
    description = N_("从几个选项里选多个,如标签")
    operators = ("has_all_of", "is_any_of", "is_none_of", *EMPTY_OPERATORS)
    sortable = False

    def sql_type(self, config: Any) -> str:
        return "integer[]"

    def parse(self, config: Any, value: Any, context: Context) -> list[int] | None:
        if value is None or value in ("", []):
            return None
        if not isinstance(value, list | tuple):
            raise BadValue(N_("要填选项名称的列表"))
        return list(dict.fromkeys(_find(config, item).id for item in value)) or None

    def repair(self, config: Any, value: Any, context: Context) -> list[int] | None:
        if isinstance(value, list | tuple) or value is None:
            return self.parse(config, value, context)
        parts = [part.strip() for part in re.split(r"[,,、;;|\n]", text_of(value))]
        return self.parse(config, [part for part in parts if part], context)

    def to_wire(self, config: Any, stored: Any) -> list[str]:
        choices = config.by_id
        return [choices[n].name for n in stored or () if n in choices]

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "、".join(self.to_wire(config, stored))

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op == "has_all_of":
            return QueryString(f"{column} @> {{}}::integer[]", _ids(config, value))
        if op in ("is_any_of", "contains"):
            return QueryString(f"{column} && {{}}::integer[]", _ids(config, value))
        if op in ("is_none_of", "not_contains"):
            return QueryString(f"(({column} && {{}}::integer[]) IS NOT TRUE)", _ids(config, value))
        return super().condition(config, column, op, value, context)

    def formula_type(self, config: Any) -> Any:
        return "list"

    def formula_sql(self, config: Any, column: str) -> str:
        arms = " ".join(f"WHEN {int(c.id)} THEN {quoted(c.name)}" for c in config.choices)
        if not arms:
            return "NULL::text[]"
        return (
            f"(SELECT array_agg(v.name ORDER BY v.o) FROM (SELECT CASE u.n {arms} END AS name, u.o"
            f" FROM unnest({column}) WITH ORDINALITY AS u(n, o)) v WHERE v.name IS NOT NULL)"
        )

    def formula_value(self, config: Any, stored: Any) -> Any:
        return self.to_wire(config, stored) or None


def quoted(text: str) -> str:
    """A SQL text literal; braces are doubled because it is spliced into query templates."""
    return "'" + text.replace("'", "''").replace("\x00", "").replace("{", "{{").replace("}", "}}") + "'"
