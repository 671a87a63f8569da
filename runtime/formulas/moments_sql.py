"""The calendar of :mod:`runtime.formulas.moments` in SQL, piece for piece."""

from __future__ import annotations

from runtime.formulas import moments, numbers
from runtime.formulas.operations import Operand, Outcome, failing, sql, text, whole
from runtime.formulas.sqltree import Sql
from runtime.formulas.types import NUM, VALUE

FIRST = "date '0001-01-01'"
FIRST_MOMENT = "timestamp '0001-01-01'"
LAST = "date '9999-12-31'"
# A day from either end, so that no time zone leads out of the calendar.
EARLIEST = f"timestamp '{moments.EARLIEST.isoformat(sep=' ')}'"
LATEST = f"timestamp '{moments.LATEST.isoformat(sep=' ')}'"
PAST_MOMENT = "timestamp '10000-01-01'"
EPOCH = "date '1899-12-30'"
_DAY = moments.DAY_MICROS
_LAST_ORDINAL = (moments.LAST_DAY - moments.FIRST_DAY).days


def clamped(value: Sql, low: str, high: str) -> Sql:
    """``value`` held between two constants; NULL stays NULL."""
    return sql(f"CASE WHEN {{0}} < {low} THEN {low} WHEN {{0}} > {high} THEN {high} ELSE {{0}} END", value)


def ordinal(day: Sql | Operand) -> Sql:
    """Days since the first day, an integer."""
    return sql(f"({{0}} - {FIRST})", day)


def day_at(ordinal_: Sql) -> Outcome:
    """The day at an integer ordinal; ``#NUM!`` (and NULL) outside the calendar."""
    inside = sql(f"({{0}} BETWEEN 0 AND {_LAST_ORDINAL})", ordinal_)
    day = sql(f"CASE WHEN {{1}} THEN {FIRST} + {{0}} END", ordinal_, inside)
    return Outcome(day, failing(sql("(NOT {0})", inside), NUM))


def moment_at(micros: Sql) -> Outcome:
    """The moment at a whole numeric of microseconds since the first one; ``#NUM!`` (and NULL) outside the calendar."""
    inside = sql(f"({{0}} >= 0 AND {{0}} < {(_LAST_ORDINAL + 1) * _DAY})", micros)
    moment = sql(
        f"CASE WHEN {{1}} THEN {FIRST_MOMENT} + make_interval(days => div({{0}}, {_DAY})::integer)"
        f" + interval '1 microsecond' * mod({{0}}, {_DAY})::double precision END",
        micros,
        inside,
    )
    return Outcome(moment, failing(sql("(NOT {0})", inside), NUM))


def plus_micros(moment: Sql | Operand, micros: Sql) -> Outcome:
    """``moments.plus_micros``; ``micros`` is a whole numeric."""
    return moment_at(sql("({0} + {1})", micros_between(moment, sql(FIRST_MOMENT)), micros))


def micros_between(later: Operand | Sql, earlier: Operand | Sql) -> Sql:
    """Microseconds as numeric."""
    return sql("(extract(epoch FROM {0} - {1}) * 1000000)", later, earlier)


def days_between(later: Operand | Sql, earlier: Operand | Sql) -> Sql:
    """Days with fraction, at the inner scale."""
    return quotient(micros_between(later, earlier), sql(f"{_DAY}::numeric"))


def quotient(left: Sql | Operand, right: Sql | Operand) -> Sql:
    """``left / right``, exact and then rounded at the inner scale; NULL for a divisor of zero."""
    return sql("round(div({0} * 1e31, NULLIF({1}, 0)) * 1e-31, 30)", left, right)


def moment_plus_days(moment: Operand, days: Operand) -> Outcome:
    """``moments.moment_plus_days``."""
    limit = moments.MAX_SHIFT_DAYS
    held = sql(f"LEAST(GREATEST({{0}}, -{limit}), {limit})", days)
    return plus_micros(moment, sql(f"round({{0}} * {_DAY})", held))


def date_plus_days(day: Operand, days: Operand) -> Outcome:
    """``moments.date_plus_days`` with whole days."""
    return day_at(sql("({0} + {1})", ordinal(day), whole(days, moments.MAX_SHIFT_DAYS)))


def moment_of_serial(serial: Operand) -> Outcome:
    """``moments.moment_of_serial``."""
    limit = moments.MAX_SHIFT_DAYS
    held = sql(f"CASE WHEN {{0}} < 0 THEN -{limit} ELSE LEAST({{0}}, {limit}) END", serial)
    result = plus_micros(sql(f"{EPOCH}::timestamp"), sql(f"round({{0}} * {_DAY})", held))
    return Outcome(result.value, result.error, nullable=serial.nullable)


def serial_of_date(day: Operand) -> Outcome:
    """``moments.serial_of_date``."""
    return Outcome(sql(f"({{0}} - {EPOCH})::numeric", day), nullable=day.nullable, digits=7, scale=0)


def serial_of_moment(moment: Operand) -> Outcome:
    """``moments.serial_of_moment``."""
    days = days_between(moment, sql(f"{EPOCH}::timestamp"))
    return Outcome(days, nullable=moment.nullable, digits=7)


def plus_months(day: Sql, months: Sql, kind: str) -> Outcome:
    """``day`` (``kind``: date or timestamp) shifted by an integer of months; outside the calendar ``#NUM!``."""
    index = sql(
        "(extract(year FROM {0})::integer * 12 + extract(month FROM {0})::integer - 1 + {1})", day, months
    )
    outside = sql("({0} < 12 OR {0} >= 120000)", index)
    held = sql("CASE WHEN {1} THEN 0 ELSE {0} END", months, outside)
    shifted = sql(f"({{0}} + make_interval(months => {{1}}))::{kind}", day, held)
    return Outcome(shifted, failing(outside, NUM))


def day_of(year: Sql, month: Sql, day: Sql) -> Outcome:
    """``moments.day_of``; all three are integers."""
    index = sql("((CASE WHEN {0} < 1900 THEN {0} + 1900 ELSE {0} END) * 12 + {1} - 1)", year, month)
    outside = sql("({0} < 0 OR {1} < 12 OR {1} >= 120000)", year, index)
    start = sql(
        "CASE WHEN {1} THEN " + FIRST + " ELSE make_date({0} / 12, {0} % 12 + 1, 1) END", index, outside
    )
    result = day_at(sql("({0} + {1} - 1)", ordinal(start), day))
    error = sql("COALESCE({0}, {1})", failing(outside, NUM), result.error) if result.error else None
    return Outcome(result.value, error)


def moment_from_text(zone: Sql, source: Operand) -> Outcome:
    """``moments.moment_from_text``: NULL for blank, ``#VALUE!`` for what is not a date."""
    tidy = sql("btrim({0}, {1})", source, text(numbers.NUMBER_SPACES))
    found = sql("regexp_match({0}, {1})", tidy, text(moments.MOMENT_TEXT))
    month_start = sql(
        "CASE WHEN ({0})[1] <> '0000' AND ({0})[2]::integer BETWEEN 1 AND 12"
        " THEN make_date(({0})[1]::integer, ({0})[2]::integer, 1) END",
        found,
    )
    day = sql("({0} + (({1})[3]::integer - 1))", month_start, found)
    is_day = sql("(({1})[3]::integer >= 1 AND date_trunc('month', {2}) = {0})", month_start, found, day)
    is_time = sql(
        "(COALESCE(({0})[4]::integer, 0) < 24 AND COALESCE(({0})[5]::integer, 0) < 60"
        " AND COALESCE(({0})[6]::integer, 0) < 60 AND (COALESCE(({0})[8], 'Z') = 'Z'"
        " OR (substr(({0})[8], 2, 2)::integer < 16 AND right(({0})[8], 2)::integer < 60)))",
        found,
    )
    wall = sql(
        "({0} + make_interval(hours => COALESCE(({1})[4]::integer, 0), mins => COALESCE(({1})[5]::integer, 0))"
        " + interval '1 microsecond' * (COALESCE(({1})[6]::integer, 0) * 1000000"
        " + left(rpad(COALESCE(({1})[7], '0'), 6, '0'), 6)::integer)::double precision)",
        day,
        found,
    )
    shift = sql(
        "(CASE WHEN ({0})[8] = 'Z' THEN interval '0' ELSE"
        " make_interval(hours => substr(({0})[8], 2, 2)::integer, mins => right(({0})[8], 2)::integer)"
        " * (CASE WHEN left(({0})[8], 1) = '-' THEN -1 ELSE 1 END) END)",
        found,
    )
    moment = sql(
        "CASE WHEN {0} AND {1} THEN"
        " CASE WHEN ({2})[8] IS NULL THEN {3} ELSE ({3} - {4}) AT TIME ZONE 'UTC' AT TIME ZONE {5} END END",
        is_day,
        is_time,
        found,
        wall,
        shift,
        zone,
    )
    inside = sql(f"({{0}} >= {FIRST_MOMENT} AND {{0}} < {PAST_MOMENT})", moment)
    value = sql("CASE WHEN {1} THEN {0} END", moment, inside)
    return Outcome(value, failing(sql("{0} <> '' AND {1} IS NOT TRUE", tidy, inside), VALUE), nullable=True)
