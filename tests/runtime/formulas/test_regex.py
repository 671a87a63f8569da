"""Our regular expressions: the same matches as PostgreSQL, and never slow."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from piccolo.querystring import QueryString

from runtime.formulas import FormulaRejected, check
from runtime.formulas.regex import BadPattern, matcher, parse_pattern, parse_wildcards
from tests.runtime.formulas.bench import Bench
from tests.runtime.formulas.strategies import quoted

ATOMS = st.sampled_from(
    [
        "a",
        "b",
        "c",
        ".",
        "[ab]",
        "[^a]",
        r"\d",
        r"\w",
        r"\s",
        "急",
        "1",
        r"\.",
        "^",
        "$",
        "[一-鿿]",
        r"\-",
        "_",
    ]
)
QUANTIFIERS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "{0,1}"])


def _quantified(atom: str, quantifier: str) -> str:
    return atom if atom in ("^", "$") else atom + quantifier


PATTERNS = st.recursive(
    st.builds(_quantified, ATOMS, QUANTIFIERS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join),
        st.builds(lambda body, q: f"({body}){q}", inner, QUANTIFIERS),
        st.builds(lambda body, q: f"(?:{body}){q}", inner, QUANTIFIERS),
    ),
    max_leaves=8,
)
TEXTS = st.text("abc1 急.-\n_", max_size=9)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(source=PATTERNS, text=TEXTS)
def test_postgresql_finds_the_same(bench: Bench, source: str, text: str) -> None:
    try:
        pattern = parse_pattern(source)
    except BadPattern:
        return  # a doubled quantifier, for instance
    found = matcher(pattern).search(text)
    row = bench.fetch(QueryString(
        "SELECT regexp_match({}::text, {}::text) AS groups, regexp_instr({}::text, {}::text) AS place, "
        "regexp_substr({}::text, {}::text) AS whole",
        text, pattern.sql, text, pattern.sql, text, pattern.sql,
    ))[0]  # fmt: skip
    if found is None:
        assert row["groups"] is None
        return
    assert row["groups"] is not None
    assert found.start == row["place"] - 1
    assert text[found.start : found.end] == (row["whole"] or "")
    if pattern.groups:
        assert [text[start:end] for start, end in found.groups] == row["groups"]


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(source=PATTERNS, text=TEXTS)
def test_it_matches_where_python_matches(source: str, text: str) -> None:
    try:
        pattern = parse_pattern(source)
    except BadPattern:
        return
    # our \w, \s, . and $ spelled out for Python's dialect
    spelled = source.replace(r"\w", "[0-9A-Za-z_㐀-䶿一-鿿]").replace("$", r"\Z").replace(r"\d", "[0-9]")
    assert (matcher(pattern).search(text) is not None) == (re.search(spelled, text) is not None)


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        ("a|ab", "xab", "ab"),  # the longest, not the first, alternative
        ("急单|急", "很急单", "急单"),
        (r"\d{3}-\d{4}", "tel 010-1234 or 021-9999", "010-1234"),
        ("[^,]*", ",a", ""),
        (r"[\]\-x]+", "a]-x", "]-x"),
        ("[]a]+", "x]a", "]a"),
        ("[a-]+", "b-a", "-a"),
    ],
)
def test_the_leftmost_longest_match_counts(source: str, text: str, expected: str) -> None:
    found = matcher(parse_pattern(source)).search(text)
    assert found is not None
    assert text[found.start : found.end] == expected


@pytest.mark.parametrize(
    "source",
    [
        "(a+)+$",
        "(a|a)*b",
        "(a|aa)+$",
        "(.*a){12}",
        "(?:a?){60}a{60}",
        "[ab]*a[ab]{60}",
        "(a*)*b",
        "(.*)(.*)(.*)(.*)(.*)x",
    ],
)
def test_no_pattern_is_slow(bench: Bench, source: str) -> None:
    text = "ab" * 100 + "a" * 9_800 + "!"
    started = time.perf_counter()
    matcher(parse_pattern(source)).search(text)
    assert time.perf_counter() - started < 10
    started = time.perf_counter()
    bench.fetch(QueryString("SELECT regexp_match({}::text, {}::text)", text, parse_pattern(source).sql))
    assert time.perf_counter() - started < 10


def test_replacing_in_a_long_text_is_not_slow() -> None:
    started = time.perf_counter()
    found = matcher(parse_pattern("a|a[^x]*x")).all("a" * 20_000)
    assert len(found) == 20_000
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    "source",
    [
        "", "(", ")", "a)", "[", "[a", "*a", "a**", "a*?", "a+?", "a{2", "a{3,2}", "a{999}", r"(a)\1", "(?=a)", "(?!a)", "(?<n>a)", "(?i)a",
        r"\b", r"\p{L}", "[[:alpha:]]", "[z-a]", r"[\D]", "^*", "\\", "((a{99}){99}){99}", "x" * 501, "(a)" * 10,
    ],
)  # fmt: skip
def test_what_is_not_of_the_dialect_is_refused_with_a_reason(source: str) -> None:
    with pytest.raises(BadPattern) as refused:
        parse_pattern(source)
    assert re.search("[一-鿿]", refused.value.message.text())


def test_the_error_points_at_the_pattern_in_the_formula() -> None:
    source = 'REGEXMATCH({t}, "(")'
    with pytest.raises(FormulaRejected) as refused:
        check(source.replace("{t}", '"x"'), {})
    assert source.replace("{t}", '"x"')[refused.value.start : refused.value.end] == '"("'


def test_a_pattern_has_to_be_written_in_the_formula() -> None:
    with pytest.raises(FormulaRejected, match="直接写在公式里"):
        check('REGEXMATCH("a", "a" & "b")', {})


@pytest.mark.parametrize(
    ("pattern", "text", "start"),
    [("a*c", "xxabbc", 2), ("a?c", "abc", 0), ("~*", "2*3", 1), ("a*", "bbb", None), ("*", "", 0)],
)
def test_wildcards(pattern: str, text: str, start: int | None) -> None:
    found = matcher(parse_wildcards(pattern)).search(text)
    assert (found.start if found else None) == start


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(source=PATTERNS, text=TEXTS, template=st.sampled_from(["#", "", "<$0>", "$$"]))
def test_both_replace_the_same(bench: Bench, source: str, text: str, template: str) -> None:
    formula = f'REGEXREPLACE({quoted(text)}, {quoted(source)}, "{template}")'
    try:
        check(formula, {})
    except FormulaRejected:
        return
    bench.value(formula)
