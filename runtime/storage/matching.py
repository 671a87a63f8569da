"""Matches as SQL: which far records belong to a record, and which records a far one belongs to.

Far rows are aliased ``r``, rows of the table with the field ``t``. The side that is *searched* is always a bare column, so
that its index serves; what is known of the other side is brought into that column's form.
"""

from __future__ import annotations

from typing import Literal

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.catalog import Field, Table
from runtime.definitions.fields import Cascade, SingleSelect
from runtime.definitions.matching import Comparison, Match, Window
from runtime.fieldtypes import Context
from runtime.fieldtypes.cascade import tree_of
from runtime.fieldtypes.select import quoted

Kind = Literal["text", "choice", "number", "boolean", "date", "datetime", "place", "person"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("text", "long_text", "email", "url", "phone", "barcode", "auto_number"), "text"),
    "single_select": "choice",
    "cascade": "choice",
    "location": "place",
    "checkbox": "boolean",
    "date": "date",
    "datetime": "datetime",
    "created_time": "datetime",
}
_ORDERED = frozenset({"number", "date", "datetime"})
_ALIKE: tuple[frozenset[str], ...] = (frozenset({"text", "choice"}), frozenset({"date", "datetime"}))
_FLIPPED: dict[Comparison, Comparison] = {
    "eq": "eq",
    "ne": "ne",
    "lt": "gt",
    "gt": "lt",
    "le": "ge",
    "ge": "le",
}
_SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}


def kind_of(field: Field) -> Kind | None:
    """How the values of a field are compared; None where they cannot be (lists, links, files, who and when changed it)."""
    if field.type in _KINDS:
        return _KINDS[field.type]
    kind = fieldtypes.get(field.config)
    if field.computed:
        found = kind.formula_type(field.config)
        return found if found in ("text", "number", "boolean", "date", "datetime") else None
    if field.type == "member":
        return None if getattr(field.config, "many", False) else "person"
    return "number" if kind.sql_type(field.config) == "numeric" else None


def comparable(one: Field, other: Field, op: Comparison = "eq") -> bool:
    """Whether two fields can be compared this way. Larger and smaller are for numbers, days and moments."""
    kinds = {kind_of(one), kind_of(other)}
    if None in kinds:
        return False
    alike = len(kinds) == 1 or any(kinds <= group for group in _ALIKE)
    return alike and (op in ("eq", "ne") or kinds <= _ORDERED)


def is_dated(field: Field) -> bool:
    """Whether a window can be laid over the field."""
    return kind_of(field) in ("date", "datetime")


def forward(match: Match, near: Table, far: Table, context: Context) -> QueryString:
    """What holds between a row ``t`` and the far rows ``r`` that belong to it; searched are the far rows."""
    zone = context.zone.key
    parts = [
        QueryString(_compare(far.field(p.field), "r", p.op, near.field(p.near), "t", zone))
        for p in match.pairs
    ]
    parts += [_inside(window, near, far, context) for window in match.windows]
    if match.others and near.id == far.id:
        parts.append(QueryString("r.id <> t.id"))
    return QueryString(" AND ".join(["{}"] * len(parts)), *parts) if parts else QueryString("FALSE")


def backward(match: Match, near: Table, far: Table, context: Context) -> QueryString:
    """The same the other way round: searched are the rows ``t`` to which a far row ``r`` belongs, or a few too many.

    The columns of ``r`` may also be values that far rows had.
    """
    zone = context.zone.key
    parts = [
        _compare(near.field(p.near), "t", _FLIPPED[p.op], far.field(p.field), "r", zone) for p in match.pairs
    ]
    parts += [_about(window, near, far, zone) for window in match.windows if window.near is not None]
    return QueryString(" AND ".join(parts) if parts else "FALSE")


def near_key(match: Match, near: Table, far: Table) -> str | None:
    """A text that is the same for a row ``t`` and every far row that belongs to it; None where nothing has to be equal."""
    return _key(match, near, far, "t")


def far_key(match: Match, near: Table, far: Table) -> str | None:
    """That text of a far row ``r``."""
    return _key(match, near, far, "r")


def _key(match: Match, near: Table, far: Table, alias: str) -> str | None:
    pair = next((one for one in match.pairs if one.op == "eq"), None)
    if pair is None:
        return None
    here, there = near.field(pair.near), far.field(pair.field)
    field = here if alias == "t" else there
    column, kind = f"{alias}.{field.column}", kind_of(field)
    if {kind_of(here), kind_of(there)} == {"date", "datetime"}:
        return "''"  # which day a moment belongs to is a matter of the zone; such matches are rare and share a lock
    if kind == "choice":
        return fieldtypes.get(field.config).formula_sql(field.config, column)
    if kind == "number":
        return f"trim_scale({column})::text"
    if kind == "datetime":
        return f"extract(epoch FROM {column})::text"
    return f"{column}::text"


def _compare(searched: Field, s: str, op: Comparison, given: Field, g: str, zone: str) -> str:
    column, value = f"{s}.{searched.column}", f"{g}.{given.column}"
    if (
        op == "ne"
    ):  # an empty cell differs from every value, but an empty one that is compared matches nothing
        same = _compare(searched, s, "eq", given, g, zone)
        this = column if s == "t" else value
        return f"({this} IS NOT NULL AND ({same}) IS NOT TRUE)"
    kinds = kind_of(searched), kind_of(given)
    if kinds == ("datetime", "date"):
        return _of_day(column, op, value, zone)
    if kinds == ("date", "datetime"):
        value = _day_of(value, zone)
    if "choice" in kinds and searched.id != given.id:
        return _by_name(searched, column, given, value)
    if kinds == ("text", "text"):
        value = f"nullif({value}, '')"
    return f"{column} {_SIGNS.get(op, '=')} {value}"


def _day_of(moment: str, zone: str) -> str:
    return f"({moment} AT TIME ZONE '{zone}')::date"


def _start(day: str, zone: str) -> str:
    """The moment at which a day begins."""
    return f"(({day})::timestamp AT TIME ZONE '{zone}')"


def _of_day(column: str, op: Comparison, day: str, zone: str) -> str:
    """A moment compared with a whole day."""
    start, end = _start(day, zone), _start(f"{day} + 1", zone)
    return {
        "eq": f"({column} >= {start} AND {column} < {end})",
        "lt": f"{column} < {start}",
        "le": f"{column} < {end}",
        "gt": f"{column} >= {end}",
        "ge": f"{column} >= {start}",
    }[op]


def _names(field: Field) -> dict[int, str]:
    """The choices of a field by number; empty for fields of text."""
    if isinstance(field.config, SingleSelect):
        return {number: choice.name for number, choice in field.choices_by_id.items()}
    if isinstance(field.config, Cascade):
        tree = tree_of(field.config)
        return {number: tree.text(number) for number in tree.order}
    return {}


def _by_name(searched: Field, column: str, given: Field, value: str) -> str:
    """Choices are the same where they are called the same; each field numbers its own."""
    mine, theirs = _names(searched), _names(given)
    if kind_of(searched) == "text":
        arms = " ".join(f"WHEN {int(number)} THEN {quoted(name)}" for number, name in theirs.items())
        return f"{column} = (CASE {value} {arms} END)" if arms else "FALSE"
    numbers: dict[str, list[int]] = {}
    for number, name in mine.items():
        numbers.setdefault(name, []).append(int(number))
    cases = (
        [(quoted(name), found) for name, found in numbers.items()]
        if kind_of(given) == "text"
        else [(str(int(key)), numbers[name]) for key, name in theirs.items() if name in numbers]
    )
    arms = " ".join(f"WHEN {key} THEN ARRAY[{', '.join(map(str, found))}]::integer[]" for key, found in cases)
    return f"{column} = ANY(CASE {value} {arms} END)" if arms else "FALSE"


# ---- windows ----


def _interval(window: Window) -> str:
    return f"interval '{int(window.amount)} {window.unit}'"


def _inside(window: Window, near: Table, far: Table, context: Context) -> QueryString:
    zone = context.zone.key
    field = far.field(window.field)
    column, interval = f"r.{field.column}", _interval(window)
    moment = kind_of(field) == "datetime"
    if window.unit == "hour":
        if window.near is None:
            anchor = QueryString("{}::timestamptz", context.now)
        else:
            anchor = QueryString(f"t.{near.field(window.near).column}")
        return _between(column, anchor, window, f"- {interval}", f"+ {interval}")
    if window.near is None:
        anchor = QueryString("{}::date", context.now.astimezone(context.zone).date())
        by_day = True
    else:
        start = near.field(window.near)
        by_day = not (moment and kind_of(start) == "datetime")
        place = f"t.{start.column}"
        anchor = QueryString(_day_of(place, zone) if by_day and kind_of(start) == "datetime" else place)
    if not by_day:
        local = QueryString(f"({{}} AT TIME ZONE '{zone}')", anchor)
        low = QueryString(f"(({{}} - {interval}) AT TIME ZONE '{zone}')", local)
        high = QueryString(f"(({{}} + {interval}) AT TIME ZONE '{zone}')", local)
        return _ends(column, window, low, anchor, high)
    low = QueryString(f"({{}} - {interval})::date", anchor)
    high = QueryString(f"({{}} + {interval})::date", anchor)
    if not moment:
        return _ends(column, window, low, anchor, high)
    first = low if window.direction != "after" else anchor
    last = high if window.direction != "before" else anchor
    return QueryString(
        f"({column} >= (({{}})::timestamp AT TIME ZONE '{zone}')"
        f" AND {column} < (({{}} + 1)::timestamp AT TIME ZONE '{zone}'))",
        first,
        last,
    )


def _between(column: str, anchor: QueryString, window: Window, less: str, more: str) -> QueryString:
    return _ends(
        column, window, QueryString(f"({{}} {less})", anchor), anchor, QueryString(f"({{}} {more})", anchor)
    )


def _ends(
    column: str, window: Window, low: QueryString, anchor: QueryString, high: QueryString
) -> QueryString:
    first = low if window.direction != "after" else anchor
    last = high if window.direction != "before" else anchor
    return QueryString(f"({column} >= {{}} AND {column} <= {{}})", first, last)


def _about(window: Window, near: Table, far: Table, zone: str) -> str:
    """Rows whose date may lie in the window from a far row: ends of months and days of 23 hours have a little room."""
    assert window.near is not None  # noqa: S101
    searched, given = near.field(window.near), far.field(window.field)
    column, value, interval = f"t.{searched.column}", f"r.{given.column}", _interval(window)
    room = "interval '0'" if window.unit == "hour" else "interval '5 days'"
    low = f"- {interval} - {room}" if window.direction != "before" else f"- {room}"
    high = f"+ {interval} + {room}" if window.direction != "after" else f"+ {room}"
    if kind_of(searched) == "date":
        day = value if kind_of(given) == "date" else _day_of(value, zone)
        return f"({column} >= ({day} {low})::date AND {column} <= ({day} {high})::date)"
    moment = value if kind_of(given) == "datetime" else _start(value, zone)
    return f"({column} >= {moment} {low} AND {column} <= {moment} {high})"
