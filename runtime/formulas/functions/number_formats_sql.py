"""The number formats of TEXT in SQL, piece for piece as :mod:`runtime.formulas.number_formats` writes them."""

from __future__ import annotations

from decimal import Decimal

from runtime.formulas.number_formats import (
    Condition,
    Fraction,
    NumberFormat,
    NumberSection,
    fallback_section,
)
from runtime.formulas.operations import Operand, Outcome, parameter, settled, sql, text
from runtime.formulas.sqltree import Sql
from runtime.formulas.types import SETTLED_SCALE


def number_sql(number: Operand, format_: NumberFormat) -> Outcome:
    """``format_number``."""
    value = settled(number)
    size = sql("abs({0})", value)
    if format_.conditions:
        return Outcome(_conditional(value, size, format_))
    written = [_section_sql(size, section) for section in format_.sections]
    if len(written) == 1:
        return Outcome(sql("(CASE WHEN {0} < 0 THEN '-' ELSE '' END || {1})", value, written[0]))
    if len(written) == 2:
        return Outcome(sql("CASE WHEN {0} < 0 THEN {2} ELSE {1} END", value, *written))
    return Outcome(sql("CASE WHEN {0} < 0 THEN {2} WHEN {0} = 0 THEN {3} ELSE {1} END", value, *written))


def _conditional(value: Sql, size: Sql, format_: NumberFormat) -> Sql:
    body = _section_sql(size, fallback_section(format_))
    for section, condition in reversed(list(zip(format_.sections, format_.conditions, strict=True))):
        if condition is not None:
            body = sql(
                "CASE WHEN {0} THEN {1} ELSE {2} END",
                _holds(value, condition),
                _section_sql(size, section),
                body,
            )
    return sql("(CASE WHEN {0} < 0 THEN '-' ELSE '' END || {1})", value, body)


def _holds(value: Sql, condition: Condition) -> Sql:
    return sql(f"({{0}} {condition.sign} {{1}})", value, parameter(condition.limit, "numeric"))


def _section_sql(value: Sql, section: NumberSection) -> Sql:
    if section.plain:
        return sql("({1} || trim_scale({0})::text || {2})", value, text(section.prefix), text(section.suffix))
    if not section.has_digits:
        return text(section.prefix + section.suffix)
    shifted = sql(f"({{0}} * {format(Decimal(1).scaleb(section.shift), 'f')})", value)
    if section.fraction:
        body = _fraction(shifted, section.fraction)
    elif section.exponent:
        body = _scientific(shifted, section)
    else:
        body = _decimal(sql(f"round({{0}}, {section.most})::text", shifted), section)
    return sql("({1} || {0} || {2})", body, text(section.prefix), text(section.suffix))


def _decimal(rounded: Sql, section: NumberSection) -> Sql:
    """``rounded`` is the text of a number with ``most`` decimals."""
    whole = sql("split_part({0}, '.', 1)", rounded)
    whole = sql("CASE WHEN {0} = '0' THEN '' ELSE {0} END", whole)
    whole = sql(f"(repeat('0', GREATEST({section.whole} - char_length({{0}}), 0)) || {{0}})", whole)
    if section.grouped:
        whole = sql("regexp_replace({0}, {1}, '\\1,', 'g')", whole, text(r"(\d)(?=(?:\d\d\d)+$)"))
    if section.inserts:
        whole = _with_inserts(whole, section)
    decimals = sql("split_part({0}, '.', 2)", rounded)
    decimals = sql(
        f"(left({{0}}, {section.least}) || rtrim(substr({{0}}, {section.least + 1}), '0'))", decimals
    )
    return sql("({0} || {2} || {1})", whole, decimals, text("." if section.point else ""))


def _with_inserts(whole: Sql, section: NumberSection) -> Sql:
    pieces = []
    arguments = [whole]
    start = "0"
    for right, literal in section.inserts:
        end = f"GREATEST(char_length({{0}}) - {right}, 0)"
        pieces.append(f"substr({{0}}, {start} + 1, {end} - {start}) || {{{len(arguments)}}}")
        arguments.append(text(literal))
        start = end
    return sql("(" + " || ".join(pieces) + f" || substr({{0}}, {start} + 1))", *arguments)


def _scientific(value: Sql, section: NumberSection) -> Sql:
    plain = sql("trim_scale({0})::text", value)
    power = sql(
        "(CASE WHEN {0} >= 1 THEN char_length(split_part({1}, '.', 1)) - 1 WHEN {0} = 0 THEN 0"
        " ELSE -regexp_instr(split_part({1}, '.', 2), '[1-9]') END)",
        value,
        plain,
    )
    digits = sql("CASE WHEN {1} = 0 THEN '0' ELSE ltrim(replace({0}, '.', ''), '0') END", plain, value)
    mantissa = sql(
        f"round((left({{0}}, 1) || '.' || substr({{0}}, 2) || '0')::numeric, {section.most})", digits
    )
    rounds_up = sql("({0} >= 10)", mantissa)
    mantissa = sql(
        f"CASE WHEN {{1}} THEN round({{0}} * 0.1, {section.most}) ELSE {{0}} END", mantissa, rounds_up
    )
    power = sql("({0} + {1}::integer)", power, rounds_up)
    sign = f"CASE WHEN {{0}} < 0 THEN '-' ELSE '{'+' if section.plus else ''}' END"
    exponent = sql(
        f"({sign} || repeat('0', {section.exponent} - char_length(abs({{0}})::text)) || abs({{0}})::text)",
        power,
    )
    return sql("({0} || 'E' || {1})", _decimal(sql("{0}::text", mantissa), section), exponent)


def _fraction(value: Sql, fraction: Fraction) -> Sql:
    rest = sql(f"round({{0}} - trunc({{0}}), {SETTLED_SCALE})", value)
    if fraction.fixed:
        nearest = sql(f"ARRAY[round({{0}} * {fraction.fixed}), {fraction.fixed}]::numeric[]", rest)
    else:
        nearest = sql(
            "(SELECT ARRAY[c.n, c.d]::numeric[] FROM (SELECT g.d::numeric AS d, round({0} * g.d) AS n FROM"
            f" generate_series(1, {10 ** fraction.widths[1] - 1}) AS g(d)) c"
            " ORDER BY round(div(abs({0} * c.d - c.n) * 1e31, c.d) * 1e-31, 30), c.d LIMIT 1)",
            rest,
        )
    is_whole = sql("(({0})[1] = ({0})[2])", nearest)
    whole = sql("(trunc({0}) + {1}::integer)", value, is_whole)
    above = sql("(CASE WHEN {1} THEN 0 ELSE ({0})[1] END)", nearest, is_whole)
    below = sql("({0})[2]", nearest)
    left, right = fraction.widths
    if not fraction.whole:
        above = sql("({0} + {1} * {2})", above, whole, below)
    ratio = sql(
        f"(repeat(' ', {left} - char_length({{0}}::text)) || {{0}}::text || '/' || rpad({{1}}::text, {right}))",
        sql("trunc({0})", above),
        sql("trunc({0})", below),
    )
    if not fraction.whole:
        return ratio
    digits = sql("(CASE WHEN {0} = 0 THEN '' ELSE trunc({0})::text END)", whole)
    written = sql(f"(repeat('0', {fraction.least} - char_length({{0}})) || {{0}})", digits)
    return sql(
        f"CASE WHEN {{0}} = 0 THEN COALESCE(NULLIF({{1}}, ''), '0') || '{' ' * (left + right + 2)}'"
        " ELSE {1} || ' ' || {2} END",
        above,
        written,
        ratio,
    )
