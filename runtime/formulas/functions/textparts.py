"""Functions that cut texts at marks, fill them up, hide and encode parts of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from runtime.formulas import texts
from runtime.formulas.comparison import folded
from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.functions.text import refuse
from runtime.formulas.operations import Operand, Operation, Outcome, failing, first_error, limited, sql, text
from runtime.formulas.types import BOOLEAN, MAX_TEXT, NA, NUMBER, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

_TEXT = Argument("文字", "text", Kind.TEXT)
_MARK = Argument("标记", "mark", Kind.TEXT)
_WHICH = Argument("第几处", "which", Kind.WHOLE, default=1)
_NOT_FOUND = N_("区分大小写;标记是空文字时是 #VALUE!。")
_NOT_FOUND_ENGLISH = "Case matters; an empty mark is #VALUE!."

# -- before and after a mark ------------------------------------------------------------------------------------


def _parts(value: str, mark: str, which: int) -> tuple[list[str], int]:
    """The pieces between marks, and how many of them are before the one that is asked for."""
    refuse(not mark or not which)
    pieces = value.split(mark)
    count = which if which > 0 else len(pieces) + which
    if not 1 <= count < len(pieces):
        raise FormulaFailure(NA)
    return pieces, count


def _before(value: str, mark: str, which: int) -> str:
    pieces, count = _parts(value, mark, which)
    return mark.join(pieces[:count])


def _after(value: str, mark: str, which: int) -> str:
    pieces, count = _parts(value, mark, which)
    return mark.join(pieces[count:])


def _cut_sql(piece: str) -> Callable[[Operand, Operand, Operand], Outcome]:
    def compiled(value: Operand, mark: Operand, which: Operand) -> Outcome:
        pieces = sql("string_to_array({0}, NULLIF({1}, ''))", value, mark)
        size = sql("COALESCE(cardinality({0}), 0)", pieces)
        count = sql("(CASE WHEN {1} > 0 THEN {1} ELSE {0} + {1} END)", size, which)
        wrong = failing(sql("({0} = '' OR {1} = 0)", mark, which), VALUE)
        missing = failing(sql("({1} < 1 OR {1} >= {0})", size, count), NA)
        found = sql(f"COALESCE(array_to_string(({{0}})[{piece}], {{2}}), '')", pieces, count, mark)
        return Outcome(found, first_error(wrong, missing))

    return compiled


TEXTBEFORE = Function(
    "TEXTBEFORE", ("标记之前", "取之前"), Family.TEXT, (_TEXT, _MARK, _WHICH),
    N_("标记前面的文字;可以指定第几处标记,负数从末尾数起。没有标记是 #N/A。"),
    "The text before a mark, or before its n-th occurrence (from the end when negative); #N/A where there is none.",
    (
        Example('TEXTBEFORE("A区-03排-02架", "-")', "A区"), Example('TEXTBEFORE("A区-03排-02架", "-", 2)', "A区-03排"),
        Example('TEXTBEFORE("a.b.csv", ".", -1)', "a.b"), Example('TEXTBEFORE("无", "-")', {"error": "#N/A"}),
    ),
    TEXT, Operation("text_before", _before, _cut_sql("1:{1}")), differs=_NOT_FOUND, differs_english=_NOT_FOUND_ENGLISH,
)  # fmt: skip

TEXTAFTER = Function(
    "TEXTAFTER", ("标记之后", "取之后"), Family.TEXT, (_TEXT, _MARK, _WHICH),
    N_("标记后面的文字;可以指定第几处标记,负数从末尾数起。没有标记是 #N/A。"),
    "The text after a mark, or after its n-th occurrence (from the end when negative); #N/A where there is none.",
    (Example('TEXTAFTER("收件人:王芳", ":")', "王芳"), Example('TEXTAFTER("a.b.csv", ".", -1)', "csv")),
    TEXT, Operation("text_after", _after, _cut_sql("{1} + 1:")), differs=_NOT_FOUND, differs_english=_NOT_FOUND_ENGLISH,
)  # fmt: skip


def _between(value: str, opening: str, closing: str) -> str:
    refuse(not opening or not closing)
    _, found, rest = value.partition(opening)
    inside, ended, _ = rest.partition(closing)
    if not found or not ended:
        raise FormulaFailure(NA)
    return inside


def _between_sql(value: Operand, opening: Operand, closing: Operand) -> Outcome:
    start = sql("strpos({0}, {1})", value, opening)
    rest = sql("substr({0}, {2} + char_length({1}))", value, opening, start)
    end = sql("strpos({0}, {1})", rest, closing)
    wrong = failing(sql("({0} = '' OR {1} = '')", opening, closing), VALUE)
    missing = failing(sql("({0} = 0 OR {1} = 0)", start, end), NA)
    return Outcome(sql("left({0}, GREATEST({1} - 1, 0))", rest, end), first_error(wrong, missing))


TEXTBETWEEN = Function(
    "TEXTBETWEEN", ("标记之间", "取之间"), Family.TEXT,
    (_TEXT, Argument("前面的标记", "opening", Kind.TEXT), Argument("后面的标记", "closing", Kind.TEXT)),
    N_("两个标记之间的文字;没有是 #N/A。"), "The text between two marks; #N/A where they are not there.",
    (Example('TEXTBETWEEN("规格[红/XL]加急", "[", "]")', "红/XL"), Example('TEXTBETWEEN("无", "[", "]")', {"error": "#N/A"})),
    TEXT, Operation("text_between", _between, _between_sql),
)  # fmt: skip

# -- starts, ends, counts ---------------------------------------------------------------------------------------

_SOUGHT = Argument("要找的文字", "sought", Kind.TEXT)

STARTSWITH = Function(
    "STARTSWITH", ("开头是",), Family.TEXT, (_TEXT, _SOUGHT),
    N_("文字是不是以它开头;不分大小写。"), "Whether a text begins with another, ignoring case.",
    (Example('STARTSWITH("SF1023456789012", "sf")', True), Example('STARTSWITH("YT88", "SF")', False)),
    BOOLEAN,
    Operation("starts_with", lambda value, part: texts.lower(value).startswith(texts.lower(part)),
              lambda value, part: Outcome(sql("starts_with({0}, {1})", folded(value), folded(part)))),
)  # fmt: skip

ENDSWITH = Function(
    "ENDSWITH", ("结尾是",), Family.TEXT, (_TEXT, _SOUGHT),
    N_("文字是不是以它结尾;不分大小写。"), "Whether a text ends with another, ignoring case.",
    (Example('ENDSWITH("发票.PDF", ".pdf")', True), Example('ENDSWITH("发票.PDF", ".jpg")', False)),
    BOOLEAN,
    Operation("ends_with", lambda value, part: texts.lower(value).endswith(texts.lower(part)),
              lambda value, part: Outcome(sql("(right({0}, char_length({1})) = {1})", folded(value), folded(part)))),
)  # fmt: skip


def _occurrences_sql(value: Operand, part: Operand) -> Outcome:
    small, sought = folded(value), folded(part)
    count = sql(
        "COALESCE((char_length({0}) - char_length(replace({0}, {1}, ''))) / NULLIF(char_length({1}), 0), 0)::numeric",
        small,
        sought,
    )
    return Outcome(count, digits=6, scale=0)


COUNTTEXT = Function(
    "COUNTTEXT", ("出现次数",), Family.TEXT, (_TEXT, _SOUGHT),
    N_("一段文字在另一段里出现几次,不重叠,不分大小写。"), "How often a text occurs in another, not overlapping, ignoring case.",
    (Example('COUNTTEXT("急急急", "急")', 3), Example('COUNTTEXT("aAa", "aa")', 1)),
    NUMBER,
    Operation("occurrences", lambda value, part: Decimal(texts.lower(value).count(texts.lower(part)) if part else 0),
              _occurrences_sql),
)  # fmt: skip

# -- filling up and hiding --------------------------------------------------------------------------------------

_LENGTH = Argument("字数", "length", Kind.WHOLE)
_FILL = Argument("用什么补", "fill", Kind.TEXT, default=" ")


def _filling(value: str, length: int, fill: str) -> str:
    refuse(length < 0 or length > MAX_TEXT)
    missing = length - len(value)
    return (fill * (missing // len(fill) + 1))[:missing] if fill and missing > 0 else ""


def _padded_sql(function: str) -> Callable[[Operand, Operand, Operand], Outcome]:
    def compiled(value: Operand, length: Operand, fill: Operand) -> Outcome:
        held = sql(f"LEAST(GREATEST({{0}}, 0), {MAX_TEXT})", length)
        # lpad and rpad cut what is longer than asked for
        padded = sql(
            f"CASE WHEN char_length({{0}}) >= {{1}} THEN {{0}} ELSE {function}({{0}}, {{1}}, {{2}}) END",
            value,
            held,
            fill,
        )
        result = limited(padded)
        wrong = failing(sql(f"({{0}} < 0 OR {{0}} > {MAX_TEXT})", length), VALUE)
        return Outcome(result.value, first_error(wrong, result.error))

    return compiled


PADLEFT = Function(
    "PADLEFT", ("左补齐", "LPAD"), Family.TEXT, (_TEXT, _LENGTH, _FILL),
    N_("文字不够长时在左边补齐;不写用什么补就补空格,本来更长的不变。"),
    "Filled up on the left to a length, with spaces or another text; longer texts stay as they are.",
    (Example('PADLEFT(7, 4, "0")', "0007"), Example('PADLEFT("12345", 4, "0")', "12345")),
    TEXT, Operation("pad_left", lambda value, length, fill: texts.limited(_filling(value, length, fill) + value),
                    _padded_sql("lpad")),
)  # fmt: skip

PADRIGHT = Function(
    "PADRIGHT", ("右补齐", "RPAD"), Family.TEXT, (_TEXT, _LENGTH, _FILL),
    N_("文字不够长时在右边补齐;不写用什么补就补空格,本来更长的不变。"),
    "Filled up on the right to a length, with spaces or another text; longer texts stay as they are.",
    (Example('PADRIGHT("A1", 4, "*")', "A1**"),),
    TEXT, Operation("pad_right", lambda value, length, fill: texts.limited(value + _filling(value, length, fill)),
                    _padded_sql("rpad")),
)  # fmt: skip


def _mask(value: str, head: int, tail: int, sign: str) -> str:
    refuse(head < 0 or tail < 0)
    hidden = max(len(value) - head - tail, 0)
    if not hidden:  # too short to show anything of it
        return texts.limited(sign * len(value))
    return texts.limited(value[:head] + sign * hidden + value[head + hidden :])


def _mask_sql(value: Operand, head: Operand, tail: Operand, sign: Operand) -> Outcome:
    length = sql("char_length({0})", value)
    hidden = sql("GREATEST({0}::bigint - GREATEST({1}, 0) - GREATEST({2}, 0), 0)", length, head, tail)
    count = sql("(CASE WHEN {1} = 0 THEN {0} ELSE {1} END)", length, hidden)
    shown = sql("({0} > 0)", hidden)
    size = sql("({0} + {1} * (char_length({2})::bigint - 1))", length, count, sign)
    fits = sql(f"({{0}} <= {MAX_TEXT})", size)
    masked = sql(
        "CASE WHEN {5} THEN (CASE WHEN {6} THEN left({0}, GREATEST({1}, 0)) ELSE '' END || repeat({3}, {4}::integer)"
        " || CASE WHEN {6} AND {2} > 0 THEN right({0}, GREATEST({2}, 0)) ELSE '' END) ELSE '' END",
        value, head, tail, sign, count, fits, shown,
    )  # fmt: skip
    wrong = failing(sql("({0} < 0 OR {1} < 0 OR NOT {2})", head, tail, fits), VALUE)
    return Outcome(masked, wrong)


MASK = Function(
    "MASK", ("打码", "脱敏"), Family.TEXT,
    (
        _TEXT, Argument("留开头", "head", Kind.WHOLE, default=3), Argument("留末尾", "tail", Kind.WHOLE, default=4),
        Argument("遮挡符号", "sign", Kind.TEXT, default="*"),
    ),
    N_("遮住中间的字,默认留开头 3 个字和末尾 4 个字;太短的全部遮住。"),
    "Hides the middle of a text, by default all but the first 3 and last 4 characters; short texts entirely.",
    (
        Example('MASK("13800138000")', "138****8000"), Example('MASK("王小明", 1, 0)', "王**"),
        Example('MASK("1234")', "****"),
    ),
    TEXT, Operation("mask", _mask, _mask_sql),
)  # fmt: skip

# -- encoding ---------------------------------------------------------------------------------------------------

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def _encode_url(value: str) -> str:
    return texts.limited(
        "".join(c if c in _PLAIN else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)
    )


def _encode_url_sql(value: Operand) -> Outcome:
    encoded = sql(
        "COALESCE((SELECT string_agg(CASE WHEN u.letter ~ {1} THEN u.letter"
        " ELSE regexp_replace(upper(encode(convert_to(u.letter, 'UTF8'), 'hex')), '(..)', {2}, 'g') END, '' ORDER BY u.place)"
        " FROM string_to_table({0}, NULL) WITH ORDINALITY AS u(letter, place)), '')",
        value,
        text("[-A-Za-z0-9_.~]"),
        text("%\\1"),
    )
    return limited(encoded)


ENCODEURL = Function(
    "ENCODEURL", ("网址编码", "ENCODE_URL_COMPONENT"), Family.TEXT, (_TEXT,),
    N_("把文字变成可以放进网址的形式。"), "A text in the form that fits into a web address.",
    (Example('ENCODEURL("急单 1/2")', "%E6%80%A5%E5%8D%95%201%2F2"), Example('"https://s.example/?q=" & ENCODEURL("a&b")', "https://s.example/?q=a%26b")),
    TEXT, Operation("encode_url", _encode_url, _encode_url_sql),
)  # fmt: skip

FUNCTIONS = (
    TEXTBEFORE, TEXTAFTER, TEXTBETWEEN, STARTSWITH, ENDSWITH, COUNTTEXT, PADLEFT, PADRIGHT, MASK, ENCODEURL,
)  # fmt: skip
