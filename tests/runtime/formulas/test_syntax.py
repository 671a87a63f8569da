"""Parsing: what is understood, what is tolerated, and errors that point at the place."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.formulas import (
    FieldInfo,
    FormulaRejected,
    ValueType,
    bind,
    check,
    dependencies,
    missing,
    parse,
    unbind,
)
from runtime.formulas.batch import evaluate_json

A, B = "fld00000000000001", "fld00000000000002"
FIELDS = {A: FieldInfo("实付金额", ValueType.NUMBER), B: FieldInfo("订单}状态", ValueType.TEXT)}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("=1+1", 2), ("＝1＋1", 2), ("IF（1＜2，“是”，“否”）", "是"), ("if(true, 1, 2)", 1), ("  1\n +\t2 ", 3), ("SUM(1,2、3;4)", 10),
        ("3×2÷4", Decimal("1.5")), ("1≠2", True), ("2≥2", True), ("1!=1", False), ("1==1", True), ('"他说""好"""', '他说"好"'),
        ('"他说“好”"', "他说“好”"), ("真", True), ("TRUE()", True), (".5+1.", Decimal("1.5")), ("１２+1", 13), ("LEFT(“abc”)", "a"),
        ("IF(TRUE,,1)", None), ('LEFT("abc",)', "a"), ("1.5E2", 150), ("'", None),
    ],
)  # fmt: skip
def test_what_is_understood(source: str, value: object) -> None:
    answer = evaluate_json(source)
    if source == "'":
        assert answer["error"] == "#ERROR!"
        assert "单引号" in answer["message"]
        return
    assert answer == {"value": value}


@pytest.mark.parametrize(
    ("source", "marked", "words"),
    [
        ("", "", "公式是空的"), ("=", "", "公式是空的"), ("1+", "", "还没写完"), ("1 2", "2", "缺少运算符"), ("(1+2", "(", "左括号没有配对"), ("1)", ")", "多了一个右括号"),
        ('"abc', '"abc', "引号没有配对"), ("{金额", "{金额", "花括号没有配对"), ("{}", "{}", "要写字段名"), ("1,2", ",", "逗号只能用在函数"), ("SUM(1,2", "(", "左括号"),
        ("SUM(1 2)", "2", "缺少逗号"), ("金额*2", "金额", "花括号"), ("SUMM(1)", "SUMM", "SUM"), ("求合(1)", "求合", "求和"), ("ROUND()", "ROUND()", "小数位数"),
        ("LEFT(1,2,3)", "LEFT(1,2,3)", "最多 2 个参数"), ("{实付金}+1", "{实付金}", "实付金额"), ("{fldAAAAAAAAAAAAAA}", "{fldAAAAAAAAAAAAAA}", "已经删除"),
        ("1+#", "#", "不能用在公式里"), ("[金额]", "[", "花括号"), ("1+*2", "*", "要有一个值"), ('TEXT(1,"?")', '"?"', "不支持"),
        ('TEXT(1,"##0.0E+0")', '"##0.0E+0"', "看不懂格式代码“##0.0”"), ('TEXT(1,"0..0")', '"0..0"', "看不懂格式代码“0..0”"), ("IFS(TRUE)", "IFS(TRUE)", "参数"),
        ('DATEADD(TODAY(),1,"光年")', '"光年"', "单位"), ("1e99", "1e99", "太大"), ("IFS(TRUE,1,FALSE)", "IFS(TRUE,1,FALSE)", "成对"), ("a\0", "\0", "删掉"),
        ('TEXT(1,{实付金额})', "{实付金额}", "直接写在公式里"), ("REGEXREPLACE(\"a\",\"a*\",\"\")", '"a*"', "空白"),
    ],
)  # fmt: skip
def test_an_error_points_at_the_place(source: str, marked: str, words: str) -> None:
    with pytest.raises(FormulaRejected) as refused:
        check(source, FIELDS)
    error = refused.value
    assert source[error.start : error.end] == marked
    assert words in error.message.text()
    assert "{{" not in error.message.text()
    assert error.message.params["position"] == error.start + 1
    assert error.problems[0].path == f"{error.start}:{error.end}"


def _typos() -> list[tuple[str, str]]:
    from runtime.formulas.functions import ALL

    return [(name, name[:2] + name[3:]) for f in ALL for name in (f.name, f.aliases[0]) if len(name) >= 4]


@pytest.mark.parametrize(("name", "typed"), _typos())
def test_a_mistyped_function_is_recognised(name: str, typed: str) -> None:
    from runtime.formulas.functions import find

    if find(typed) is not None:
        return
    source = f"1+{typed}(1)"
    with pytest.raises(FormulaRejected, match="是不是") as refused:
        check(source, {})
    assert source[refused.value.start : refused.value.end] == typed
    assert find(str(refused.value.message.params["near"])) is not None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("VLOOKUP(1,2,3)", "查找引用"),
        ("countifs(1,2)", "汇总"),
        ("RAND()", "随机数"),
        ("1+XLOOKUP(1,2,3)", "查找引用"),
    ],
)
def test_what_is_a_field_here_is_said_to_be_one(source: str, words: str) -> None:
    with pytest.raises(FormulaRejected, match=words) as refused:
        check(source, {})
    assert refused.value.error_code == "formula_name"


def test_names_become_ids_and_ids_become_names() -> None:
    names = {info.name: id_ for id_, info in FIELDS.items()}
    source = 'IF({订单}}状态}="已支付（{}）", {实付金额} * 0.9, 0)'
    bound = bind(source, names)
    assert bound == f'IF({{{B}}}="已支付（{{}}）", {{{A}}} * 0.9, 0)'
    assert unbind(bound, {id_: info.name for id_, info in FIELDS.items()}) == source
    assert bind(bound, names) == bound
    assert dependencies(parse(bound)) == {A, B}
    assert check(bound, FIELDS).fields == {A, B}
    with pytest.raises(FormulaRejected, match="实付金额"):
        bind("{实付金}", names)


def test_a_deleted_field_is_an_error_value() -> None:
    gone = "fldZZZZZZZZZZZZZZ"
    source = f"IFERROR({{{gone}}}+1, 5)"
    assert missing(parse(source), FIELDS) == {gone}
    checked = check(source, FIELDS, allow_missing=True)
    assert checked.fields == frozenset()
    from runtime.formulas import FormulaError, evaluate

    assert evaluate(checked, {}) == 5
    assert evaluate(check(f"{{{gone}}}&1", FIELDS, allow_missing=True), {}) == FormulaError("#REF!")
    assert evaluate(check("FOO(1)", FIELDS, allow_missing=True), {}) == FormulaError("#NAME?")


@pytest.mark.parametrize(
    ("source", "type_"),
    [
        ("1", "number"), ('"a"', "text"), ("1=1", "boolean"), ("TODAY()", "date"), ("NOW()", "datetime"), ("TODAY()+1", "date"),
        ("NOW()-TODAY()", "number"), (f'IF({{{A}}}>0,1,"a")', "text"), (f'IF({{{A}}}>0,1,"")', "number"), (f"IF({{{A}}}>0,TODAY(),NOW())", "datetime"),
        ("IFERROR(1/0,0)", "number"), ("MAX(TODAY(),DATE(2026,1,1))", "date"), (f"{{{A}}}*2", "number"), (f"{{{B}}}", "text"),
        ('DATEADD(TODAY(),1,"月")', "date"), ('DATEADD(TODAY(),1,"时")', "datetime"), (f"IF({{{A}}}>0,)", "text"),
    ],
)  # fmt: skip
def test_types_are_known_before_anything_is_computed(source: str, type_: str) -> None:
    assert check(source, FIELDS).type == type_


def test_whether_the_clock_matters_is_known() -> None:
    assert check(f"IF({{{A}}}>1, 1, TODAY())*1", FIELDS).uses_clock
    assert check("今天()", FIELDS).uses_clock
    assert not check(f"{{{A}}}+1", FIELDS).uses_clock


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from('1a+-*/^&=<>%(){}",“”，.急IF SUM#\n'), max_size=30))
def test_any_text_is_understood_or_refused(source: str) -> None:
    answer = evaluate_json(source, {"a": 1})
    assert ("value" in answer) != ("error" in answer)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.text(st.sampled_from("0#?.,%;:yMmdhsaAPE+-/@_*![]\\ 元"), max_size=10))
def test_any_format_is_understood_or_refused(format_: str) -> None:
    for value in ("1234.5", "-2", '"x"', "TRUE"):
        answer = evaluate_json(f'TEXT({value},"{format_}")', {})
        assert ("value" in answer) != ("error" in answer)
