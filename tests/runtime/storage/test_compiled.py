"""Statements are put together as Piccolo would do it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from piccolo.querystring import QueryString

from runtime.storage.database import compiled

VALUES = st.integers() | st.text(max_size=3) | st.none() | st.lists(st.integers(), max_size=2)
LEAVES = st.sampled_from(["TRUE", "t.id", "x = 'a'", "{}", "t.a = {}", "{} + {} AS b"])


def _part(template: str, values: list[object]) -> QueryString:
    return QueryString(template, *values[: template.count("{}")])


PARTS = st.recursive(
    st.builds(_part, LEAVES, st.lists(VALUES, min_size=2, max_size=2)),
    lambda inner: st.builds(_part, LEAVES, st.lists(VALUES | inner, min_size=2, max_size=2)),
)


@given(PARTS)
def test_parts_in_parts_number_their_values_in_order(part: QueryString) -> None:
    text, values = compiled(part, ())
    assert (text, values) == part.compile_string(engine_type="postgres")


def test_a_text_keeps_what_it_was_given() -> None:
    assert compiled("SELECT $1", (7,)) == ("SELECT $1", (7,))
