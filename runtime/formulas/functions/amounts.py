"""Numbers as people write them on documents: with separators, and in Chinese capitals."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from runtime.formulas import numbers
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.functions.text import refuse
from runtime.formulas.operations import Operand, Operation, Outcome, failing, settled, sql, text
from runtime.formulas.types import NUM, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

_NUMBER = Argument("数值", "number", Kind.NUMBER)
_MOST = 15

# -- with separators --------------------------------------------------------------------------------------------


def _fixed(value: Decimal, places: int, is_plain: bool) -> str:
    refuse(places > _MOST)
    unit = Decimal(1).scaleb(-max(places, -40))
    rounded = numbers.settle(value).quantize(unit, ROUND_HALF_UP, numbers.EXACT)
    whole, point, decimals = format(abs(rounded), "f").partition(".")
    if not is_plain:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    return ("-" if rounded < 0 else "") + whole + point + decimals


def _fixed_sql(value: Operand, places: Operand, is_plain: Operand) -> Outcome:
    rounded = sql(f"round({{0}}, LEAST(GREATEST({{1}}, -40), {_MOST}))", settled(value), places)
    digits = sql("abs({0})::text", rounded)
    grouped = sql(
        "(CASE WHEN {1} THEN split_part({0}, '.', 1) ELSE regexp_replace(split_part({0}, '.', 1), {2}, '\\1,', 'g') END"
        " || substr({0}, char_length(split_part({0}, '.', 1)) + 1))",
        digits,
        is_plain,
        text(r"(\d)(?=(?:\d\d\d)+$)"),
    )
    return Outcome(
        sql("(CASE WHEN {0} < 0 THEN '-' ELSE '' END || {1})", rounded, grouped),
        failing(sql(f"({{0}} > {_MOST})", places), VALUE),
    )


FIXED = Function(
    "FIXED", ("固定小数",), Family.TEXT,
    (_NUMBER, Argument("小数位数", "decimals", Kind.WHOLE, default=2), Argument("不要千分位", "plain", Kind.BOOLEAN, default=False)),
    N_("把数字四舍五入到几位小数,写成带千分位的文字。"), "A number rounded to some decimals and written with thousands separators, as text.",
    (Example("FIXED(1234.567, 1)", "1,234.6"), Example("FIXED(1234.567, -1)", "1,230"), Example("FIXED(-1234.567, 1, TRUE)", "-1234.6"),
     Example("FIXED(44.332)", "44.33")),
    TEXT, Operation("fixed", _fixed, _fixed_sql),
    differs=N_("小数最多 15 位。"), differs_english="At most 15 decimals.",
)  # fmt: skip

# -- in Chinese capitals ----------------------------------------------------------------------------------------

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_UNITS: Final = "元拾佰仟万拾佰仟亿拾佰仟万拾佰仟"
_STEPS: Final = (  # both regular expression dialects read these alike
    ("零[仟佰拾]", "零"),
    ("零+([万亿元])", "\\1"),
    ("零+", "零"),
    ("亿万([^零元])", "亿零\\1"),
    ("亿万", "亿"),
)
_TO_CAPITALS = str.maketrans("0123456789", _DIGITS)
_LIMIT: Final = Decimal(10) ** len(_UNITS)


def _capitals(value: Decimal) -> str:
    cents = numbers.settle(value).quantize(Decimal("0.01"), ROUND_HALF_UP, numbers.EXACT)
    if abs(cents) >= _LIMIT:
        raise FormulaFailure(NUM)
    whole, _, decimals = format(abs(cents), "f").partition(".")
    written = "".join(
        reversed([d.translate(_TO_CAPITALS) + _UNITS[p] for p, d in enumerate(reversed(whole))])
    )
    for pattern, new in _STEPS:
        written = re.sub(pattern, new, written)
    written = "" if whole == "0" else written
    tenths, hundredths = (digit.translate(_TO_CAPITALS) for digit in decimals)
    if decimals == "00":
        written = (written or "零元") + "整"
    elif hundredths == "零":
        written += tenths + "角整"
    elif tenths == "零":
        written += ("零" if written else "") + hundredths + "分"
    else:
        written += tenths + "角" + hundredths + "分"
    return ("负" if cents < 0 else "") + written


def _capitals_sql(value: Operand) -> Outcome:
    cents = sql("round({0}, 2)", settled(value))
    fits = sql(f"(abs({{0}}) < 1e{len(_UNITS)})", cents)
    digits = sql("(CASE WHEN {1} THEN abs({0}) ELSE 0.00 END)::text", cents, fits)
    whole = sql("split_part({0}, '.', 1)", digits)
    written = sql(
        "COALESCE((SELECT string_agg(translate(u.digit, '0123456789', {1}) || substr({2}, u.place::integer, 1), ''"
        " ORDER BY u.place DESC) FROM string_to_table(reverse({0}), NULL) WITH ORDINALITY AS u(digit, place)), '')",
        whole,
        text(_DIGITS),
        text(_UNITS),
    )
    for pattern, new in _STEPS:
        written = sql("regexp_replace({0}, {1}, {2}, 'g')", written, text(pattern), text(new))
    written = sql("CASE WHEN {1} = '0' THEN '' ELSE {0} END", written, whole)
    decimals = sql("translate(split_part({0}, '.', 2), '0123456789', {1})", digits, text(_DIGITS))
    result = sql(
        "(CASE WHEN {2} < 0 THEN '负' ELSE '' END || CASE WHEN {1} = '零零' THEN COALESCE(NULLIF({0}, ''), '零元') || '整'"
        " WHEN right({1}, 1) = '零' THEN {0} || left({1}, 1) || '角整'"
        " WHEN left({1}, 1) = '零' THEN {0} || CASE WHEN {0} = '' THEN '' ELSE '零' END || right({1}, 1) || '分'"
        " ELSE {0} || left({1}, 1) || '角' || right({1}, 1) || '分' END)",
        written,
        decimals,
        cents,
    )
    return Outcome(result, failing(sql("(NOT {0})", fits), NUM))


RMBUPPER = Function(
    "RMBUPPER", ("金额大写", "人民币大写"), Family.TEXT, (_NUMBER,),
    N_("把金额写成人民币大写,精确到分;要小于一亿亿。"), "An amount in Chinese capitals, as on invoices, to the cent; below 10^16.",
    (
        Example("RMBUPPER(1234.5)", "壹仟贰佰叁拾肆元伍角整"), Example("RMBUPPER(100000001)", "壹亿零壹元整"),
        Example("RMBUPPER(-0.05)", "负伍分"), Example("RMBUPPER(0)", "零元整"), Example("RMBUPPER(20300.07)", "贰万零叁佰元零柒分"),
    ),
    TEXT, Operation("rmb_upper", _capitals, _capitals_sql),
)  # fmt: skip

FUNCTIONS = (FIXED, RMBUPPER)
