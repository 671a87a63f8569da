"""Every function's examples, in both back ends."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.formulas import describe, functions
from runtime.formulas.batch import _typed, evaluate_json
from runtime.formulas.functions import ALL
from runtime.formulas.functions.base import Example, Function, Kind
from runtime.formulas.types import BLANK, TEXT, FieldInfo
from tests.runtime.formulas.bench import Bench

EXAMPLES = [(function, example) for function in ALL for example in function.examples]


@pytest.mark.parametrize(("function", "example"), EXAMPLES, ids=[e.expression for _, e in EXAMPLES])
def test_the_example_gives_what_the_help_says(bench: Bench, function: Function, example: Example) -> None:
    answer = evaluate_json(example.expression, example.values)
    expected = example.result if isinstance(example.result, dict) else {"value": example.result}
    if isinstance(expected.get("value"), float):
        expected = {"value": Decimal(repr(expected["value"]))}
    assert answer == expected
    typed = {name: _typed(value) for name, value in example.values.items()}
    # an empty cell stands in a field that has a type
    fields = {name: FieldInfo(name, TEXT if type_ is BLANK else type_) for name, (type_, _) in typed.items()}
    bench.both(example.expression, fields, [{name: value for name, (_, value) in typed.items()}])


@pytest.mark.parametrize("function", ALL, ids=[f.name for f in ALL])
def test_a_declaration_is_whole(function: Function) -> None:
    assert function.examples, "no example"
    assert function.aliases, "no Chinese name"
    assert any("一" <= char <= "鿿" for char in function.aliases[0])
    assert function.help.endswith("。")
    assert function.english.endswith(".")
    assert (function.build is None) != (function.operation is None)
    assert function.operation is None or function.returns is not None
    for argument in function.arguments:
        assert argument.kind is not Kind.CONSTANT or argument.prepare is not None
        assert not argument.repeats or argument is function.arguments[-1]


def test_a_function_answers_to_its_chinese_names(bench: Bench) -> None:
    values: dict[str, Any] = {"数量": 3, "单价": 10}
    assert bench.value('如果({数量}*{单价}>20, 求和(1,2), 左侧("abc",1))', values) == "3"
    assert bench.value("如果(或(假, 真), 四舍五入(2.345, 2), 0)") == Decimal("2.35")
    assert bench.value("日期(2026,1,15)") == date(2026, 1, 15)


def test_every_function_is_in_the_catalogue() -> None:
    found = functions()
    assert len(found) >= 120
    assert [info.name for info in found] == [function.name for function in ALL]
    info = describe("求和")
    assert info is not None
    assert info.name == "SUM"
    assert info.signature.text() == "SUM(数值, …)"
    assert describe("NO.SUCH") is None


def test_no_two_functions_share_a_name() -> None:
    names = [name.upper() for function in ALL for name in (function.name, *function.aliases)]
    assert len(names) == len(set(names))
