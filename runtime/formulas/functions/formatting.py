"""TEXT: numbers, dates and durations written by a format code."""

from __future__ import annotations

from runtime.formulas import formats
from runtime.formulas.coercions import convert, definite, filled
from runtime.formulas.formats import ElapsedFormat, MomentFormat, parse_format
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.number_formats_sql import number_sql
from runtime.formulas.number_formats import NumberFormat, TextSection, format_number, format_text
from runtime.formulas.operations import Operand, Operation, Outcome, failing, limited, settled, sql, text
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, IfError, Let, Local, Term
from runtime.formulas.types import BOOLEAN, DATETIME, LIST, NUMBER, TEXT, VALUE
from runtime.i18n import N_

# -- dates ------------------------------------------------------------------------------------------------------


def _names(names: tuple[str, ...], index: str) -> str:
    return f"(ARRAY[{', '.join(repr(name) for name in names)}])[{index}]"


_DOW = "extract(dow FROM {0})::integer + 1"
_MONTH = "extract(month FROM {0})::integer"
_PIECES = {
    "yyyy": "to_char({0}, 'YYYY')", "yy": "to_char({0}, 'YY')",
    "m": "to_char({0}, 'FMMM')", "mm": "to_char({0}, 'MM')",
    "mmmmm": _names(tuple(name[:1] for name in formats.MONTHS), _MONTH),
    "mmm": _names(tuple(name[:3] for name in formats.MONTHS), _MONTH), "mmmm": _names(formats.MONTHS, _MONTH),
    "d": "to_char({0}, 'FMDD')", "dd": "to_char({0}, 'DD')",
    "ddd": _names(tuple(name[:3] for name in formats.DAYS), _DOW), "dddd": _names(formats.DAYS, _DOW),
    "aaa": _names(tuple(formats.DAYS_ZH), _DOW), "aaaa": "'星期' || " + _names(tuple(formats.DAYS_ZH), _DOW),
    "n": "to_char({0}, 'FMMI')", "nn": "to_char({0}, 'MI')", "s": "to_char({0}, 'FMSS')", "ss": "to_char({0}, 'SS')",
    "AM/PM": "CASE WHEN extract(hour FROM {0}) < 12 THEN 'AM' ELSE 'PM' END",
    "A/P": "CASE WHEN extract(hour FROM {0}) < 12 THEN 'A' ELSE 'P' END",
    "上午/下午": "CASE WHEN extract(hour FROM {0}) < 12 THEN '上午' ELSE '下午' END",
}  # fmt: skip


def _moment_sql(moment: Operand, format_: MomentFormat) -> Outcome:
    is_half = any(piece in formats.HALF_DAYS for piece in format_.pieces)
    written: list[Sql] = []
    for piece in format_.pieces:
        if piece[0] == formats.LITERAL:
            written.append(text(piece[1:]))
        elif piece[0] == ".":
            written.append(sql(f"('.' || left(to_char({{0}}, 'US'), {len(piece) - 1}))", moment))
        elif piece in ("h", "hh"):
            code = ("FM" if piece == "h" else "") + ("HH12" if is_half else "HH24")
            written.append(sql(f"to_char({{0}}, '{code}')", moment))
        else:
            written.append(sql(f"({_PIECES[piece]})", moment))
    return Outcome(_concatenated(written))


def _concatenated(written: list[Sql]) -> Sql:
    return sql("(" + " || ".join(f"{{{i}}}" for i in range(len(written))) + ")", *written)


# -- durations --------------------------------------------------------------------------------------------------


def _elapsed_sql(days: Operand, format_: ElapsedFormat) -> Outcome:
    value = settled(days)
    seconds = sql("round({0} * 86400)", value)
    written: list[Sql] = []
    for piece in format_.pieces:
        if piece[0] == formats.LITERAL:
            written.append(text(piece[1:]))
            continue
        code = piece.strip("[]")
        unit, base = formats.ELAPSED_UNITS[code[0].replace("m", "n")]
        amount = sql(f"div({{0}}, {unit})", seconds)
        if piece[0] != "[":
            amount = sql(f"mod({{0}}, {base})", amount)
        digits = sql("{0}::text", amount)
        written.append(sql(f"(repeat('0', {len(code)} - char_length({{0}})) || {{0}})", digits))
    return Outcome(_concatenated(written), failing(sql("({0} < 0)", value), VALUE))


# -- texts ------------------------------------------------------------------------------------------------------


def _text_sql(value: Operand, section: TextSection) -> Outcome:
    written = [sql("{0}", value) if piece is None else text(piece) for piece in section.pieces]
    return limited(_concatenated([text(""), *written]))


# -- the function -----------------------------------------------------------------------------------------------

_FORMAT_NUMBER = Operation("format_number", format_number, number_sql)
_FORMAT_MOMENT = Operation("format_moment", formats.format_moment, _moment_sql, blank_out=True)
_FORMAT_TEXT = Operation("format_text", format_text, _text_sql)
_FORMAT_ELAPSED = Operation("format_elapsed", formats.format_elapsed, _elapsed_sql)


def _build(call: Call) -> Term:
    format_ = call.constant(1, parse_format)
    value = definite(call.arguments[0])
    if value.type is BOOLEAN:
        return filled(convert(value, TEXT))
    if value.type not in (TEXT, LIST):
        return _formatted(value, format_)
    # a text that is neither number nor date stays as it is
    whole, part = call.fresh(), call.fresh()
    local = Local(TEXT, whole)
    body = _formatted(local, format_)
    return Let(
        TEXT,
        whole,
        convert(value, TEXT),
        IfError(TEXT, part, body, Local(TEXT, part), _as_text(local, format_)),
    )


def _as_text(value: Term, format_: formats.Format) -> Term:
    """A text by the section of the format that is for text."""
    if not isinstance(format_, NumberFormat) or format_.text is None:
        return value
    return Apply(TEXT, _FORMAT_TEXT, (value,), (format_.text,))


def _formatted(value: Term, format_: formats.Format) -> Term:
    match format_:
        case NumberFormat():
            return Apply(TEXT, _FORMAT_NUMBER, (filled(convert(value, NUMBER)),), (format_,))
        case MomentFormat():
            return Apply(TEXT, _FORMAT_MOMENT, (convert(value, DATETIME),), (format_,))
        case ElapsedFormat():
            return Apply(TEXT, _FORMAT_ELAPSED, (filled(convert(value, NUMBER)),), (format_,))


TEXT_FUNCTION = Function(
    "TEXT", ("文本", "格式化", "文字格式"), Family.TEXT,
    (Argument("值", "value", Kind.ANY), Argument("格式", "format", Kind.CONSTANT, prepare=parse_format)),
    N_("按格式写出数字、日期或时长,格式代码和 Excel 一样。"),
    "Writes a number, a date or a duration by a format code, as in Excel.",
    (
        Example('TEXT(1234.567, "#,##0.00")', "1,234.57"), Example('TEXT(0.285, "0.0%")', "28.5%"),
        Example('TEXT(7, "000")', "007"), Example('TEXT(DATE(2026,1,5), "yyyy年m月d日 aaaa")', "2026年1月5日 星期一"),
        Example('TEXT("2026-01-15 18:05", "hh:mm AM/PM")', "06:05 PM"), Example('TEXT(1.5, "[h]:mm")', "36:00"),
        Example('TEXT(12200000, "0.00E+00")', "1.22E+07"), Example('TEXT(123456, "0!.0,万")', "12.3万"),
        Example('TEXT("待定", "0.0;-0.0;0;""未填数字:""@")', "未填数字:待定"),
        Example('TEXT(1234567898, "[<=9999999]###-####;(###) ###-####")', "(123) 456-7898"),
    ),
    build=_build,
    differs=N_("格式要直接写在公式里;不支持 ?(分数除外)和 * 占位。空白日期写出来是空白。"),
    differs_english="The format is written in the formula; no placeholders ? (but in fractions) and *. A blank date is "
    "written as nothing.",
)  # fmt: skip

FUNCTIONS = (TEXT_FUNCTION,)
