"""Working days: counted and stepped through, for any weekend, without holidays; in Python and in SQL.

Every week begins on Monday, as the calendar does (1 January of year 1 was one), so working days can be numbered
through: day number n of a week of k working days is in week ``(n - 1) // k``. Counting and stepping are arithmetic on
these numbers, whatever the distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from runtime.formulas import moments, moments_sql
from runtime.formulas.operations import Operand, Outcome, failing, first_error, over, sql, variable
from runtime.formulas.problems import BadConstant
from runtime.formulas.sqltree import Sql
from runtime.formulas.types import LIST, NUM, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

LIMIT = moments.MAX_SHIFT_DAYS


class Week(msgspec.Struct, frozen=True):
    """The working days of a week: 0 is Monday, 6 is Sunday."""

    days: tuple[int, ...]


FIVE_DAYS = Week((0, 1, 2, 3, 4))


def parse_weekend(source: str) -> Week:
    """Excel's weekend: 1 (Saturday and Sunday) to 7, 11 (Sunday only) to 17, or "0000011" from Monday on.

    Raises :class:`BadConstant`.
    """
    code = source.strip()
    if len(code) == 7 and set(code) <= {"0", "1"} and "0" in code:
        return Week(tuple(day for day in range(7) if code[day] == "0"))
    if code.isascii() and code.isdigit() and len(code) <= 2:
        number = int(code)
        if 1 <= number <= 7:
            free = {(number + 4) % 7, (number + 5) % 7}
            return Week(tuple(day for day in range(7) if day not in free))
        if 11 <= number <= 17:
            return Week(tuple(day for day in range(7) if day != (number - 5) % 7))
    raise BadConstant(
        N_('周末要写 1 到 7(1 是六日,2 是日一……)、11 到 17(11 只休星期日……),或七位数字如 "0000011"')
    )


# -- Python -----------------------------------------------------------------------------------------------------


def _before(days: int, week: Week) -> int:
    """How many working days are among the first ``days`` days of the calendar."""
    weeks, rest = divmod(days, 7)
    return weeks * len(week.days) + sum(day < rest for day in week.days)


def _ordinal(day: date) -> int:
    return day.toordinal() - 1


def _free(holidays: Sequence[date | None], week: Week) -> list[int]:
    """The holidays that fall on working days, as ordinals, each once, in order."""
    return sorted({_ordinal(day) for day in holidays if day is not None and day.weekday() in week.days})


def count(start: date, end: date, holidays: Sequence[date | None], week: Week) -> int:
    """Working days from ``start`` to ``end``, both counted; negative when turned round."""
    first, last, sign = (start, end, 1) if start <= end else (end, start, -1)
    low, high = _ordinal(first), _ordinal(last)
    total = _before(high + 1, week) - _before(low, week)
    return sign * (total - sum(low <= day <= high for day in _free(holidays, week)))


def step(start: date, days: int, holidays: Sequence[date | None], week: Week) -> date:
    """The working day ``days`` working days after (before, when negative) ``start``; ``#NUM!`` outside the calendar."""
    if not days:
        return start
    days = max(-LIMIT, min(LIMIT, days))
    here = _ordinal(start)
    free = _free(holidays, week)
    # each holiday on the way moves the goal by one; they are numbered as working days are
    if days > 0:
        goal = _before(here + 1, week) + days
        ahead = [_before(day + 1, week) for day in free if day > here]
        goal += sum(number - index <= goal for index, number in enumerate(ahead))
    else:
        goal = _before(here, week) + days + 1
        ahead = [_before(day + 1, week) for day in reversed(free) if day < here]
        goal -= sum(number + index >= goal for index, number in enumerate(ahead))
    weeks, place = divmod(goal - 1, len(week.days))
    ordinal = weeks * 7 + week.days[place]
    if not 0 <= ordinal <= _ordinal(moments.LAST_DAY):
        raise FormulaFailure(NUM)
    return date.fromordinal(ordinal + 1)


# -- SQL --------------------------------------------------------------------------------------------------------


def _before_sql(days: Sql, week: Week) -> Sql:
    """``days`` is an integer that is not negative."""
    rest = " + ".join(f"({{0}} % 7 > {day})::integer" for day in week.days)
    return sql(f"({{0}} / 7 * {len(week.days)} + {rest})", days)


def holidays_sql(zone: Sql, holidays: Sequence[Operand]) -> tuple[Sql, Sql | None]:
    """All holidays as ``date[]``, and the error where an item of a list is no date."""
    pieces: list[Sql] = [sql("ARRAY[]::date[]")]
    errors: list[Sql | None] = []
    for holiday in holidays:
        if holiday.type is not LIST:
            pieces.append(sql("ARRAY[{0}]::date[]", holiday))
            continue
        read = moments_sql.moment_from_text(zone, Operand(TEXT, variable("u", "item")))
        assert read.error is not None  # noqa: S101
        pieces.append(
            over(
                "u",
                "ARRAY(SELECT {1}::date FROM unnest({0}) WITH ORDINALITY AS u(item, place) ORDER BY u.place)",
                holiday,
                read.value,
            )
        )
        wrong = over(
            "u", "EXISTS (SELECT FROM unnest({0}) AS u(item) WHERE {1} IS NOT NULL)", holiday, read.error
        )
        errors.append(failing(wrong, VALUE))
    joined = sql("(" + " || ".join(f"{{{i}}}" for i in range(len(pieces))) + ")", *pieces)
    return joined, first_error(*errors)


def _free_sql(week: Week) -> str:
    """``SELECT DISTINCT`` of the ordinals of holidays on working days; ``{0}`` is the array."""
    listed = ", ".join(map(str, week.days))
    return (
        f"SELECT DISTINCT h.day - {moments_sql.FIRST} AS o FROM unnest({{0}}) AS h(day)"
        f" WHERE (h.day - {moments_sql.FIRST}) % 7 IN ({listed})"
    )


def count_sql(start: Operand, end: Operand, holidays: Sql | None, week: Week) -> Sql:
    """:func:`count` as numeric; NULL when a date is."""
    low = moments_sql.ordinal(sql("LEAST({0}, {1})", start, end))
    high = moments_sql.ordinal(sql("GREATEST({0}, {1})", start, end))
    total = sql("({0} - {1})", _before_sql(sql("({0} + 1)", high), week), _before_sql(low, week))
    if holidays is not None:
        off = sql(
            f"(SELECT count(*) FROM ({_free_sql(week)}) f WHERE f.o BETWEEN {{1}} AND {{2}})",
            holidays,
            low,
            high,
        )
        total = sql("({0} - {1})", total, off)
    return sql(
        "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL"
        " THEN ((CASE WHEN {0} > {1} THEN -1 ELSE 1 END) * {2})::numeric END",
        start,
        end,
        total,
    )


def step_sql(start: Operand, days_: Operand, holidays: Sql | None, week: Week) -> Outcome:
    """:func:`step`; NULL when the date is."""
    days = sql(f"LEAST(GREATEST({{0}}, -{LIMIT}), {LIMIT})", days_)
    here = moments_sql.ordinal(start)
    goal = sql(
        "(CASE WHEN {0} > 0 THEN {1} + {0} ELSE {2} + {0} + 1 END)",
        days,
        _before_sql(sql("({0} + 1)", here), week),
        _before_sql(here, week),
    )
    if holidays is not None:
        moved = sql(
            "(CASE WHEN {1} > 0 THEN (SELECT count(*) FROM (SELECT "
            f"{_numbered(week)} - row_number() OVER (ORDER BY f.o) + 1 AS n FROM ({_free_sql(week)}) f"
            " WHERE f.o > {2}) g WHERE g.n <= {3})"
            " ELSE -(SELECT count(*) FROM (SELECT "
            f"{_numbered(week)} + row_number() OVER (ORDER BY f.o DESC) - 1 AS n FROM ({_free_sql(week)}) f"
            " WHERE f.o < {2}) g WHERE g.n >= {3}) END)",
            holidays,
            days,
            here,
            goal,
        )
        goal = sql("({0} + {1})::integer", goal, moved)
    size = len(week.days)
    offsets = ", ".join(map(str, week.days))
    # floor division: goals before the calendar are negative
    weeks = sql(f"floor(({{0}} - 1)::numeric / {size})::integer", goal)
    ordinal = sql(f"({{1}} * 7 + (ARRAY[{offsets}])[{{0}} - {{1}} * {size}])", goal, weeks)
    found = moments_sql.day_at(ordinal)
    value = sql("CASE WHEN {1} = 0 THEN {0} ELSE {2} END", start, days, found.value)
    error = sql("CASE WHEN {0} <> 0 THEN {1} END", days, found.error or sql("NULL::text"))
    return Outcome(value, error, nullable=start.nullable)


def _numbered(week: Week) -> str:
    """The number of the working day at ordinal ``f.o``."""
    rest = " + ".join(f"((f.o + 1) % 7 > {day})::integer" for day in week.days)
    return f"((f.o + 1) / 7 * {len(week.days)} + {rest})"
