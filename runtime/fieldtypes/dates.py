"""Days and moments. A moment without an offset is read in the app's time zone and stored as an instant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType
from runtime.i18n import N_

DATE_OPERATORS = (
    "on", "before", "after", "between", "in_period", "older_than", "newer_than", "within_next", *EMPTY_OPERATORS,
)  # fmt: skip

# a day less at either end than there are: whatever the time zone, a moment stays within
_FIRST_YEAR, _LAST_YEAR = 2, 9998

_LOOSE = re.compile(
    r"(?P<y>\d{4})(?:\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*日?|(?P<m2>\d{2})(?P<d2>\d{2}))"
    r"(?:[T\s]*(?P<H>\d{1,2})\s*[:时]\s*(?P<M>\d{1,2})(?:\s*[:分]\s*(?P<S>\d{1,2})(?:\.(?P<f>\d{1,9}))?\s*秒?)?\s*分?)?"
    r"\s*(?P<z>Z|[+-]\d{2}:?\d{2})?"
)


def loose_datetime(typed: str, context: Context) -> datetime:
    """A moment (or a midnight) in the common written forms, year first. Raises BadValue."""
    usual = _iso(typed, context)
    if usual is not None:
        return usual
    text = unicodedata.normalize("NFKC", typed).strip()
    found = _LOOSE.fullmatch(text)
    if found is None:
        raise BadValue(N_("「{value}」不是日期,应像 2026-01-15 或 2026-01-15 10:24"), value=typed[:40])
    g = found.groupdict()
    try:
        naive = datetime(
            int(g["y"]), int(g["m"] or g["m2"]), int(g["d"] or g["d2"]),
            int(g["H"] or 0), int(g["M"] or 0), int(g["S"] or 0), int((g["f"] or "0")[:6].ljust(6, "0")),
        )  # fmt: skip
    except ValueError:
        raise BadValue(N_("「{value}」里的日期或时间不存在"), value=typed[:40]) from None
    if not _FIRST_YEAR <= naive.year <= _LAST_YEAR:
        raise BadValue(
            N_("「{value}」超出了能保存的范围,年份要在 {first} 到 {last} 之间"),
            value=typed[:40], first=_FIRST_YEAR, last=_LAST_YEAR,
        )  # fmt: skip
    if not g["z"]:
        return naive.replace(tzinfo=context.zone)
    try:
        return datetime.fromisoformat(naive.isoformat() + g["z"].replace("Z", "+00:00"))
    except ValueError:
        raise BadValue(N_("「{value}」里的时区不存在"), value=typed[:40]) from None


# the lengths of 2026-01-15 10:24, with seconds, and with a time zone; and where their signs stand
_ISO_LENGTHS = frozenset({16, 19, 20, 25})


def _iso(typed: str, context: Context) -> datetime | None:
    """What programs send, without the detour that everything else takes; None where it is something else."""
    if len(typed) not in _ISO_LENGTHS or typed[4] + typed[7] + typed[13] != "--:" or typed[10] not in "T ":
        return None
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=context.zone)


# the same line by line; fractions of a second as programs write them
_DAYS = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?:\n|\Z))+")
_MOMENTS = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"(?::[0-9]{2}(?:\.[0-9]{3}(?:[0-9]{3})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?(?:\n|\Z))+"
)


def _within_years(values: Sequence[str]) -> bool:
    """Whether all dates, written year first, lie in years that are taken."""
    return int(min(values)[:4]) >= _FIRST_YEAR and int(max(values)[:4]) <= _LAST_YEAR


def _checked(moment: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise BadValue(N_("日期超出了能保存的范围")) from None
    if not 1 <= moment.year <= _LAST_YEAR:
        raise BadValue(N_("日期超出了能保存的范围"))
    return moment


class DateType(FieldType):
    """A calendar day."""

    name = "date"
    label = N_("日期")
    icon = "calendar"
    description = N_("年月日")
    operators = DATE_OPERATORS
    aggregates = ("count", "count_filled", "count_empty", "count_unique", "min", "max")

    def sql_type(self, config: Any) -> str:
        return "date"

    def parse(self, config: Any, value: Any, context: Context) -> date | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, datetime):
            return (value.astimezone(context.zone) if value.tzinfo else value).date()
        if isinstance(value, date):
            return value
        if not isinstance(value, str):
            raise BadValue(N_("要填日期,如 2026-01-15"))
        moment = loose_datetime(value, context)
        return moment.astimezone(context.zone).date()

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        kinds = set(map(type, values))
        if kinds == {date}:
            return values
        if kinds != {str} or set(map(len, values)) != {10} or not _DAYS.fullmatch("\n".join(values)):
            return None
        if not _within_years(values):
            return None
        try:
            return list(map(date.fromisoformat, values))
        except ValueError:
            return None

    def to_wire(self, config: Any, stored: Any) -> str | None:
        return None if stored is None else stored.isoformat()

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any] | None:
        return None if encoded else partial(self.to_wire, config)

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        return QueryString(f"to_json({column})::text")

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "" if stored is None else stored.isoformat()

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in EMPTY_OPERATORS:
            return super().condition(config, column, op, value, context)
        start, end = span(op, value, context)
        parts = []
        if start is not None:
            parts.append(QueryString(f"{column} >= {{}}", start.astimezone(context.zone).date()))
        if end is not None:
            # a span ends before ``end``; a moment within a day still includes that day's start
            last = (end - timedelta(microseconds=1)).astimezone(context.zone).date()
            parts.append(QueryString(f"{column} <= {{}}", last))
        if not parts:
            raise self.unknown_operator(op)
        return parts[0] if len(parts) == 1 else QueryString("({} AND {})", *parts)

    def formula_type(self, config: Any) -> Any:
        return "date"


class DateTimeType(FieldType):
    """A moment; answers are in UTC, shown in the app's zone."""

    name = "datetime"
    label = N_("日期时间")
    icon = "calendar-clock"
    description = N_("下单时间、付款时间等,精确到分秒")
    operators = DATE_OPERATORS
    aggregates = ("count", "count_filled", "count_empty", "count_unique", "min", "max")

    def sql_type(self, config: Any) -> str:
        return "timestamptz"

    def parse(self, config: Any, value: Any, context: Context) -> datetime | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, datetime):
            return _checked(value if value.tzinfo else value.replace(tzinfo=context.zone))
        if isinstance(value, date):
            return _checked(datetime.combine(value, time(), context.zone))
        if not isinstance(value, str):
            raise BadValue(N_("要填日期时间,如 2026-01-15 10:24"))
        return _checked(loose_datetime(value, context))

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        kinds, moments = set(map(type, values)), values
        try:
            if kinds == {str}:
                if not _MOMENTS.fullmatch("\n".join(values)) or not _within_years(values):
                    return None
                moments = list(map(datetime.fromisoformat, values))
            elif kinds != {datetime}:
                return None
            zone = context.zone
            moments = [
                (one if one.tzinfo is not None else one.replace(tzinfo=zone)).astimezone(UTC)
                for one in moments
            ]
        except (ValueError, OverflowError):
            return None
        return moments if max(moments).year <= _LAST_YEAR else None

    def to_wire(self, config: Any, stored: Any) -> str | None:
        if stored is None:
            return None
        moment = stored if stored.tzinfo is UTC else stored.astimezone(UTC)
        return moment.isoformat()[:-6] + "Z"  # type: ignore[no-any-return]

    def wires(self, config: Any, *, encoded: bool = False) -> Callable[[Any], Any] | None:
        return None if encoded else partial(self.to_wire, config)

    def wire_sql(self, config: Any, column: str) -> QueryString | None:
        """A fraction of a second has six digits, as in Python; to_json leaves out noughts, before the year 10000."""
        text = f"rtrim(to_json(timezone('UTC', {column}))::text, '\"')"
        return QueryString(
            f"CASE WHEN {column}::timestamptz(0) = {column} THEN {text} ELSE rpad({text}, 27, '0') END || 'Z\"'"
        )

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if stored is None:
            return ""
        pattern = "%Y-%m-%d %H:%M:%S" if getattr(config, "seconds", True) else "%Y-%m-%d %H:%M"
        return stored.astimezone(context.zone).strftime(pattern)  # type: ignore[no-any-return]

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in EMPTY_OPERATORS:
            return super().condition(config, column, op, value, context)
        start, end = span(op, value, context)
        parts = []
        if start is not None:
            parts.append(QueryString(f"{column} >= {{}}", start))
        if end is not None:
            parts.append(QueryString(f"{column} < {{}}", end))
        if not parts:
            raise self.unknown_operator(op)
        return parts[0] if len(parts) == 1 else QueryString("({} AND {})", *parts)

    def formula_type(self, config: Any) -> Any:
        return "datetime"


def span(op: str, value: Any, context: Context) -> tuple[datetime | None, datetime | None]:
    """The half-open span of moments that ``op value`` means; None for an open end. Raises InvalidInput.

    ``on D`` is the whole day; ``before``/``after`` a day exclude it, before/after a moment are exact.
    """
    if op in ("on", "is", "eq"):
        return _day(value, context)
    if op in ("before", "lt"):
        return None, _day(value, context)[0]
    if op in ("after", "gt"):
        return _day(value, context)[1], None
    if op == "ge":
        return _day(value, context)[0], None
    if op == "le":
        return None, _day(value, context)[1]
    if op == "between":
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise InvalidInput(N_("「介于」要填两个值"), code="bad_operand")
        return _day(value[0], context)[0], _day(value[1], context)[1]
    if op == "older_than":
        return None, _shift(value, context, -1)
    if op == "newer_than":
        return _shift(value, context, -1), None
    if op == "within_next":
        return context.now, _shift(value, context, 1)
    if op == "in_period":
        return period(str(value), context)
    return None, None


def _day(value: Any, context: Context) -> tuple[datetime, datetime]:
    """Day ``value`` as a span; a value with a time of day is a span of no length."""
    try:
        moment = loose_datetime(str(value), context)
    except BadValue as bad:
        raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
    if re.search(r"[:时]", str(value)):
        return moment, moment
    return moment, moment + timedelta(days=1)


def _shift(value: Any, context: Context, sign: int) -> datetime:
    amount, unit = (value.get("amount"), value.get("unit")) if isinstance(value, dict) else (None, None)
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not 0 <= amount <= 100_000:
        raise InvalidInput(N_("要填一个时长,如 24 小时"), code="bad_operand")
    seconds = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000}.get(str(unit))
    if seconds is None:
        raise InvalidInput(N_("要填一个时长,如 24 小时"), code="bad_operand")
    return context.now + sign * timedelta(seconds=seconds * amount)


def period(name: str, context: Context) -> tuple[datetime, datetime]:
    """A named period in the app's zone as a half-open span. Raises InvalidInput."""
    today = context.now.astimezone(context.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    day = timedelta(days=1)
    monday = today - today.weekday() * day
    first = today.replace(day=1)
    next_month = (first + 32 * day).replace(day=1)
    spans = {
        "today": (today, today + day),
        "yesterday": (today - day, today),
        "this_week": (monday, monday + 7 * day),
        "last_week": (monday - 7 * day, monday),
        "this_month": (first, next_month),
        "last_month": ((first - day).replace(day=1), first),
        "this_year": (first.replace(month=1), first.replace(year=first.year + 1, month=1)),
        "last_7_days": (today - 6 * day, today + day),
        "last_30_days": (today - 29 * day, today + day),
    }
    if name not in spans:
        raise InvalidInput(N_("不认识的时间段「{name}」"), code="bad_operand", name=name)
    return spans[name]
