"""JSON and barcodes: what they read, refuse and give back unharmed; nothing typed can hang or break them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime import fieldtypes
from runtime.definitions.fields import Barcode, FieldConfig, Json
from runtime.fieldtypes import BadValue, Context

HERE = Context()
QR, LATIN, EAN, JSON = Barcode(), Barcode(format="code128"), Barcode(format="ean13"), Json()


@pytest.mark.parametrize(
    ("config", "given", "stored", "wire"),
    [
        (JSON, '{"a": [1, 2.5, null]}', '{"a": [1, 2.5, null]}', {"a": [1, 2.5, None]}),
        (JSON, {"名": "甲"}, '{"名": "甲"}', {"名": "甲"}),
        (JSON, '"只是文字"', '"只是文字"', '"只是文字"'),
        (JSON, "12345678901234567890", "12345678901234567890", "12345678901234567890"),
        (JSON, {"id": 2**60}, '{"id": 1152921504606846976}', '{"id": 1152921504606846976}'),
        (JSON, "null", None, None),
        (JSON, "  ", None, None),
        (JSON, False, "false", False),
        (JSON, "[]", "[]", []),
        (QR, "https://例子.cn/甲 乙", "https://例子.cn/甲 乙", "https://例子.cn/甲 乙"),
        (LATIN, "SF12", "SF12", "SF12"),
        (EAN, "690123456789", "6901234567892", "6901234567892"),
        (EAN, 6901234567892, "6901234567892", "6901234567892"),
        (EAN, "690-123456789-2", "6901234567892", "6901234567892"),
    ],
)
def test_what_is_read(config: FieldConfig, given: Any, stored: Any, wire: Any) -> None:
    kind = fieldtypes.get(config)
    found = kind.parse(config, given, HERE)
    assert found == stored
    assert kind.to_wire(config, found) == wire
    assert kind.parse(config, wire, HERE) == found


@pytest.mark.parametrize(
    ("config", "given", "sentence"),
    [
        (JSON, '{"a": }', "JSON 写得不对:第 1 行第 7 个字附近"),
        (JSON, "{\n 'a': 1}", "JSON 写得不对:第 2 行第 2 个字附近"),
        (JSON, "[NaN]", "JSON 里不能有 NaN"),
        (JSON, '["\\ud800"]', "JSON 里有不完整的字符"),
        (JSON, "[" * 100_000 + "]" * 100_000, "JSON 嵌套太深或数字太长"),
        (JSON, "[" * 80 + "]" * 80, "JSON 嵌套太深或数字太长"),
        (JSON, "9" * 10_000, "JSON 嵌套太深或数字太长"),
        (JSON, "[1e999]", "JSON 嵌套太深或数字太长"),
        (JSON, ["x" * 100_001], "最多 100000 个字,现在有 100005 个"),
        (QR, "x" * 1001, "最多 1000 个字,现在有 1001 个"),
        (LATIN, "顺丰", "Code 128 条码只能有英文、数字和半角符号"),
        (EAN, "12345", "EAN-13 条码是 13 位数字(最后一位校验码可以不填)"),
        (EAN, "6901234567890", "「6901234567890」的校验码不对,最后一位应是 2"),
        (QR, True, "要填文字"),
    ],
)
def test_what_is_refused(config: FieldConfig, given: Any, sentence: str) -> None:
    with pytest.raises(BadValue) as refused:
        fieldtypes.get(config).parse(config, given, HERE)
    assert refused.value.message.text() == sentence


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_json_comes_back_as_it_was(value: Any) -> None:
    kind = fieldtypes.get(JSON)
    stored = kind.parse(JSON, json.dumps(value), HERE)
    assert (None if stored is None else json.loads(stored)) == value
    assert kind.parse(JSON, kind.to_wire(JSON, stored), HERE) == stored
