"""Messages: their places are filled by name, nothing else in them is a format."""

from __future__ import annotations

import pytest

from runtime.i18n import CHINESE, Message, Translator


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("写成 {{字段}}", "写成 {字段}"),
        ("写成 {{{name}}}", "写成 {甲}"),
        ("只有一半 {name}}", "只有一半 甲}"),
        ("}}和{{", "}和{"),
        ("没有参数 {other}", "没有参数 {other}"),
        ("{name.__class__} {0} {} {name!r} {name:>9}", "{name.__class__} {0} {} {name!r} {name:>9}"),
        ("不含大括号", "不含大括号"),
    ],
)
def test_braces_are_read_as_written(sentence: str, read: str) -> None:
    assert CHINESE.gettext(sentence, {"name": "甲"}) == read


def test_what_is_put_in_is_never_looked_through_again() -> None:
    assert CHINESE.gettext("{a}{b}", {"a": "{b}", "b": "{{x}}"}) == "{b}{{x}}"


def test_parts_that_are_messages_are_translated_first() -> None:
    english = Translator("en", {"外 {x}": "outer {x}", "里 {{y}}": "inner {{y}}"})
    assert Message("外 {x}", {"x": Message("里 {{y}}")}).text(english) == "outer inner {y}"


def test_the_word_goes_with_the_number_where_a_language_has_two() -> None:
    english = Translator("en", {"有 {n} 行空着": "{n} {n|row is|rows are} empty"})
    assert english.gettext("有 {n} 行空着", {"n": 1}) == "1 row is empty"
    assert english.gettext("有 {n} 行空着", {"n": 0}) == "0 rows are empty"
    assert english.gettext("有 {n} 行空着", {"n": "1,000"}) == "1,000 rows are empty"
    assert english.gettext("有 {n} 行空着") == "{n} {n|row is|rows are} empty"


def test_a_list_is_enumerated_as_the_language_does() -> None:
    english = Translator("en", {"、": ", ", "有 {these}": "there are {these}", "里": "inner"})
    these = {"these": ["a", Message("里"), 3]}
    assert CHINESE.gettext("有 {these}", these) == "有 a、里、3"
    assert english.gettext("有 {these}", these) == "there are a, inner, 3"
    assert english.listed(("a", "b")) == "a, b"
