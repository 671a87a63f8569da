"""Functions that make lists, take items out of them and put them in order."""

from __future__ import annotations

from decimal import Decimal

from runtime.formulas import texts
from runtime.formulas.coercions import WHOLE, coerce
from runtime.formulas.comparison import folded
from runtime.formulas.functions.base import Argument, Call, Example, Family, Function, Kind
from runtime.formulas.functions.text import JOIN
from runtime.formulas.items import (
    Items,
    as_list,
    as_one_list,
    bounded_items,
    bounded_items_sql,
    item_number,
    item_number_sql,
    unique,
)
from runtime.formulas.operations import Operand, Operation, Outcome, failing, over, sql, text, variable
from runtime.formulas.terms import Apply, Literal, Term, apply
from runtime.formulas.types import BOOLEAN, LIST, NA, NUMBER, TEXT, FormulaFailure
from runtime.i18n import N_

LISTED = Argument("列表", "list", Kind.ANY)
VALUES = Argument("内容", "value", Kind.ANY, repeats=True)

# -- making -----------------------------------------------------------------------------------------------------

LIST_FUNCTION = Function(
    "LIST", ("列表", "ARRAY"), Family.LIST, (VALUES,),
    N_("把几个值放进一个列表;列表逐项放入,空白不放。"), "Puts values into one list; lists item by item, blanks not at all.",
    (Example('COUNTA(LIST("急单", "要发票", ""))', 2), Example('ARRAYJOIN(LIST(1, 2.5, SPLIT("a/b", "/")), "、")', "1、2.5、a、b")),
    build=lambda call: as_one_list(call.arguments),
    differs=N_("列表最多 10,000 项、共 100,000 字;存下来的公式结果用顿号连成文字。"),
    differs_english="A list has at most 10,000 items and 100,000 characters; a stored result is joined to text.",
)  # fmt: skip


def _split(value: str, delimiter: str) -> Items:
    if not value:
        return ()
    return bounded_items(value.split(delimiter) if delimiter else value)


def _split_sql(value: Operand, delimiter: Operand) -> Outcome:
    return bounded_items_sql(sql("string_to_array({0}, NULLIF({1}, ''))", value, delimiter))


SPLIT = Function(
    "SPLIT", ("拆分", "TEXTSPLIT"), Family.LIST,
    (Argument("文字", "text", Kind.TEXT), Argument("分隔符", "delimiter", Kind.TEXT)),
    N_("按分隔符把文字拆成列表;分隔符是空文字时一个字一项。"), "A text taken apart at a delimiter, as a list; at every character without one.",
    (Example('INDEX(SPLIT("A区-03排-02架", "-"), 2)', "03排"), Example('COUNTA(SPLIT("急单,要发票,急单", ","))', 3)),
    LIST, Operation("split", _split, _split_sql),
    differs=N_("只拆成一列;分隔符只有一个。"), differs_english="One row only, and one delimiter.",
)  # fmt: skip

ARRAYJOIN = Function(
    "ARRAYJOIN", ("列表连接", "JOIN"), Family.LIST,
    (LISTED, Argument("分隔符", "delimiter", Kind.TEXT, default=texts.LIST_SEPARATOR)),
    N_("把列表各项连成文字;不写分隔符时用顿号。"), "The items of a list as one text, with a delimiter (、 when it is left out).",
    (Example('ARRAYJOIN({标签}, "/")', "急单/要发票", {"标签": ["急单", "要发票"]}), Example('ARRAYJOIN(SPLIT("a-b", "-"))', "a、b")),
    build=lambda call: Apply(
        TEXT, JOIN,
        (coerce(call.arguments[1], TEXT) if len(call.arguments) > 1 else Literal(TEXT, texts.LIST_SEPARATOR),
         Literal(BOOLEAN, False), as_list(call.arguments[0])),
    ),
)  # fmt: skip


def _compact_sql(items: Operand) -> Outcome:
    trimmed = sql("btrim({0}, {1})", variable("u", "item"), text(texts.EDGE_SPACES))
    found = over(
        "u",
        "ARRAY(SELECT v.item FROM (SELECT {1} AS item, u.place FROM unnest({0}) WITH ORDINALITY AS u(item, place)) v"
        " WHERE v.item <> '' ORDER BY v.place)",
        items,
        trimmed,
    )
    return Outcome(found)


_COMPACT = Operation(
    "compact",
    lambda items: tuple(tidy for item in items if (tidy := item.strip(texts.EDGE_SPACES))),
    _compact_sql,
)

COMPACT = Function(
    "ARRAYCOMPACT", ("去空项", "COMPACT"), Family.LIST, (LISTED,),
    N_("去掉每一项首尾的空格,再去掉空项。"), "Without spaces around the items, and without empty items.",
    (Example('ARRAYJOIN(ARRAYCOMPACT(SPLIT("急单, ,要发票 ", ",")), "/")', "急单/要发票"),),
    build=lambda call: apply(LIST, _COMPACT, as_list(call.arguments[0])),
)  # fmt: skip

# -- order ------------------------------------------------------------------------------------------------------


def _unique_sql(items: Operand) -> Outcome:
    found = over(
        "u",
        "ARRAY(SELECT v.item FROM (SELECT DISTINCT ON (w.small) w.item, w.place FROM (SELECT u.item, u.place, {1} AS small"
        " FROM unnest({0}) WITH ORDINALITY AS u(item, place)) w ORDER BY w.small, w.place) v ORDER BY v.place)",
        items,
        folded(variable("u", "item")),
    )
    return Outcome(found)


UNIQUE_ITEMS = Operation("unique", unique, _unique_sql)

UNIQUE = Function(
    "UNIQUE", ("去重", "并集", "ARRAYUNIQUE", "UNION"), Family.LIST, (VALUES,),
    N_("去掉重复的项,留下每项第一次出现的;给几个列表就是它们的并集。不分大小写。"),
    "Every item once, as it is written first; of several lists their union. Ignores case.",
    (Example('ARRAYJOIN(UNIQUE(SPLIT("急单,要发票,急单", ",")))', "急单、要发票"), Example('COUNTA(UNIQUE(LIST("a", "A", "b")))', 2)),
    build=lambda call: apply(LIST, UNIQUE_ITEMS, as_one_list(call.arguments)),
)  # fmt: skip


def _sort(items: Items, descending: bool) -> Items:
    def key(item: str) -> tuple[bool, Decimal, str]:
        number = item_number(item)
        return number is None, number or Decimal(0), texts.lower(item)

    return tuple(sorted(items, key=key, reverse=descending))


def _sort_sql(items: Operand, descending: Operand) -> Outcome:
    found = over(
        "u",
        "ARRAY(SELECT s.item FROM (SELECT v.item, v.place, dense_rank() OVER (ORDER BY v.number IS NULL, COALESCE(v.number, 0),"
        ' v.small COLLATE "C") AS rank FROM (SELECT u.item, u.place, {2} AS number, {3} AS small FROM unnest({0})'
        " WITH ORDINALITY AS u(item, place)) v) s ORDER BY CASE WHEN {1} THEN -s.rank ELSE s.rank END, s.place)",
        items,
        descending,
        item_number_sql(),
        folded(variable("u", "item")),
    )
    return Outcome(found)


_SORT = Operation("sort", _sort, _sort_sql)

SORT = Function(
    "SORT", ("排序", "ARRAYSORT"), Family.LIST,
    (LISTED, Argument("从大到小", "descending", Kind.BOOLEAN, default=False)),
    N_("把列表排好序:数字在前,按大小;文字在后,按字符编码。"), "A list in order: numbers first, by size, then texts, by code point.",
    (Example('ARRAYJOIN(SORT(LIST(10, 9, "b", "A")))', "9、10、A、b"), Example('ARRAYJOIN(SORT(LIST(10, 9, 2), TRUE))', "10、9、2")),
    build=lambda call: Apply(
        LIST, _SORT,
        (as_list(call.arguments[0]), coerce(call.arguments[1] if len(call.arguments) > 1 else Literal(BOOLEAN, False), BOOLEAN)),
    ),
    differs=N_("第二个参数是“从大到小”,不是列号。"), differs_english="The second argument says whether to turn the order round.",
)  # fmt: skip


_REVERSE_TEXT = Operation(
    "reverse_text", lambda value: value[::-1], lambda value: Outcome(sql("reverse({0})", value))
)
_REVERSE_LIST = Operation(
    "reverse_list",
    lambda items: items[::-1],
    lambda items: Outcome(
        sql(
            "ARRAY(SELECT u.item FROM unnest({0}) WITH ORDINALITY AS u(item, place) ORDER BY u.place DESC)",
            items,
        )
    ),
)


def _build_reverse(call: Call) -> Term:
    value = call.arguments[0]
    if value.type is LIST:
        return apply(LIST, _REVERSE_LIST, coerce(value, LIST))
    return apply(TEXT, _REVERSE_TEXT, coerce(value, TEXT))


REVERSE = Function(
    "REVERSE", ("倒序", "反转"), Family.LIST, (Argument("列表或文字", "value", Kind.ANY),),
    N_("把列表或文字倒过来。"), "A list or a text from its end to its beginning.",
    (Example('REVERSE("abc")', "cba"), Example('ARRAYJOIN(REVERSE(SPLIT("1-2-3", "-")))', "3、2、1")),
    build=_build_reverse,
)  # fmt: skip

# -- taking -----------------------------------------------------------------------------------------------------


def _place(place: int, count: int) -> int:
    return place if place >= 0 else count + place + 1


_PLACE = "(CASE WHEN {1} < 0 THEN cardinality({0}) + 1 + {1} ELSE {1} END)"


def _item(items: Items, place: int) -> str:
    at = _place(place, len(items))
    if not 1 <= at <= len(items):
        raise FormulaFailure(NA)
    return items[at - 1]


def _item_sql(items: Operand, place: Operand) -> Outcome:
    found = sql(f"({{0}})[{_PLACE}]", items, place)
    return Outcome(sql("COALESCE({0}, '')", found), failing(sql("({0} IS NULL)", found), NA))


def _end(place: int) -> Operation:
    return Operation(
        "first_item" if place == 1 else "last_item",
        lambda items: items[place - 1 if place > 0 else place] if items else "",
        lambda items: Outcome(
            sql(f"COALESCE(({{0}})[{'1' if place > 0 else 'cardinality({0})'}], '')", items)
        ),
    )


_FIRST, _LAST, _ITEM = _end(1), _end(-1), Operation("item", _item, _item_sql)

FIRST = Function(
    "FIRST", ("第一项", "首项"), Family.LIST, (LISTED,),
    N_("列表的第一项;空列表的结果是空白。"), "The first item of a list; blank when it is empty.",
    (Example('FIRST({标签})', "急单", {"标签": ["急单", "要发票"]}), Example('FIRST(SPLIT("", ","))', "")),
    build=lambda call: apply(TEXT, _FIRST, as_list(call.arguments[0])),
)  # fmt: skip

LAST = Function(
    "LAST", ("最后一项", "末项"), Family.LIST, (LISTED,),
    N_("列表的最后一项;空列表的结果是空白。"), "The last item of a list; blank when it is empty.",
    (Example('LAST(SPLIT("A区-03排-02架", "-"))', "02架"),),
    build=lambda call: apply(TEXT, _LAST, as_list(call.arguments[0])),
)  # fmt: skip

INDEX = Function(
    "INDEX", ("第几项", "取项"), Family.LIST,
    (LISTED, Argument("第几项", "position", Kind.WHOLE)),
    N_("列表的第几项;负数从末尾数起。没有这一项是 #N/A。"),
    "The item at a position of a list, counted from the end when negative; #N/A when there is none.",
    (Example('INDEX(SPLIT("浙江-杭州-西湖", "-"), 2)', "杭州"), Example('INDEX(SPLIT("a,b", ","), -1)', "b"), Example('INDEX(SPLIT("a,b", ","), 3)', {"error": "#N/A"})),
    build=lambda call: apply(
        TEXT, _ITEM, as_list(call.arguments[0]), apply(NUMBER, WHOLE, coerce(call.arguments[1], NUMBER))
    ),
    differs=N_("没有这一项是 #N/A,Excel 是 #REF!。"), differs_english="#N/A where there is no such item; #REF! in Excel.",
)  # fmt: skip


def _slice(items: Items, start: int, end: int) -> Items:
    first, last = _place(start, len(items)), _place(end, len(items))
    return items[max(first, 1) - 1 : max(last, 0)]


def _slice_sql(items: Operand, start: Operand, end: Operand) -> Outcome:
    first, last = sql(_PLACE, items, start), sql(_PLACE, items, end)
    return Outcome(sql("({0})[GREATEST({1}, 1):LEAST({2}, cardinality({0}))]", items, first, last))


_SLICE = Operation("slice", _slice, _slice_sql)


def _build_slice(call: Call) -> Term:
    end = call.arguments[2] if len(call.arguments) > 2 else Literal(NUMBER, Decimal(-1))
    places = (apply(NUMBER, WHOLE, coerce(place, NUMBER)) for place in (call.arguments[1], end))
    return apply(LIST, _SLICE, as_list(call.arguments[0]), *places)


ARRAYSLICE = Function(
    "ARRAYSLICE", ("列表截取", "SLICE"), Family.LIST,
    (LISTED, Argument("从第几项", "start", Kind.WHOLE), Argument("到第几项", "end", Kind.WHOLE, default=-1)),
    N_("列表里从第几项到第几项(含);负数从末尾数起,不写就到最后。"),
    "The items from one position to another (both included); negative positions count from the end, the default is the last.",
    (Example('ARRAYJOIN(ARRAYSLICE(SPLIT("a,b,c,d", ","), 2, 3))', "b、c"), Example('ARRAYJOIN(ARRAYSLICE(SPLIT("a,b,c,d", ","), -2))', "c、d")),
    build=_build_slice,
)  # fmt: skip

FUNCTIONS = (
    LIST_FUNCTION, SPLIT, ARRAYJOIN, COMPACT, UNIQUE, SORT, REVERSE, FIRST, LAST, INDEX, ARRAYSLICE,
)  # fmt: skip
