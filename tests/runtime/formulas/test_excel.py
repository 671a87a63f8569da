"""What Excel publishes about its functions, held in both back ends; where we differ on purpose, the reference says so."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from runtime.formulas import FieldInfo, FormulaError, ValueType
from runtime.formulas.batch import evaluate_json
from tests.runtime.formulas.bench import Bench

ERRORS = {code: FormulaError(code) for code in ("#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")}  # type: ignore[arg-type]

CASES: list[tuple[str, Any]] = [
    # operators
    ("1+2*3", 7), ("(1+2)*3", 9), ("-2^2", 4), ("2^3^2", 64), ("2^-1", "0.5"), ("50%", "0.5"), ("200*10%", 20), ("-5%", "-0.05"),
    ("=1+1", 2), ("10/4", "2.5"), ("1/0", "#DIV/0!"), ("0/0", "#DIV/0!"), ('"a"&1&TRUE', "a1TRUE"), ('1&2&""', "12"),
    ('"5"+1', 6), ('"abc"+1', "#VALUE!"), ("TRUE+1", 2), ('"a"="A"', True), ('"a"<"b"', True), ("1<2", True), ("1<>2", True),
    ('1<"a"', True), ('"z"<TRUE', True), ("1=TRUE", False), ('1="1"', False), ("1<2<3", False), ("0.1+0.2=0.3", True),
    ("1/3*3=1", True), ("--5", 5), ("+5", 5), ("1e3", 1000), ('"1,299.50"+0', "1299.5"), ("3-5-1", -3), ("100/10/2", 5),
    # logic
    ('IF(2>1,"a","b")', "a"), ("IF(0,1,2)", 2), ('IF("TRUE",1,2)', 1), ('IF("abc",1,2)', "#VALUE!"), ("IF(1/0,1,2)", "#DIV/0!"),
    ("AND(TRUE,TRUE)", True), ("AND(TRUE,FALSE)", False), ("OR(FALSE,FALSE)", False), ("NOT(0)", True), ("XOR(TRUE,TRUE,TRUE)", True),
    ('IFERROR(1/0,"x")', "x"), ("IFERROR(IFERROR(1/0,1/0),3)", 3), ('IFS(FALSE,1,TRUE,2)', 2), ("SWITCH(2,1,\"a\",2,\"b\")", "b"),
    ('SWITCH("X","x",1,0)', 1), ("ISERROR(SQRT(-1))", True),
    # rounding
    ("ROUND(2.5,0)", 3), ("ROUND(-2.5,0)", -3), ("ROUND(2.15,1)", "2.2"), ("ROUND(2.149,1)", "2.1"), ("ROUND(-1.475,2)", "-1.48"),
    ("ROUND(21.5,-1)", 20), ("ROUND(626.3,-3)", 1000), ("ROUND(1.98,-1)", 0), ("ROUND(-50.55,-2)", -100),
    ("ROUNDUP(3.2,0)", 4), ("ROUNDUP(76.9,0)", 77), ("ROUNDUP(3.14159,3)", "3.142"), ("ROUNDUP(-3.14159,1)", "-3.2"),
    ("ROUNDUP(31415.92654,-2)", 31500), ("ROUNDDOWN(3.2,0)", 3), ("ROUNDDOWN(-3.14159,1)", "-3.1"),
    ("ROUNDDOWN(31415.92654,-2)", 31400), ("INT(8.9)", 8), ("INT(-8.9)", -9), ("CEILING(2.5,1)", 3), ("CEILING(-2.5,-2)", -4),
    ("CEILING(-2.5,2)", -2), ("CEILING(1.5,0.1)", "1.5"), ("CEILING(0.234,0.01)", "0.24"), ("FLOOR(3.7,2)", 2), ("FLOOR(-2.5,-2)", -2),
    ("FLOOR(2.5,-2)", "#NUM!"), ("FLOOR(1.58,0.1)", "1.5"), ("FLOOR(0.234,0.01)", "0.23"), ("FLOOR(5,0)", "#DIV/0!"), ("CEILING(5,0)", 0),
    ("MOD(3,2)", 1), ("MOD(-3,2)", 1), ("MOD(3,-2)", -1), ("MOD(-3,-2)", -1), ("MOD(1,0)", "#DIV/0!"), ("MOD(5.5,2)", "1.5"),
    # numbers
    ("ABS(-2)", 2), ("SIGN(-0.001)", -1), ("POWER(5,2)", 25), ("POWER(4,5/4)", "5.65685424949238"), ("POWER(0,0)", "#NUM!"),
    ("0^-1", "#DIV/0!"), ("(-8)^(1/3)", "#NUM!"), ("SQRT(16)", 4), ("SQRT(2)", "1.414213562373095"), ("SQRT(-16)", "#NUM!"),
    ("SUM(1,2,3)", 6), ('SUM("5",15,TRUE)', 21), ("AVERAGE(10,7,9,27,2)", 11), ("MIN(10,7,9,27,2)", 2), ("MAX(10,7,9,27,2)", 27),
    ("COUNT(1,DATE(2008,12,8),\"x\")", 2), ("COUNTA(1,\"x\",TRUE)", 3), ("2/3", "0.666666666666667"),
    # text
    ('CONCAT("a",1,"b")', "a1b"), ('LEFT("Sale Price",4)', "Sale"), ('RIGHT("Sale Price",5)', "Price"), ('LEFT("abc",9)', "abc"),
    ('LEFT("abc",-1)', "#VALUE!"), ('MID("Fluid Flow",1,5)', "Fluid"), ('MID("Fluid Flow",7,20)', "Flow"), ('MID("Fluid Flow",20,5)', None),
    ('LEN("Phoenix, AZ")', 11), ('TRIM(" First Quarter  Earnings ")', "First Quarter Earnings"), ('PROPER("this is a TITLE")', "This Is A Title"),
    ('PROPER("2-way street")', "2-Way Street"), ('PROPER("76BudGet")', "76Budget"), ('SUBSTITUTE("Sales Data","Sales","Cost")', "Cost Data"),
    ('SUBSTITUTE("Quarter 1, 2011","1","2",3)', "Quarter 1, 2012"), ('REPLACE("abcdefghijk",6,5,"*")', "abcde*k"),
    ('REPLACE("2009",3,2,"10")', "2010"), ('FIND("M","Miriam McGovern")', 1), ('FIND("m","Miriam McGovern")', 6),
    ('FIND("M","Miriam McGovern",3)', 8), ('FIND("z","abc")', "#VALUE!"), ('FIND("","abc")', 1), ('SEARCH("e","Statements",6)', 7),
    ('SEARCH("margin","Profit Margin")', 8), ('SEARCH("a*c","xxabbc")', 3), ('SEARCH("~?","why?")', 4), ('REPT("*-",3)', "*-*-*-"),
    ('EXACT("word","word")', True), ('EXACT("Word","word")', False), ('VALUE("$1,000")', 1000), ('TEXTJOIN(", ",TRUE,"a","","b")', "a, b"),
    # text formats
    ('TEXT(1234.567,"$#,##0.00")', "$1,234.57"), ('TEXT(0.285,"0.0%")', "28.5%"), ('TEXT(1234,"0000000")', "0001234"),
    ('TEXT(12200000,"0.00,,")', "12.20"), ('TEXT(-5,"0;(0)")', "(5)"), ('TEXT(0,"0;-0;\"\"zero\"\"")', "zero"), ('TEXT(5,"#.##")', "5."),
    ('TEXT(0.5,"#.##")', ".5"), ('TEXT(1234567,"#,##0")', "1,234,567"), ('TEXT(2.345,"0.00")', "2.35"), ('TEXT("abc","0")', "abc"),
    ('TEXT(DATE(2012,3,14),"mm/dd/yy")', "03/14/12"), ('TEXT(DATE(2012,3,14),"dddd")', "Wednesday"), ('TEXT(DATE(2012,3,14),"mmm d, yyyy")', "Mar 14, 2012"),
    ('TEXT("2012-03-14 13:29:05","h:mm AM/PM")', "1:29 PM"), ('TEXT("2012-03-14 13:29:05","hh:mm:ss")', "13:29:05"),
    ('TEXT(45000,"yyyy-mm-dd")', "2023-03-15"), ('TEXT(1.25,"[h]:mm")', "30:00"), ('TEXT(0.75,"h:mm")', "18:00"),
    ('TEXT(DATE(2026,1,5),"yyyy年m月d日")', "2026年1月5日"), ('TEXT(DATE(2026,1,5),"aaaa")', "星期一"), ('TEXT(DATE(2026,1,5),"m")', "1"),
    ('TEXT(4.34,"# ?/?")', "4 1/3"), ('TRIM(TEXT(0.34,"# ?/?"))', "1/3"), ('TEXT(12200000,"0.00E+00")', "1.22E+07"),
    ('TEXT(1234567898,"[<=9999999]###-####;(###) ###-####")', "(123) 456-7898"), ('TEXT(5551234,"[<=9999999]###-####;(###) ###-####")', "555-1234"),
    ('TEXT(123456,"##0° 00\' 00\'\'")', "12° 34' 56''"), ('TEXT(5,"# ?/?")', "5    "), ('TEXT(0.5,"?/?")', "1/2"), ('TEXT(3.14159,"# ??/??")', "3 14/99"), ('TEXT(0.5,"# ??/??")', "  1/2 "),
    ('TEXT(0.00012,"0.0E+00")', "1.2E-04"), ('TEXT(9.99,"0.0E+0")', "1.0E+1"), ('TEXT(0,"0.0E+00")', "0.0E+00"), ('TEXT(2.625,"# ?/8")', "2 5/8"),
    ('TEXT(13800138000,"000-0000-0000")', "138-0013-8000"), ('TEXT(123456,"0!.0,万")', "12.3万"), ('TEXT(150,"[>=100]0;0.00")', "150"),
    ('TEXT(1.5,"[>=100]0;0.00")', "1.50"), ('TEXT(DATE(2012,3,14),"mmmmm")', "M"),
    # dates
    ("DATE(2008,7,8)", date(2008, 7, 8)), ("DATE(2008,14,2)", date(2009, 2, 2)), ("DATE(2008,-3,2)", date(2007, 9, 2)),
    ("DATE(2008,1,35)", date(2008, 2, 4)), ("DATE(2008,1,-15)", date(2007, 12, 16)), ("DATE(108,1,2)", date(2008, 1, 2)),
    ("DATE(-1,1,1)", "#NUM!"), ("DATE(10000,1,1)", "#NUM!"), ("DATE(2024,1,1)*1", 45292), ("DATE(2024,3,1)-DATE(2024,2,1)", 29),
    ("DATE(2024,1,31)+1", date(2024, 2, 1)), ('DATEVALUE("2011/02/23")*1', 40597), ('YEAR("2011-07-05")', 2011), ("MONTH(40597)", 2), ("DAY(40597)", 23),
    ("HOUR(0.75)", 18), ('MINUTE("2011-07-18 07:45")', 45), ('SECOND("2011-07-18 16:48:18")', 18), ('WEEKDAY("2008-02-14")', 5),
    ('WEEKDAY("2008-02-14",2)', 4), ('WEEKDAY("2008-02-14",3)', 3), ('WEEKDAY("2008-02-14",9)', "#NUM!"), ('WEEKNUM("2012-03-09")', 10),
    ('WEEKNUM("2012-03-09",2)', 11), ('WEEKNUM("2012-01-01",21)', 52), ('WEEKNUM("2024-12-30",21)', 1), ("EDATE(DATE(2011,1,15),1)", date(2011, 2, 15)),
    ("EDATE(DATE(2011,1,15),-1)", date(2010, 12, 15)), ("EDATE(DATE(2024,1,31),1)", date(2024, 2, 29)), ("EOMONTH(DATE(2011,1,1),1)", date(2011, 2, 28)),
    ("EOMONTH(DATE(2011,1,1),-3)", date(2010, 10, 31)), ('DATEDIF("2001-01-01","2003-01-01","Y")', 2), ('DATEDIF("2001-06-01","2002-08-15","D")', 440),
    ('DATEDIF("2001-06-01","2002-08-15","YD")', 75), ('DATEDIF("2001-06-01","2002-08-15","MD")', 14), ('DATEDIF("2001-06-01","2002-08-15","YM")', 2),
    ('DATEDIF("2024-01-31","2024-03-01","M")', 1), ('DATEDIF("2002-01-01","2001-01-01","D")', "#NUM!"),
    ('NETWORKDAYS("2012-10-01","2013-03-01")', 110), ('NETWORKDAYS("2012-10-01","2013-03-01","2012-11-22")', 109),
    ('NETWORKDAYS("2012-10-01","2013-03-01","2012-11-22","2012-12-04","2013-01-21")', 107), ('NETWORKDAYS("2013-03-01","2012-10-01")', -110),
    ('NETWORKDAYS("2024-01-06","2024-01-07")', 0),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[source for source, _ in CASES])
def test_the_answer_is_excels(bench: Bench, source: str, expected: Any) -> None:
    answer = bench.value(source)
    if isinstance(expected, str) and expected in ERRORS:
        assert answer == ERRORS[expected]
    elif isinstance(answer, Decimal):
        assert not isinstance(expected, bool)
        assert answer == Decimal(expected)
    else:
        assert (type(answer), answer) == (type(expected), expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{n}+1", 1), ("{n}=0", True), ('{n}=""', True), ('{t}&"x"', "x"), ('{t}=""', True), ("{t}+1", 1), ("SUM({n},5)", 5), ("AVERAGE({n},4,8)", 6),
        ("MIN({n},3)", 3), ("COUNT({n},1)", 1), ("COUNTA({n},{t},1)", 1), ("IF({n},1,2)", 2), ("LEN({t})", 0), ("1/{n}", "#DIV/0!"),
        # on purpose unlike Excel: a blank date is no day at all
        ("YEAR({d})", None), ("{d}+1", None), ("{d}<TODAY()", False), ("{d}>TODAY()", False), ('{d}=""', True), ("ISBLANK({d})", True),
        ("{d}=DATE(2026,1,1)", False), ("{d}<>DATE(2026,1,1)", True), ('TEXT({d},"yyyy")', None),
    ],
)  # fmt: skip
def test_blank_is_nothing(bench: Bench, source: str, expected: Any) -> None:
    fields = {
        "n": FieldInfo("n", ValueType.NUMBER), "t": FieldInfo("t", ValueType.TEXT), "d": FieldInfo("d", ValueType.DATE),
    }  # fmt: skip
    answer = bench.both(source, fields, [{}])[0]
    if isinstance(expected, str) and expected in ERRORS:
        assert answer == ERRORS[expected]
    else:
        assert answer == expected
        assert isinstance(answer, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (('IF({x}>1,"a","b")', {"x": 2}), {"value": "a"}),
        (("{x}*{y}", {"x": 0.1, "y": 3}), {"value": Decimal("0.3")}),
        (("{x}", {"x": None}), {"value": ""}),
        (('IFERROR(10/{x},"无")', {"x": 4}), {"value": Decimal("2.5")}),
        (('IFERROR(10/{x},"无")', {"x": 0}), {"value": "无"}),
        (("1/{x}", {"x": 0}), {"error": "#DIV/0!"}),
        (("{d}+1", {"d": "2024-02-28"}), {"value": "2024-02-29"}),
        (('DATEADD({d},1,"hour")', {"d": "2024-02-28T23:30:00"}), {"value": "2024-02-29T00:30:00"}),
        (("{d}", {"d": "2024-02-28T16:00:00Z"}), {"value": "2024-02-29T00:00:00"}),
        (('CONTAINS({l},"急单")', {"l": ["急单", "vip"]}), {"value": True}),
        (("12345678901234567890+0.5", {}), {"value": Decimal("12345678901234567890.5")}),
    ],
)
def test_json_in_json_out(line: tuple[str, dict[str, Any]], answer: dict[str, Any]) -> None:
    assert evaluate_json(*line) == answer


def test_the_clock_is_that_of_the_zone(bench: Bench) -> None:
    assert bench.value("TODAY()") == date(2026, 1, 15)
    assert bench.value('TEXT(NOW(),"yyyy-mm-dd hh:mm:ss")') == "2026-01-15 10:24:36"
    assert isinstance(bench.value("NOW()"), datetime)


def test_an_error_in_a_field_is_an_error_of_what_uses_it(bench: Bench) -> None:
    fields = {"a": FieldInfo("a", ValueType.NUMBER), "b": FieldInfo("b", ValueType.BOOLEAN)}
    row = {"a": FormulaError("#DIV/0!"), "b": False}
    assert bench.both("{a}+1", fields, [row]) == [FormulaError("#DIV/0!")]
    assert bench.both("IF({b},{a},5)", fields, [row]) == [5]
    assert bench.both("IFERROR({a},7)", fields, [row]) == [7]
    assert bench.both("ISERROR({a})", fields, [row]) == [True]
    assert bench.both("ISBLANK({a})", fields, [row]) == [FormulaError("#DIV/0!")]
