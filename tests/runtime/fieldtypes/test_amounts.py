"""Rating, progress and duration: what they read, refuse, show, and the law ``parse(to_wire(v)) == v``."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import fieldtypes
from runtime.definitions.fields import Duration, FieldConfig, Progress, Rating
from runtime.fieldtypes import BadValue, Context

HERE = Context()
FIVE, WAY, TRIP = Rating(), Progress(), Progress(start=-100, end=300, decimals=1)
CLOCK, SECONDS, WORDS = Duration(), Duration(format="h:mm:ss"), Duration(format="words")


@pytest.mark.parametrize(
    ("config", "given", "stored", "text"),
    [
        (FIVE, "★★★☆☆", 3, "3"),
        (FIVE, "4/5", 4, "4"),
        (FIVE, "4.5 分", 5, "5"),
        (FIVE, 0, None, ""),
        (FIVE, "", None, ""),
        (WAY, "35%", 35, "35%"),
        (WAY, "35", 35, "35%"),
        (WAY, 99.6, 100, "100%"),
        (TRIP, "50%", 100, "100.0"),
        (TRIP, "12.34", Decimal("12.3"), "12.3"),
        (CLOCK, "1:30", 5400, "1:30"),
        (CLOCK, "90m", 5400, "1:30"),
        (CLOCK, "90", 5400, "1:30"),
        (CLOCK, "1小时30分", 5400, "1:30"),
        (CLOCK, "1个半小时", 5400, "1:30"),
        (CLOCK, "1.5h", 5400, "1:30"),
        (CLOCK, "1:30:05", 5405, "1:30:05"),
        (CLOCK, "2d 4 hours", 187_200, "52:00"),
        (CLOCK, "1周1天", 691_200, "192:00"),
        (CLOCK, 75, 75, "0:01:15"),
        (CLOCK, timedelta(hours=30), 108_000, "30:00"),
        (CLOCK, time(8, 15), 29_700, "8:15"),
        (SECONDS, "90", 90, "0:01:30"),
        (WORDS, 5405, 5405, "1小时30分5秒"),
        (WORDS, 0, 0, "0分"),
    ],
)
def test_what_is_read(config: FieldConfig, given: Any, stored: Any, text: str) -> None:
    kind = fieldtypes.get(config)
    found = kind.repair(config, given, HERE)
    assert found == stored
    assert kind.to_text(config, found, HERE) == text
    assert kind.parse(config, kind.to_wire(config, found), HERE) == found


@pytest.mark.parametrize(
    ("config", "given", "sentence"),
    [
        (FIVE, 6, "评分是 1 到 5 的整数"),
        (FIVE, -1, "评分是 1 到 5 的整数"),
        (FIVE, 2.5, "评分只能是整数"),
        (FIVE, "好", "「好」不是数字"),
        (FIVE, True, "要填数字"),
        (WAY, 101, "进度应在 0 到 100 之间"),
        (WAY, "101%", "进度应在 0 到 100 之间"),
        (WAY, "NaN", "「NaN」不是数字"),
        (CLOCK, "1:75", "「1:75」里的分和秒要小于 60"),
        (CLOCK, "很久", "「很久」不是时长,应像 1:30、90m 或 1小时30分"),
        (CLOCK, "-1:30", "「-1:30」不是时长,应像 1:30、90m 或 1小时30分"),
        (CLOCK, -1, "时长应在 0 到 100 年之间"),
        (CLOCK, 10**14, "时长应在 0 到 100 年之间"),
        (CLOCK, "9" * 12, "时长应在 0 到 100 年之间"),
        (CLOCK, ["1:30"], "要填数字"),
    ],
)
def test_what_is_refused(config: FieldConfig, given: Any, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        fieldtypes.get(config).parse(config, given, HERE)
    assert refused.value.message.text() == sentence


@given(st.integers(0, 10**9), st.sampled_from([CLOCK, SECONDS, WORDS]))
def test_a_duration_is_read_as_it_is_written(seconds: int, config: Duration) -> None:
    kind = fieldtypes.get(config)
    assert kind.parse(config, kind.to_text(config, Decimal(seconds), HERE), HERE) == seconds


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for config in (FIVE, WAY, TRIP, CLOCK, WORDS):
        kind = fieldtypes.get(config)
        try:
            found = kind.repair(config, text, HERE)
        except BadValue:
            continue
        assert found is None or kind.parse(config, kind.to_wire(config, found), HERE) == found
