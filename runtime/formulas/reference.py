"""The reference of the formula language, written from the functions' declarations.

``python -m runtime.formulas.reference > docs/formulas.md``; a test holds the page to the code.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from runtime.formulas.functions import ALL
from runtime.formulas.functions.base import FAMILY_TITLES, Example, Family, Function
from runtime.formulas.types import MAX_ARGUMENTS, MAX_DEPTH, MAX_ITEMS, MAX_REGEX_TEXT, MAX_SOURCE, MAX_TEXT

_INTRODUCTION = f'''\
<!-- Written by `python -m runtime.formulas.reference`; change the declarations in runtime/formulas, not this page. -->

# 公式 · Formulas

公式字段像 Excel 一样用同一条记录的其他字段计算,也能用关联的记录里的字段。A formula field computes from the other fields of its record, and those of linked records, as in Excel.

```
IF({{订单状态}}="已支付", {{实付金额}}*0.9, 0)
```

## 写法 · Syntax

- 字段写在花括号里:`{{实付金额}}`。存下来的是字段的编号,改名不影响公式。Fields stand in braces; their ids are stored, so
  renaming a field changes nothing. A closing brace inside a name is doubled.
- 文字用双引号,引号本身写两个:`"他说""好"""`。Text stands in double quotes, a quote inside is doubled.
- 运算符从紧到松:正负号、`%`、`^`(从左到右)、`* /`、`+ -`、`&`、比较 `= <> < <= > >=`。From tightest to loosest: signs,
  percent, `^` (from the left), `* /`, `+ -`, `&`, comparison. So `-2^2` is 4 and `2^3^2` is 64, as in Excel.
- 函数名不分大小写,中文名和英文名都行;全角的括号、逗号、引号、运算符都认得,开头的 `=` 可有可无。Function names ignore case and
  have Chinese aliases; full-width punctuation is understood; a leading `=` is allowed.
- 常量 `TRUE` `FALSE`,也写作 `真` `假`。

## 值 · Values

数字、文字、真假、日期、日期时间、列表。Numbers, text, truth values, dates, date-times, lists of text. Types are known before
anything is computed, and conversions happen where a value of another type is needed: `"5"+1` is 6, `"abc"+1` is `#VALUE!`,
`5&"件"` is text. 写成文字的日期不当数字用:`"2026-01-31"+1` 是 `#VALUE!`(Excel 会算),写 `DATEVALUE("2026-01-31")+1`。A date written
as text is no number (it is in Excel): write `DATEVALUE("2026-01-31")+1`. When the branches of an IF differ in type, text is stored; `IF({{a}}>0, {{a}}, "")` stays a number.

**空白 · Blank.** 算术里是 0,文字里是空,条件里是 FALSE,和 Excel 一样。空文字、空列表和空白是一回事(Excel 里不是)。空白日期不是
1900 年:由它算出的仍是空白,和任何日期比早晚都不成立。Blank is 0 in arithmetic, nothing in text, FALSE in conditions. Empty
text and empty lists are blank too (not so in Excel). A blank date is no day at all: what is computed from it is blank, and it
is neither before nor after any date, so `{{截止日期}}<TODAY()` does not flag records without a deadline.

**数字 · Numbers** 是精确的十进制。每一步保留 30 位小数(四舍五入),绝对值小于 10^40,否则 `#NUM!`;看得见的地方(结果、文字、比较、
取整)先四舍五入到 15 位小数。Numbers are exact decimals: each step is rounded half away from zero to 30 decimals and must be
below 10^40, else `#NUM!`; what people see or decide by (results, text, comparisons, rounding) is rounded to 15 decimals first.
So `0.1+0.2=0.3` and `1/3*3=1` are TRUE.

**文字 · Text** 比较不分大小写(EXACT 区分),先后按字符编码。Text compares without regard to case (use EXACT), in the order of
code points. A number is before any text, text before TRUE, as in Excel; they are never equal.

**日期 · Dates** 从 1 年到 9999 年,按应用的时区。日期可以加减天数、互相减;需要数字时是 Excel 的序列号;和文字比较时文字读作日期。
Dates run from year 1 to 9999 by the clock of the app's time zone. Days can be added and dates subtracted; where a number is
needed a date is Excel's serial number; compared with text, the text is read as a date.

**列表 · Lists.** 多选字段、带几条记录的查找引用、SPLIT 和 LIST 的结果是列表,各项是文字。SUM、MAX、MEDIAN 等算其中能读成数字的项;
需要一个值的地方,列表是各项用顿号连成的文字,存下来也是这样。CONTAINS 对列表找完全相同的一项;要在各项的文字里找,写
`CONTAINS({{标签}}&"", "急")`。带几条记录的查找引用逐条取值,内容里有顿号也不会分错。列表最多 {MAX_ITEMS:,} 项、共 {MAX_TEXT:,} 字。Multi-selects, lookups of several records and what
SPLIT and LIST make are lists of text. SUM, MAX, MEDIAN and so on count the items that read as numbers; where one value is needed a
list is its items joined by 、, and so it is stored. CONTAINS looks for a whole item of a list; `CONTAINS({{tags}}&"", "x")` looks into
their text. Lookups of several records are read record by record, whatever their texts hold. A list has at most {MAX_ITEMS:,} items and {MAX_TEXT:,} characters.

**关联的记录 · Linked records.** `{{客户.等级}}` 是关联字段「客户」指到的记录的「等级」。只能关联一条的是那条记录的值;能关联多条的是列表,按关联的先后,空的和出错的
不算,可以用 SUM、MAX、COUNTA、ARRAYJOIN 等汇总,如 `SUM({{订单.金额}})`。那边的记录改了、删了、恢复了,结果马上跟着变。按条件汇总、不用关联的汇总要用汇总字段;校验规则里不能用。
`{{customer.level}}` is the field “level” of the records that the link field “customer” points at: the value of the one record where
the link holds one, else a list in the order of the link, without empty cells and errors, to be used with SUM, MAX, COUNTA, ARRAYJOIN and so on.
It follows every change of those records. For conditions, and without a link, there are roll-up fields; validation rules cannot use it.

**错误 · Errors** 也是值,不会挡住保存 · are values and never stop a write: `#DIV/0!` 除数是零 division by zero, `#VALUE!` 值不合适
a value that does not fit, `#NUM!` 数字超出范围 out of range, `#N/A` 没有结果 nothing found, `#REF!` 字段已删除 a deleted field, `#NAME?`
没有这个函数 no such function. IF, IFS, SWITCH,
CHOOSE, AND, OR, IFERROR, IFNA and IFBLANK only compute what they need: `AND(FALSE, 1/0)` is FALSE.

## 限度 · Limits

公式最长 {MAX_SOURCE:,} 个字符,嵌套 {MAX_DEPTH} 层,一个函数 {MAX_ARGUMENTS} 个参数;算出的文字最长 {MAX_TEXT:,} 字,正则表达式读的文字最长 {MAX_REGEX_TEXT:,} 字,否则
`#VALUE!`。A formula has at most {MAX_SOURCE:,} characters, {MAX_DEPTH} levels and {MAX_ARGUMENTS} arguments to a function; a computed text at most
{MAX_TEXT:,} characters, a text read by a regular expression {MAX_REGEX_TEXT:,}, else `#VALUE!`.
'''


def markdown() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, f"\n## 函数 · Functions ({len(ALL)})\n"]
    for family in Family:
        chinese, english = FAMILY_TITLES[family]
        names = [function for function in ALL if function.family is family]
        links = " · ".join(f"[{function.name}](#{_anchor(function)})" for function in names)
        parts.append(f"\n### {chinese} · {english}\n\n{links}\n")
        parts += [_section(function) for function in names]
    return "".join(parts)


def _anchor(function: Function) -> str:
    return _title(function).lower().replace(" ", "-").replace("·", "").replace("、", "")


def _title(function: Function) -> str:
    return f"{function.name} · {'、'.join(function.aliases)}"


def _section(function: Function) -> str:
    lines = [
        f"\n#### {_title(function)}\n",
        f"`{function.signature()}` — `{function.english_signature()}`\n",
        f"{function.help}\n{function.english}\n",
    ]
    if function.differs:
        lines.append(f"与 Excel 不同 · Unlike Excel: {function.differs} {function.differs_english}\n")
    lines.append("```\n" + "\n".join(_example(example) for example in function.examples) + "\n```\n")
    return "\n".join(lines)


def _example(example: Example) -> str:
    given = ", ".join(f"{{{name}}} = {_shown(value)}" for name, value in example.values.items())
    return f"{example.expression}  →  {_shown(example.result)}" + (f"    ({given})" if given else "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["error"])
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "空白 blank" if value is None else msgspec.json.encode(value).decode()


if __name__ == "__main__":
    sys.stdout.write(markdown())
