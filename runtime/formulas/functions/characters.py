"""Functions on single characters: their numbers, their width, what cannot be seen."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from runtime.formulas.functions.base import Argument, Example, Family, Function, Kind
from runtime.formulas.functions.text import refuse
from runtime.formulas.operations import Operand, Operation, Outcome, failing, sql, text
from runtime.formulas.types import NUMBER, TEXT, VALUE
from runtime.i18n import N_

_TEXT = Argument("文字", "text", Kind.TEXT)
_CONTROLS: Final = "".join(map(chr, range(1, 32)))
_NARROW: Final = " " + "".join(map(chr, range(0x21, 0x7F)))
_WIDE: Final = "\u3000" + "".join(map(chr, range(0xFF01, 0xFF5F)))
_TO_NARROW = str.maketrans(_WIDE, _NARROW)
_TO_WIDE = str.maketrans(_NARROW, _WIDE)
_WITHOUT_CONTROLS = str.maketrans("", "", _CONTROLS)


def _translated(source: str, target: str) -> Operation:
    table = {(_WIDE, _NARROW): _TO_NARROW, (_NARROW, _WIDE): _TO_WIDE}.get(
        (source, target), _WITHOUT_CONTROLS
    )
    return Operation(
        {_WIDE: "narrow", _NARROW: "wide"}.get(source, "clean"),
        lambda value: value.translate(table),
        lambda value: Outcome(sql("translate({0}, {1}, {2})", value, text(source), text(target))),
    )


CLEAN = Function(
    "CLEAN", ("去不可见字符", "清除打印不出的字符"), Family.TEXT, (_TEXT,),
    N_("去掉换行、制表符等打印不出的字符。"), "Without line breaks, tabs and other characters that cannot be printed.",
    (Example('CLEAN("急" & UNICHAR(10) & "单")', "急单"),), TEXT, _translated(_CONTROLS, ""),
)  # fmt: skip

ASC = Function(
    "ASC", ("转半角",), Family.TEXT, (_TEXT,),
    N_("全角的字母、数字、标点和空格变成半角。"), "Full-width letters, digits, punctuation and spaces become half-width.",
    (Example('ASC("ＳＦ１０２３")', "SF1023"),), TEXT, _translated(_WIDE, _NARROW),
)  # fmt: skip

WIDECHAR = Function(
    "WIDECHAR", ("转全角", "DBCS"), Family.TEXT, (_TEXT,),
    N_("半角的字母、数字、标点和空格变成全角。"), "Half-width letters, digits, punctuation and spaces become full-width.",
    (Example('WIDECHAR("SF10")', "ＳＦ１０"),), TEXT, _translated(_NARROW, _WIDE),
)  # fmt: skip


def _unichar(code: int) -> str:
    refuse(not 1 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF)
    return chr(code)


def _unichar_sql(code: Operand) -> Outcome:
    fine = sql("({0} BETWEEN 1 AND 55295 OR {0} BETWEEN 57344 AND 1114111)", code)
    return Outcome(
        sql("CASE WHEN {1} THEN chr({0}) ELSE '' END", code, fine),
        failing(sql("({0} IS NOT TRUE)", fine), VALUE),
    )


UNICHAR = Function(
    "UNICHAR", ("字符", "CHAR"), Family.TEXT, (Argument("编码", "code", Kind.WHOLE),),
    N_("Unicode 编码是这个数的字符;UNICHAR(10) 是换行。"), "The character with a Unicode number; UNICHAR(10) is a line break.",
    (Example("UNICHAR(65)", "A"), Example("UNICHAR(24613)", "急"), Example("UNICHAR(0)", {"error": "#VALUE!"})),
    TEXT, Operation("unichar", _unichar, _unichar_sql),
    differs=N_("CHAR 也按 Unicode 编码,不按系统的代码页。"), differs_english="CHAR takes Unicode numbers too, not those of a code page.",
)  # fmt: skip


def _unicode(value: str) -> Decimal:
    refuse(not value)
    return Decimal(ord(value[0]))


UNICODE = Function(
    "UNICODE", ("字符编码", "CODE"), Family.TEXT, (_TEXT,),
    N_("第一个字符的 Unicode 编码;空文字是 #VALUE!。"), "The Unicode number of the first character; #VALUE! of an empty text.",
    (Example('UNICODE("急单")', 24613), Example('UNICODE("")', {"error": "#VALUE!"})),
    NUMBER, Operation("unicode", _unicode, lambda value: Outcome(
        sql("ascii({0})::numeric", value), failing(sql("({0} = '')", value), VALUE), digits=7, scale=0)),
    differs=N_("CODE 也按 Unicode 编码,不按系统的代码页。"), differs_english="CODE gives Unicode numbers too, not those of a code page.",
)  # fmt: skip

_NOT_ASCII: Final = "[^\x01-\x7f]"

LENB = Function(
    "LENB", ("字节数",), Family.TEXT, (_TEXT,),
    N_("文字占几个字节:汉字和全角字符算 2,其余算 1。"), "The width of a text in bytes: 2 for Chinese and full-width characters, else 1.",
    (Example('LENB("急单SF10")', 8), Example('LENB("急单") - LEN("急单")', 2)),
    NUMBER,
    Operation("lenb", lambda value: Decimal(sum(1 if c < "\x80" else 2 for c in value)),
              lambda value: Outcome(sql(
                  "(2 * char_length({0}) - char_length(regexp_replace({0}, {1}, '', 'g')))::numeric", value, text(_NOT_ASCII)),
                  digits=10, scale=0)),
    differs=N_("ASCII 以外的字符都算 2 个字节。"), differs_english="Every character beyond ASCII counts as 2 bytes.",
)  # fmt: skip

FUNCTIONS = (CLEAN, ASC, WIDECHAR, UNICHAR, UNICODE, LENB)
