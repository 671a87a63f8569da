"""Days and moments that are written wrongly, or lie beyond what can be stored, are refused in words."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from runtime import fieldtypes
from runtime.definitions.fields import Date, DateTime
from runtime.fieldtypes.base import BadValue, Context

CONTEXT = Context(zone=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize("config", [Date(), DateTime()])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2024-01-01T00:00:00+99:99", "里的时区不存在"),
        ("2024-01-01 08:00 -24:00", "里的时区不存在"),
        ("9999-12-31", "年份要在 2 到 9998 之间"),
        ("0001-01-01", "年份要在 2 到 9998 之间"),
        ("0000-01-01", "日期或时间不存在"),
        ("2024-02-30", "日期或时间不存在"),
        ("10000-01-01", "不是日期"),
        ("昨天", "不是日期"),
    ],
)
def test_what_is_no_date_is_refused_in_words(config: Date | DateTime, typed: str, words: str) -> None:
    with pytest.raises(BadValue) as refused:
        fieldtypes.get(config).parse(config, typed, CONTEXT)
    assert words in refused.value.message.text()
    assert typed in refused.value.message.text()
