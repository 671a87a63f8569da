"""Many values at once: what is quicker reads and answers just what one value after the other does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import fieldtypes
from runtime.definitions.fields import (
    Checkbox,
    Choice,
    Currency,
    Date,
    DateTime,
    Duration,
    Email,
    LongText,
    MultiSelect,
    Number,
    Percent,
    Phone,
    Progress,
    Rating,
    SingleSelect,
    Text,
)
from runtime.fieldtypes import BadValue, Context

CHOICES = (Choice(1, "淘宝"), Choice(2, " 抖音"), Choice(3, "抖音"), Choice(4, "旧的", archived=True))
CONFIGS: tuple[Any, ...] = (
    Text(),
    Text(max_length=4),
    LongText(),
    Email(),
    Number(decimals=0),
    Number(decimals=3, minimum=-5, maximum=100),
    Number(decimals=6),
    Currency(),
    Percent(),
    Rating(),
    Progress(),
    Duration(),
    Checkbox(),
    SingleSelect(CHOICES),
    MultiSelect(CHOICES),
    Date(),
    DateTime(),
    Phone(),
    Phone(format="international", country="CN"),
)
CONTEXT = Context(zone=ZoneInfo("Asia/Shanghai"))

_OFFSETS = st.sampled_from(
    (None, UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=3, minutes=30)))
)
_MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31, 23, 59), timezones=_OFFSETS
)
_WRITTEN = st.builds(
    lambda moment, sep, spec, z: moment.isoformat(sep, spec).replace("+00:00", z),
    _MOMENTS,
    st.sampled_from("T "),
    st.sampled_from(("minutes", "seconds", "milliseconds", "microseconds")),
    st.sampled_from(("Z", "+00:00")),
)
_NUMBERS = st.one_of(
    st.integers(-(10**17), 10**17),
    st.floats(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.integers(-(10**8), 10**8).map(lambda n: n / 100),
    st.integers(-200, 200).map(lambda n: Decimal(n) / 8),
)
# by their sort, so that whole columns are of the usual kind, and then of all sorts
_SORTS: tuple[st.SearchStrategy[Any], ...] = (
    st.text(),
    st.text(alphabet="青瓷 ab\t", max_size=6),
    st.integers(-(10**6), 10**6).map(lambda n: n / 100),
    st.integers(0, 5),
    st.integers(0, 500).map(lambda n: Decimal(n) / 4),
    _NUMBERS,
    st.booleans(),
    st.sampled_from(("淘宝", "抖音", "", " 抖音")),
    st.sampled_from(("旧的", "京东", "抖音 ", 2, "淘宝")),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(
        ("13800138000", "138 0013 8000", "13800138000\n", "1380013800", "13800138000\n13800138001")
    ),
    _WRITTEN,
    _MOMENTS,
    st.dates().map(date.isoformat),
    st.dates(),
    st.sampled_from(
        ("2026-02-30", "0001-01-01", "9999-12-31", "2026-01-15T10:24", "2026-01-15\n", "2026-01-15 24:00")
    ),
)
COLUMNS = st.one_of(*(st.lists(sort, min_size=1, max_size=8) for sort in _SORTS))


def _singly(config: Any, values: list[Any], lenient: bool) -> list[Any] | None:
    kind = fieldtypes.get(config)
    try:
        return [(kind.repair if lenient else kind.parse)(config, value, CONTEXT) for value in values]
    except BadValue:
        return None


@pytest.mark.parametrize("lenient", [False, True])
@settings(max_examples=600, deadline=None)
@given(config=st.sampled_from(CONFIGS), values=COLUMNS)
def test_a_column_is_read_as_its_cells_are(config: Any, values: list[Any], lenient: bool) -> None:
    """Where a column is read at once, no cell of it is refused, and each is what it would have been alone."""
    found = fieldtypes.get(config).parse_all(config, values, CONTEXT, lenient=lenient)
    if found is not None:
        assert list(found) == _singly(config, values, lenient)
        assert list(map(type, found)) == list(map(type, _singly(config, values, lenient) or ()))
        if isinstance(config, DateTime):
            assert all(one is None or one.tzinfo is UTC for one in found)


@pytest.mark.parametrize(
    ("config", "values"),
    [
        (Text(), ["青瓷", " a "]), (LongText(), ["急单", ""]), (Currency(), [438.5, 12, 0.1]), (Number(), [Decimal("1.5")]), (Percent(), [0.125]),
        (Checkbox(), [True, False]), (SingleSelect(CHOICES), ["淘宝", "抖音"]), (Date(), ["2026-01-15"]),
        (DateTime(), ["2026-01-15T10:24:00+08:00", "2026-01-15 10:24", "2026-01-15T02:24:00.000Z"]), (Phone(), ["13800138000"]),
    ],
)  # fmt: skip
def test_what_programs_send_is_read_at_once(config: Any, values: list[Any]) -> None:
    assert fieldtypes.get(config).parse_all(config, values, CONTEXT) is not None


@settings(max_examples=600, deadline=None)
@given(config=st.sampled_from(CONFIGS), values=COLUMNS, empty=st.booleans())
def test_a_column_answers_as_its_cells_do(config: Any, values: list[Any], empty: bool) -> None:
    kind = fieldtypes.get(config)
    stored = _singly(config, values, True)
    if stored is None:
        return
    stored += [None] if empty else []
    answered = msgspec.json.encode(kind.wire_all(config, stored))
    assert answered == msgspec.json.encode([kind.to_wire(config, one) for one in stored])
