"""Functions with regular expressions."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from runtime.formulas import texts
from runtime.formulas.coercions import coerce
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.text import refuse
from runtime.formulas.items import Items, bounded_items, bounded_items_sql
from runtime.formulas.operations import Operand, Operation, Outcome, failing, first_error, limited, sql, text
from runtime.formulas.problems import BadConstant
from runtime.formulas.regex import BadPattern, Pattern, matcher, parse_pattern
from runtime.formulas.sqltree import Sql
from runtime.formulas.terms import Apply, Term
from runtime.formulas.types import BOOLEAN, LIST, MAX_REGEX_TEXT, NA, NUMBER, TEXT, VALUE, FormulaFailure
from runtime.i18n import N_

_TEXT = Argument("文字", "text", Kind.TEXT)
_PATTERN = Argument("正则表达式", "pattern", Kind.CONSTANT, prepare=parse_pattern)
_DIALECT = N_(
    "支持 . [ ] ( ) | * + ? {m,n} ^ $ \\d \\w \\s;不支持反向引用、环视和“尽量少”的重复。匹配取最靠左、最长的一处。"
)
_DIALECT_ENGLISH = (
    "Supports . [ ] ( ) | * + ? {m,n} ^ $ \\d \\w \\s; no back references, look-around or lazy repetition. The leftmost, "
    "longest match counts."
)


def _readable(value: str) -> str:
    refuse(len(value) > MAX_REGEX_TEXT)
    return value


def _guarded(value: Operand) -> tuple[Sql, Sql]:
    """The text if it is short enough to be searched (else nothing), and the error if not."""
    too_long = sql(f"(char_length({{0}}) > {MAX_REGEX_TEXT})", value)
    return sql("CASE WHEN {1} THEN '' ELSE {0} END", value, too_long), failing(too_long, VALUE)


def _match(value: str, pattern: Pattern) -> bool:
    return matcher(pattern).search(_readable(value)) is not None


def _match_sql(value: Operand, pattern: Pattern) -> Outcome:
    readable, error = _guarded(value)
    return Outcome(sql("({0} ~ {1})", readable, text(pattern.sql)), error)


REGEXMATCH = Function(
    "REGEXMATCH", ("正则匹配", "REGEXTEST"), Family.REGEX, (_TEXT, _PATTERN),
    N_("文字里有没有符合正则表达式的部分。"), "Whether some part of a text matches a regular expression.",
    (Example('REGEXMATCH("13800138000", "^1[3-9]\\d{9}$")', True), Example('REGEXMATCH("备注:无", "急|加急")', False)),
    BOOLEAN, Operation("regex_match", _match, _match_sql), differs=_DIALECT, differs_english=_DIALECT_ENGLISH,
)  # fmt: skip


def _extract(value: str, pattern: Pattern) -> str:
    found = matcher(pattern).search(_readable(value))
    if found is None:
        raise FormulaFailure(NA)
    start, end = found.groups[0] if found.groups else (found.start, found.end)
    return value[start:end]


def _extract_sql(value: Operand, pattern: Pattern) -> Outcome:
    readable, error = _guarded(value)
    found = sql("(regexp_match({0}, {1}))[1]", readable, text(pattern.sql))
    missing = failing(sql("({0} IS NULL)", found), NA)
    return Outcome(sql("COALESCE({0}, '')", found), first_error(error, missing))


REGEXEXTRACT = Function(
    "REGEXEXTRACT", ("正则提取",), Family.REGEX, (_TEXT, _PATTERN),
    N_("取出符合正则表达式的第一处;有括号分组时取第一个分组。没有是 #N/A。"),
    "The first match of a regular expression, or its first group; #N/A when there is none.",
    (
        Example('REGEXEXTRACT("顺丰 SF1023456789012 已发", "SF\\d+")', "SF1023456789012"),
        Example('REGEXEXTRACT("收件人:王芳 电话:138", "收件人:(\\S+)")', "王芳"),
        Example('REGEXEXTRACT("无", "\\d+")', {"error": "#N/A"}),
    ),
    TEXT, Operation("regex_extract", _extract, _extract_sql), differs=_DIALECT, differs_english=_DIALECT_ENGLISH,
)  # fmt: skip

# -- replacement ------------------------------------------------------------------------------------------------


class Template(msgspec.Struct, frozen=True):
    """A replacement: texts, and numbers for groups (0 is the whole match)."""

    pieces: tuple[str | int, ...]


def parse_template(source: str) -> Template:
    """``$1****$2``; ``$$`` is a dollar sign. Raises :class:`BadConstant`."""
    if len(source) > 1000:
        raise BadConstant(N_("新文字太长了,最多 {limit} 个字"), limit=1000)
    pieces: list[str | int] = []
    for found in re.finditer(r"\$(\d)|\$\$|([^$]+|\$)", source):
        pieces.append(int(found[1]) if found[1] else ("$" if found.group() == "$$" else found.group()))
    return Template(tuple(pieces))


def _parse_replaceable(source: str) -> Pattern:
    pattern = parse_pattern(source)
    if pattern.can_be_empty:
        raise BadPattern(N_("这个正则表达式连空白也能匹配,替换和逐处查找时不能用,例如把 \\d* 改成 \\d+"))
    return pattern


def _replace(value: str, pattern: Pattern, template: Template) -> str:
    result: list[str] = []
    position = 0
    for found in matcher(pattern).all(_readable(value)):
        result.append(value[position : found.start])
        spans = ((found.start, found.end), *found.groups)
        for piece in template.pieces:
            result.append(piece if isinstance(piece, str) else value[slice(*spans[piece])])
        position = found.end
    result.append(value[position:])
    return texts.limited("".join(result))


def _replace_sql(value: Operand, pattern: Pattern, template: Template) -> Outcome:
    readable, error = _guarded(value)
    written = "".join(
        piece.replace("\\", "\\\\") if isinstance(piece, str) else (f"\\{piece}" if piece else "\\&")
        for piece in template.pieces
    )
    result = limited(sql("regexp_replace({0}, {1}, {2}, 'g')", readable, text(pattern.sql), text(written)))
    return Outcome(result.value, first_error(error, result.error))


def _extract_all(value: str, pattern: Pattern) -> Items:
    found = matcher(pattern).all(_readable(value))
    return bounded_items(
        value[slice(*(one.groups[0] if one.groups else (one.start, one.end)))] for one in found
    )


def _extract_all_sql(value: Operand, pattern: Pattern) -> Outcome:
    readable, error = _guarded(value)
    found = bounded_items_sql(
        sql(
            "ARRAY(SELECT COALESCE(r.found[1], '') FROM regexp_matches({0}, {1}, 'g') WITH ORDINALITY AS r(found, place)"
            " ORDER BY r.place)",
            readable,
            text(pattern.sql),
        )
    )
    return Outcome(found.value, first_error(error, found.error))


def _count(value: str, pattern: Pattern) -> Decimal:
    return Decimal(len(matcher(pattern).all(_readable(value))))


def _count_sql(value: Operand, pattern: Pattern) -> Outcome:
    readable, error = _guarded(value)
    return Outcome(
        sql("regexp_count({0}, {1})::numeric", readable, text(pattern.sql)), error, digits=6, scale=0
    )


_REPEATED = Argument("正则表达式", "pattern", Kind.CONSTANT, prepare=_parse_replaceable)

REGEXEXTRACTALL = Function(
    "REGEXEXTRACTALL", ("正则提取全部",), Family.REGEX, (_TEXT, _REPEATED),
    N_("取出符合正则表达式的每一处,成为列表;有括号分组时取第一个分组。"),
    "All matches of a regular expression, or their first groups, as a list.",
    (
        Example('ARRAYJOIN(REGEXEXTRACTALL("订单 TB001 和 TB002", "TB\\d+"))', "TB001、TB002"),
        Example('SUM(REGEXEXTRACTALL("红2件,蓝3件", "(\\d+)件"))', 5),
    ),
    LIST, Operation("regex_extract_all", _extract_all, _extract_all_sql), differs=_DIALECT, differs_english=_DIALECT_ENGLISH,
)  # fmt: skip

REGEXCOUNT = Function(
    "REGEXCOUNT", ("正则计数",), Family.REGEX, (_TEXT, _REPEATED),
    N_("文字里有几处符合正则表达式,不重叠。"), "How often a regular expression matches in a text, not overlapping.",
    (Example('REGEXCOUNT("13800138000,13912345678", "1[3-9]\\d{9}")', 2),),
    NUMBER, Operation("regex_count", _count, _count_sql), differs=_DIALECT, differs_english=_DIALECT_ENGLISH,
)  # fmt: skip


_REPLACE = Operation("regex_replace", _replace, _replace_sql)


def _build_replace(call: Call) -> Term:
    pattern = call.constant(1, _parse_replaceable)
    template = call.constant(2, parse_template)
    if max((piece for piece in template.pieces if isinstance(piece, int)), default=0) > pattern.groups:
        raise call.reject(
            N_("新文字里的 $ 编号比正则表达式的分组多({groups} 个);美元符号本身写成 $$"),
            2,
            groups=pattern.groups,
        )
    return Apply(TEXT, _REPLACE, (coerce(call.arguments[0], TEXT),), (pattern, template))


REGEXREPLACE = Function(
    "REGEXREPLACE", ("正则替换",), Family.REGEX,
    (_TEXT, _PATTERN, Argument("新文字", "new", Kind.CONSTANT, prepare=parse_template)),
    N_("把符合正则表达式的部分都换成新文字;$1、$2 是分组。"),
    "Replaces all matches of a regular expression; $1, $2 stand for its groups.",
    (
        Example('REGEXREPLACE("13800138000", "(\\d{3})\\d{4}(\\d{4})", "$1****$2")', "138****8000"),
        Example('REGEXREPLACE("a1b22", "\\d+", "#")', "a#b#"),
    ),
    build=_build_replace, differs=_DIALECT, differs_english=_DIALECT_ENGLISH,
)  # fmt: skip

FUNCTIONS = (REGEXMATCH, REGEXEXTRACT, REGEXEXTRACTALL, REGEXCOUNT, REGEXREPLACE)
