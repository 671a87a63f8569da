"""Random formulas and records for property tests. A new function joins by itself; a new constant argument needs samples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from runtime.formulas import FieldInfo, FormulaError, ValueType
from runtime.formulas.functions import ALL
from runtime.formulas.functions.base import Function, Kind

FIELDS = {
    "n1": FieldInfo("数量", ValueType.NUMBER, digits=15),
    "n2": FieldInfo("单价", ValueType.NUMBER, digits=15),
    "t1": FieldInfo("备注", ValueType.TEXT),
    "t2": FieldInfo("快递单号", ValueType.TEXT),
    "b1": FieldInfo("含赠品", ValueType.BOOLEAN),
    "d1": FieldInfo("截止日期", ValueType.DATE),
    "d2": FieldInfo("生日", ValueType.DATE),
    "m1": FieldInfo("下单时间", ValueType.DATETIME),
    "l1": FieldInfo("标签", ValueType.LIST),
}

PATTERNS = [
    r"\d+", "急|加急|急单", r"([a-z]+)(\d*)", r"^\s*(\S+)", "(a|ab)(c|bcd)", r"[^,,]+", r"\w+$", "a{2,3}", r"(\d{3})\d{4}(\d{4})",
    ".", "(?:ab)+|b", r"^$|x", r"-?[0-9]+(?:\.[0-9]+)?", "[A-Z一-鿿]+", r"\\|\.|\[", "(a*)(ab)*(b*)c?",
]  # fmt: skip
FORMATS = [
    "0", "0.00", "#,##0", "#,##0.00", "0%", "0.0#%", "¥#,##0.00;-¥#,##0.00", "000", "#.##", "0.0;(0.0);\"零\"", "General",
    "yyyy-mm-dd", "yyyy年m月d日", "yy/m/d h:mm", "hh:mm:ss AM/PM", "dddd, mmmm d", "aaaa", "ddd mmm yyyy ss.000", "[h]:mm:ss", "[m]",
    "上午/下午h点", "0.00,\"千\"", "@", "0.00E+00", "#.##E-0", "# ?/?", "# ??/??", "?/?", "0 ?/8", "0!.0,万", "000-0000-0000",
    "##0° 00' 00''", "[<=9999999]###-####;(###) ###-####", "[<0]0.0;[>=100]#,##0;0.00", "[>5]0;[<2]0.0", "mmmmm", "0%0",
    "0;-0;0;\"文字:\"@", "@\"!\"", "0;;;", "#,##0_);(#,##0);0_);_-@_-", "yyyy/m/d;@",
]  # fmt: skip
UNITS = ["秒", "minute", "h", "day", "周", "months", "季度", "year"]
CONSTANTS: dict[tuple[str, int], list[str]] = {
    ("TEXT", 1): FORMATS,
    ("REGEXMATCH", 1): PATTERNS,
    ("REGEXEXTRACT", 1): PATTERNS,
    ("REGEXREPLACE", 1): [r"\d+", "急|加急", "(a|ab)(c|bcd)", "([a-z])([0-9])?", "b+", r"\s"],
    ("REGEXREPLACE", 2): ["", "#", "-$0-", "\\", "$$"],
    ("DATEADD", 2): UNITS,
    ("DATETIME_DIFF", 2): UNITS,
    ("DATEDIF", 2): ["Y", "M", "D", "YM", "YD", "MD"],
    ("REGEXEXTRACTALL", 1): [r"\d+", "急|加急", "(a|ab)(c|bcd)", "([a-z])([0-9])?", "b+", r"\s"],
    ("REGEXCOUNT", 1): [r"\d+", "急|加急", "(a|ab)(c|bcd)", "b+", r"\s", "."],
    ("STARTOF", 1): ["年", "quarter", "月", "week", "天"],
    ("ENDOF", 1): ["年", "quarter", "月", "week", "天"],
    ("IS_SAME", 2): ["年", "quarter", "月", "week", "天"],
    ("NETWORKDAYS.INTL", 2): ["1", "2", "7", "11", "17", "0000011", "1111110", "0000000"],
    ("WORKDAY.INTL", 2): ["1", "3", "6", "12", "15", "0101010", "1110111"],
    ("COUNTIF", 1): [">5", "<=12", "急*", "<>发票", "=12", "<>3.5", "?", "", "<>"],
    ("SUMIF", 1): [">5", "<=12", "<>3.5", "1*", "<>"],
    ("KEYWORDS", 1): ["急单:急|加急|-不急", "发票", "vip:VIP|会员"],
}
RETURNS: dict[str, ValueType] = {
    "CONCAT": ValueType.TEXT, "TEXTJOIN": ValueType.TEXT, "SUBSTITUTE": ValueType.TEXT, "KEYWORDS": ValueType.TEXT,
    "TEXT": ValueType.TEXT, "REGEXREPLACE": ValueType.TEXT, "VALUE": ValueType.NUMBER, "SEARCH": ValueType.NUMBER,
    "SUM": ValueType.NUMBER, "AVERAGE": ValueType.NUMBER, "COUNT": ValueType.NUMBER, "CONTAINS": ValueType.BOOLEAN,
    "AND": ValueType.BOOLEAN, "OR": ValueType.BOOLEAN, "ISBLANK": ValueType.BOOLEAN, "ISERROR": ValueType.BOOLEAN,
    "LIST": ValueType.LIST, "ARRAYCOMPACT": ValueType.LIST, "UNIQUE": ValueType.LIST, "SORT": ValueType.LIST,
    "ARRAYSLICE": ValueType.LIST, "INTERSECT": ValueType.LIST, "EXCEPT": ValueType.LIST, "ARRAYJOIN": ValueType.TEXT,
    "FIRST": ValueType.TEXT, "LAST": ValueType.TEXT, "INDEX": ValueType.TEXT, "CONTAINSALL": ValueType.BOOLEAN,
    "NETWORKDAYS": ValueType.NUMBER, "NETWORKDAYS.INTL": ValueType.NUMBER, "WORKDAY": ValueType.DATE,
    "WORKDAY.INTL": ValueType.DATE, "MEDIAN": ValueType.NUMBER, "MODE": ValueType.NUMBER, "VAR": ValueType.NUMBER,
    "VARP": ValueType.NUMBER, "STDEV": ValueType.NUMBER, "STDEVP": ValueType.NUMBER, "SUMSQ": ValueType.NUMBER,
    "LARGE": ValueType.NUMBER, "SMALL": ValueType.NUMBER, "RANK": ValueType.NUMBER, "PRODUCT": ValueType.NUMBER,
    "LOG": ValueType.NUMBER, "LOG10": ValueType.NUMBER, "PI": ValueType.NUMBER,
    "TIMEVALUE": ValueType.NUMBER, "DATETIMEVALUE": ValueType.DATETIME, "IS_SAME": ValueType.BOOLEAN,
    "RECORD_ID": ValueType.TEXT, "CREATED_TIME": ValueType.DATETIME, "CREATED_BY": ValueType.TEXT,
    "MATCH": ValueType.NUMBER, "COUNTIF": ValueType.NUMBER, "SUMIF": ValueType.NUMBER, "N": ValueType.NUMBER,
    "T": ValueType.TEXT, "ISNA": ValueType.BOOLEAN, "ISERR": ValueType.BOOLEAN, "ISNUMBER": ValueType.BOOLEAN,
    "ISTEXT": ValueType.BOOLEAN, "ISLOGICAL": ValueType.BOOLEAN, "ISDATE": ValueType.BOOLEAN,
    "TODAY": ValueType.DATE, "NOW": ValueType.DATETIME, "DATEVALUE": ValueType.DATE, "DATEADD": ValueType.DATETIME,
}  # fmt: skip

TEXTS = st.one_of(
    st.sampled_from([
        "", " ", "急单,要发票", "2:24 AM", "下午6:05:09", "2026-01-15 23:59", "不急", "SF1023456789012", "13800138000", "¥1,299.00", "12.5%", " -3.5 ", "1e3", "１２.５", "TRUE", "假",
        "2026-01-15", "2026/2/30", "2026年1月5日 9:05", "2026-01-15T10:24:36.5+08:00", "2025-12-31T23:59:59Z", "A区-03排-02架",
        "ÀÉß Łódź", "ΑΒγ", "red SILK 76budget", "aababc", "abcd", "a,b,c", "  x   y ", "😀收到", "\t行\n二", "0", "99999999999999999999", "-",
    ]),
    st.text(st.sampled_from("aAbB01-., 急发票éÉΣ\n*?~%¥"), max_size=8),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-5, 12).map(Decimal),
    st.sampled_from(
        [
            Decimal(x)
            for x in (
                "0.1",
                "0.5",
                "-2.5",
                "2.5",
                "1.005",
                "1299.00",
                "45000.75",
                "1E+14",
                "0.000000000000001",
                "-0.3",
            )
        ]
    ),
    st.decimals(-(10**15) + 1, 10**15 - 1, places=4),
    st.decimals(-100, 100, places=15),
)
DATES = st.one_of(
    st.dates(date(1990, 1, 1), date(2030, 12, 31)),
    st.sampled_from(
        [date(1, 1, 1), date(9999, 12, 31), date(1900, 2, 28), date(2024, 2, 29), date(2025, 12, 31)]
    ),
)
MOMENTS = st.one_of(
    st.datetimes(datetime(1985, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),
    st.sampled_from([
        datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(1991, 4, 13, 18, 0, tzinfo=UTC), datetime(1991, 9, 14, 17, 30, tzinfo=UTC), datetime(2026, 1, 14, 16, 0, tzinfo=UTC),
    ]),
)  # fmt: skip
VALUES: dict[ValueType, st.SearchStrategy[Any]] = {
    ValueType.NUMBER: NUMBERS,
    ValueType.TEXT: TEXTS,
    ValueType.BOOLEAN: st.booleans(),
    ValueType.DATE: DATES,
    ValueType.DATETIME: MOMENTS,
    ValueType.LIST: st.lists(st.sampled_from(["急", "发票", "12", "¥3.50", "VIP", "a"]), max_size=4),
}


def records() -> st.SearchStrategy[dict[str, Any]]:
    """A record; each cell may be blank, and some may hold an error (a formula's)."""
    cells = {name: st.none() | VALUES[info.type] for name, info in FIELDS.items()}
    for name in ("n2", "t2", "d2"):
        cells[name] |= st.sampled_from([FormulaError("#N/A"), FormulaError("#DIV/0!")])
    cells["$record_id"] = st.sampled_from(["recAAAAAAAAAAAAAA", "rec00000000000001"])
    cells["$created_time"] = MOMENTS
    cells["$created_by"] = st.sampled_from(["王芳", "Ann"])
    return st.fixed_dictionaries(cells)


def quoted(text: str) -> str:
    """A text as formulas write it."""
    return '"' + text.replace('"', '""') + '"'


def _literal(type_: ValueType, draw: Any) -> str:
    match type_:
        case ValueType.NUMBER:
            value = draw(NUMBERS)
            return f"({value:f})" if value < 0 else f"{value:f}"
        case ValueType.TEXT:
            return quoted(draw(TEXTS))
        case ValueType.BOOLEAN:
            return draw(st.sampled_from(["TRUE", "FALSE", "真"]))  # type: ignore[no-any-return]
        case ValueType.DATE:
            return draw(DATES).strftime("DATE(%Y,%-m,%-d)")  # type: ignore[no-any-return]
        case ValueType.DATETIME:
            return quoted(
                draw(st.sampled_from(["2026-01-15 10:24", "2026/1/5 23:59:59", "2025-06-30T00:00:00Z"]))
            )
        case _:
            return "{l1}"


TYPES = [t for t in VALUES if t is not ValueType.LIST]
LIST_ARGUMENTS = {"列表", "另一个列表", "数值列表"}  # of any kind, but meant for lists
KINDS = {
    Kind.NUMBER: ValueType.NUMBER, Kind.WHOLE: ValueType.NUMBER, Kind.TEXT: ValueType.TEXT, Kind.BOOLEAN: ValueType.BOOLEAN,
    Kind.DATE: ValueType.DATE, Kind.DATETIME: ValueType.DATETIME, Kind.LIST: ValueType.LIST,
}  # fmt: skip
BY_TYPE: dict[ValueType, list[Function]] = {}
ANYWHERE: list[Function] = []
for _function in ALL:
    _type = _function.returns or RETURNS.get(_function.name)
    if _type is None:
        ANYWHERE.append(_function)
    else:
        BY_TYPE.setdefault(_type, []).append(_function)


@st.composite
def expressions(draw: Any, type_: ValueType | None = None, depth: int = 3) -> str:
    """The source of a formula, of about ``type_``."""
    if type_ is None or draw(st.integers(0, 9)) == 0:
        type_ = draw(st.sampled_from([*TYPES, *TYPES, ValueType.LIST]))
    if depth == 0 or draw(st.integers(0, 4)) == 0:
        fields = [name for name, info in FIELDS.items() if info.type is type_]
        return "{" + draw(st.sampled_from(fields)) + "}" if draw(st.integers(0, 2)) else _literal(type_, draw)
    choices = BY_TYPE.get(type_, []) + ANYWHERE
    shape = draw(st.integers(0, 9))
    if shape < 3:
        return _operator(draw, type_, depth)
    return _call(draw, draw(st.sampled_from(choices)), type_, depth)


def _operator(draw: Any, type_: ValueType, depth: int) -> str:
    below = lambda kind: draw(expressions(kind, depth - 1))  # noqa: E731
    match type_:
        case ValueType.NUMBER:
            if draw(st.integers(0, 5)) == 0:
                return draw(st.sampled_from(["(-{})", "({}%)", "(+{})"])).format(below(type_))  # type: ignore[no-any-return]
            if draw(st.integers(0, 5)) == 0:
                return f"({below(ValueType.DATE)}-{below(ValueType.DATETIME)})"
            sign = draw(st.sampled_from("++--**/^"))
            return f"({below(type_)}{sign}{below(type_)})"
        case ValueType.BOOLEAN:
            kind = draw(st.sampled_from(TYPES))
            other = kind if draw(st.integers(0, 3)) else None
            sign = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
            return f"({below(kind)}{sign}{below(other)})"
        case ValueType.TEXT:
            return f"({below(None)}&{below(type_)})"
        case ValueType.DATE | ValueType.DATETIME:
            return f"({below(type_)}{draw(st.sampled_from('+-'))}{below(ValueType.NUMBER)})"
        case _:
            return "{l1}"


def _call(draw: Any, function: Function, type_: ValueType, depth: int) -> str:
    maximum = len(function.arguments) + 2 if function.maximum is None else function.maximum
    count = draw(st.integers(function.minimum, maximum))
    if function.pairs:
        count += count % 2 if function.name == "IFS" else 0
    arguments = []
    for index in range(count):
        argument = function.arguments[min(index, len(function.arguments) - 1)]
        if argument.kind is Kind.CONSTANT:
            samples = CONSTANTS[function.name, min(index, len(function.arguments) - 1)]
            arguments.append(quoted(draw(st.sampled_from(samples))))
            continue
        kind = KINDS.get(argument.kind)
        if kind is None and function in ANYWHERE:
            kind = type_
        if argument.name == "假日" and draw(st.integers(0, 4)):
            arguments.append(
                draw(
                    st.sampled_from(["{d2}", "{d1}", 'SPLIT("2026-01-01,2026-01-02,2026/1/5,", ",")', "{l1}"])
                )
            )
            continue
        if argument.name in LIST_ARGUMENTS and draw(st.integers(0, 4)):
            kind = ValueType.LIST
        if kind is ValueType.NUMBER and argument.kind is Kind.WHOLE and draw(st.integers(0, 2)):
            arguments.append(str(draw(st.integers(-1, 6))))
        else:
            arguments.append(draw(expressions(kind, depth - 1)))
    name = draw(st.sampled_from([function.name, function.aliases[0]]))
    return f"{name}({','.join(arguments)})"
