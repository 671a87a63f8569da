"""The published examples of Microsoft's documentation for statistics, multiples, working days, marks and week numbers."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.runtime.formulas.bench import Bench
from tests.runtime.formulas.test_excel import test_the_answer_is_excels as agrees

_STRENGTHS = "1345,1301,1368,1322,1310,1370,1318,1350,1303,1299"
_HOOD = '"Little Red Riding Hood\'s red hood"'

CASES: list[tuple[str, Any]] = [
    # logic and information
    ('IFNA(NA(),"Not found")', "Not found"), ('CHOOSE(2,"1st","2nd","3rd","Finished")', "2nd"), ('CHOOSE(4,"Nails","Screws","Nuts","Bolts")', "Bolts"),
    ("CHOOSE(0,1)", "#VALUE!"), ("CHOOSE(2.9,1,2,3)", 2), ("ISEVEN(-1)", False), ("ISEVEN(2.5)", True), ("ISEVEN(5)", False), ("ISEVEN(0)", True),
    ("ISODD(-1)", True), ("ISODD(2.5)", False), ("ISODD(5)", True), ("N(7)", 7), ('N("Even")', 0), ("N(TRUE)", 1), ("N(DATE(2011,4,17))", 40650),
    ('T("Rainfall")', "Rainfall"), ("T(19)", None), ("T(TRUE)", None), ("ISNUMBER(4)", True), ('ISNUMBER("4")', False), ("ISNUMBER(DATE(2026,1,1))", True),
    ('ISTEXT("Region1")', True), ("ISLOGICAL(TRUE)", True), ('ISLOGICAL("TRUE")', False), ("ISNA(NA())", True), ("ISERR(NA())", False), ("ISERR(1/0)", True),
    ("ISERROR(NA())", True), ("ISNUMBER(1/0)", False), ('ISNUMBER(IF(1=1,5,"x"))', True), ('ISTEXT(IF(1=2,5,"x"))', True),
    # text
    (f'TEXTBEFORE({_HOOD},"Red")', "Little "), (f'TEXTAFTER({_HOOD},"Red")', " Riding Hood's red hood"), (f'TEXTAFTER({_HOOD},"hood")', None),
    (f'TEXTAFTER({_HOOD},"basket")', "#N/A"), (f'TEXTBEFORE({_HOOD},"red",2)', "#N/A"), (f'TEXTAFTER({_HOOD},"red",-1)', " hood"), (f'TEXTBEFORE({_HOOD},"",1)', "#VALUE!"),
    ('CODE("A")', 65), ("CHAR(65)", "A"), ("CHAR(33)", "!"), ("UNICHAR(66)", "B"), ("UNICHAR(32)", " "), ("UNICHAR(0)", "#VALUE!"), ('UNICODE("B")', 66), ('UNICODE(" ")', 32),
    ("FIXED(1234.567,1)", "1,234.6"), ("FIXED(1234.567,-1)", "1,230"), ("FIXED(-1234.567,-1,TRUE)", "-1230"), ("FIXED(44.332)", "44.33"), ("FIXED(-0.001)", "0.00"),
    ('CLEAN(CHAR(9)&"Monthly report"&CHAR(10))', "Monthly report"), ('COUNTA(TEXTSPLIT("Dakota Lennon Sanchez"," "))', 3),
    # what text is written as by a format
    ('TEXT("abc","0;0;0;@""!""")', "abc!"), ('TEXT("abc","@""!""")', "abc!"), ('TEXT(5,"@""!""")', "5!"), ('TEXT("abc","0;-0;@@")', "abcabc"),
    ('TEXT(0,"0;-0;@@")', "0"), ('TEXT("abc","0;-0")', "abc"), ('TEXT("abc","0;;;")', None), ('TEXT(-5,"0;;;")', None), ('TEXT("abc","yyyy/m/d;@")', "abc"),
    ('TEXT("abc","#,##0_);(#,##0);0_);_-@_-")', " abc "), ('TEXT(-1234.5,"#,##0.00_);(#,##0.00)")', "(1,234.50)"), ('TEXT(1234.5,"#,##0.00_);(#,##0.00)")', "1,234.50 "),
    # whole numbers and multiples
    ("TRUNC(8.9)", 8), ("TRUNC(-8.9)", -8), ("TRUNC(0.45)", 0), ("EVEN(1.5)", 2), ("EVEN(3)", 4), ("EVEN(2)", 2), ("EVEN(-1)", -2), ("EVEN(0)", 0),
    ("ODD(1.5)", 3), ("ODD(3)", 3), ("ODD(2)", 3), ("ODD(-1)", -1), ("ODD(-2)", -3), ("GCD(5,2)", 1), ("GCD(24,36)", 12), ("GCD(7,1)", 1), ("GCD(5,0)", 5), ("GCD(-1,2)", "#NUM!"),
    ("LCM(5,2)", 10), ("LCM(24,36)", 72), ("QUOTIENT(5,2)", 2), ("QUOTIENT(4.5,3.1)", 1), ("QUOTIENT(-10,3)", -3), ("MROUND(10,3)", 9), ("MROUND(-10,-3)", -9),
    ("MROUND(1.3,0.2)", "1.4"), ("MROUND(5,-2)", "#NUM!"), ("FACT(5)", 120), ("FACT(1.9)", 1), ("FACT(0)", 1), ("FACT(-1)", "#NUM!"), ("FACT(1)", 1), ("COMBIN(8,2)", 28),
    ("PERMUT(100,3)", 970200), ("PERMUT(3,2)", 6), ("PRODUCT(5,15,30)", 2250), ("SUMSQ(3,4)", 25),
    # logarithms
    ("ROUND(EXP(1),8)", "2.71828183"), ("ROUND(EXP(2),7)", "7.3890561"), ("ROUND(LN(86),7)", "4.4543473"), ("ROUND(LN(EXP(3)),10)", 3), ("LOG(10)", 1), ("LOG(8,2)", 3),
    ("ROUND(LOG(86,2.7182818),7)", "4.4543473"), ("ROUND(LOG10(86),9)", "1.934498451"), ("LOG10(10)", 1), ("LOG10(1E5)", 5), ("LOG(10,1)", "#DIV/0!"), ("LOG(-1)", "#NUM!"), ("ROUND(PI(),9)", "3.141592654"),
    # statistics
    ("MEDIAN(1,2,3,4,5)", 3), ("MEDIAN(1,2,3,4,5,6)", "3.5"), ("MODE(5.6,4,4,3,2,4)", 4), (f"ROUND(VAR({_STRENGTHS}),4)", "754.2667"), (f"VARP({_STRENGTHS})", "678.84"),
    (f"ROUND(STDEV({_STRENGTHS}),8)", "27.46391572"), (f"ROUND(STDEVP({_STRENGTHS}),8)", "26.05455814"), ("STDEV(1)", "#DIV/0!"),
    ("LARGE(LIST(3,5,3,5,4,4,2,4,6,7),3)", 5), ("LARGE(LIST(3,5,3,5,4,4,2,4,6,7),7)", 4), ("SMALL(LIST(3,4,5,2,3,4,6,4,7),4)", 4), ("SMALL(LIST(1,4,8,3,7,12,54,8,23),2)", 3),
    ("RANK(3.5,LIST(7,3.5,3.5,1,2),1)", 3), ("RANK(7,LIST(7,3.5,3.5,1,2),1)", 5), ("RANK(8,LIST(7,3.5))", "#N/A"), ("LARGE(LIST(1),0)", "#NUM!"),
    # times
    ("TIME(12,0,0)", "0.5"), ("ROUND(TIME(16,48,10),7)", "0.7001157"), ("TIME(27,0,0)", "0.125"), ("ROUND(TIME(0,750,0),6)", "0.520833"), ("ROUND(TIME(0,0,2000),7)", "0.0231481"),
    ('TIMEVALUE("2:24 AM")', "0.1"), ('TIMEVALUE("12:00 AM")', 0), ('TIMEVALUE("12:30 PM")', "0.520833333333333"), ('TIMEVALUE("25:00")', "#VALUE!"), ('TIMEVALUE("13:00 PM")', "#VALUE!"),
    # days and years
    ("DAYS(DATE(2021,3,15),DATE(2021,2,1))", 42), ('DAYS("2021-12-31","2021-01-01")', 364), ("DAYS360(DATE(2011,1,30),DATE(2011,2,1))", 1), ("DAYS360(DATE(2011,1,1),DATE(2011,12,31))", 360),
    ("DAYS360(DATE(2011,1,1),DATE(2011,2,1))", 30), ('ROUND(YEARFRAC("2012-01-01","2012-07-30"),8)', "0.58055556"), ('ROUND(YEARFRAC("2012-01-01","2012-07-30",1),8)', "0.57650273"),
    ('ROUND(YEARFRAC("2012-01-01","2012-07-30",3),8)', "0.57808219"), ('YEARFRAC("2012-01-01","2012-07-30",5)', "#NUM!"), ('YEARFRAC("2020-01-01","2021-01-01",1)', 1), ("ISOWEEKNUM(DATE(2012,3,9))", 10),
    ('DATEDIF("2024-01-31","2024-03-01","MD")', 1), ('DATEDIF("2024-02-29","2025-02-28","Y")', 0), ('DATEDIF("2024-02-29","2025-03-01","YD")', 1), ('DATEDIF("2026-01-15","2026-01-15","YM")', 0),
    # working days
    ('WORKDAY("2008-10-01",151)', date(2009, 4, 30)), ('WORKDAY("2008-10-01",151,"2008-11-26","2008-12-04","2009-01-21")', date(2009, 5, 5)),
    ('WORKDAY("2008-10-01",151,SPLIT("2008-11-26 2008-12-04 2009-01-21"," "))', date(2009, 5, 5)), ('WORKDAY("2026-01-18",-1)', date(2026, 1, 16)), ('WORKDAY("2026-01-17",0)', date(2026, 1, 17)),
    ('WORKDAY("2026-02-24",-1,LIST("2026-02-23","2026-02-20"))', date(2026, 2, 19)), ('WORKDAY("2026-01-01",10^9)', "#NUM!"), ('WORKDAY("2026-01-01",1,LIST("春节"))', "#VALUE!"),
    ('NETWORKDAYS("2012-10-01","2013-03-01",SPLIT("2012-11-22,2012-12-04,2013-01-21",","))', 107), ('NETWORKDAYS.INTL("2006-01-01","2006-01-31")', 22),
    ('NETWORKDAYS.INTL("2006-02-28","2006-01-31")', -21), ('NETWORKDAYS.INTL("2006-01-01","2006-02-01",7,"2006-01-02","2006-01-16")', 22),
    ('NETWORKDAYS.INTL("2006-01-01","2006-02-01","0010001","2006-01-02","2006-01-16")', 20), ('WORKDAY.INTL("2012-01-01",90,11)', date(2012, 4, 14)), ('WORKDAY.INTL("2012-01-01",30,17)', date(2012, 2, 5)),
    # week numbers, every return type: 4 January 2026 is the first Sunday, 1 January a Thursday
    *((f'WEEKNUM("2026-01-04",{kind})', week) for kind, week in ((1, 2), (2, 1), (11, 1), (12, 1), (13, 1), (14, 1), (15, 2), (16, 2), (17, 2), (21, 1), (3, "#NUM!"), (0, "#NUM!"))),
    *((f'WEEKNUM("2012-03-09",{kind})', week) for kind, week in ((1, 10), (2, 11), (21, 10))),
    ('WEEKNUM("2024-12-31")', 53), ('WEEKNUM("2024-12-31",21)', 1), ('WEEKNUM("2021-01-03",21)', 53),
    *((f'WEEKDAY("2008-02-14",{kind})', day) for kind, day in ((1, 5), (2, 4), (3, 3), (11, 4), (12, 3), (13, 2), (14, 1), (15, 7), (16, 6), (17, 5))),
    # month ends
    ("EOMONTH(DATE(2011,1,1),1)", date(2011, 2, 28)), ("EOMONTH(DATE(2011,1,1),-3)", date(2010, 10, 31)), ("EOMONTH(DATE(2024,1,31),1)", date(2024, 2, 29)), ("EOMONTH(DATE(9999,12,1),1)", "#NUM!"),
    ("EDATE(DATE(2011,1,15),2)", date(2011, 3, 15)),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES, ids=[source for source, _ in CASES])
def test_it_agrees_with_excel(bench: Bench, source: str, expected: Any) -> None:
    agrees(bench, source, expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('KEYWORDS({备注},"急单:急|加急|-不急","要发票:发票|开票|-不要发票")', "急单、要发票"), ('COUNTA(SPLIT({备注},","))', 2),
        ("ARRAYJOIN(SORT(UNIQUE({标签})),\"/\")", "VIP/急单/要发票"), ("COUNTIF({标签},\"*单\")", 2), ("CONTAINS({标签},\"vip\")", True), ("CONTAINS({标签},\"急\")", False),
        ("INDEX({标签},-1)", "急单"), ("INTERSECT({标签},LIST(\"急单\",\"补发\"))&\"\"", "急单"), ("MATCH(\"要发票\",{标签})", 2), ("COUNTBLANK({标签},{空})", 1),
        ("FIRST({空})", None), ("CONTAINSALL({标签},\"急单\",\"VIP\")", True), ("SUM(SPLIT(\"3 8,5\",\",\"))", 5), ("LARGE({标签},1)", "#NUM!"), ("ARRAYJOIN(ARRAYSLICE({标签},2),\"-\")", "要发票-VIP-急单"),
    ],
)  # fmt: skip
def test_lists_of_a_record(bench: Bench, source: str, expected: Any) -> None:
    values = {"备注": "客户很急,要开票", "标签": ["急单", "要发票", "VIP", "急单"], "空": None}
    answer = bench.value(source, values)
    assert getattr(answer, "code", answer) == expected
