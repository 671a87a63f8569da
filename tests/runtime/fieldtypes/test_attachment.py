"""Attachments as values: what is read, what is refused, and the form in which PostgreSQL gives them back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.definitions.fields import Attachment
from runtime.fieldtypes import BadValue, Context
from runtime.fieldtypes.attachment import AttachmentType, written
from runtime.system import System

KIND, CONFIG, CONTEXT = AttachmentType(), Attachment(), Context()
FIRST, SECOND = "fil0000000000000A", "fil0000000000000B"
FILE = {"id": FIRST, "name": '正面 "1"\\.png', "size": 12, "type": "image/png", "width": 3, "height": 4}

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@st.composite
def lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Files with any names, some of them pictures."""
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(1, 5))):
        id_ = "fil" + draw(st.text("0123456789ABCabc", min_size=14, max_size=14))
        found.append(
            {"id": id_, "name": draw(NAMES), "size": draw(st.integers(0, 2**40)), "type": "image/png"}
        )
        if draw(st.booleans()):
            found[-1] |= {"width": draw(st.integers(1, 9999)), "height": draw(st.integers(1, 9999))}
    return found


@given(lists())
def test_what_is_written_is_read_again(found: list[dict[str, Any]]) -> None:
    stored = written(found)
    assert KIND.parse(CONFIG, KIND.to_wire(CONFIG, stored), CONTEXT) == stored
    assert KIND.from_history(CONFIG, KIND.to_history(CONFIG, stored)) == stored


async def test_postgresql_gives_back_the_very_text(system: System) -> None:
    names = [FILE["name"], "\x7f\u2028é😀", "a\tb/\b", "<&'>", "{}", "\\u0041", "\x01\x1f"]
    for name in names:
        stored = written([{**FILE, "name": name}, {**FILE, "id": SECOND}])
        assert await system.db.value("SELECT $1::jsonb", stored) == stored


def test_each_file_stands_once_and_order_is_kept() -> None:
    stored = KIND.parse(CONFIG, [SECOND, {"id": FIRST, "name": "a"}, SECOND], CONTEXT)
    assert [file["id"] for file in KIND.to_wire(CONFIG, stored)] == [SECOND, FIRST]


@pytest.mark.parametrize("empty", [None, "", []])
def test_empty(empty: Any) -> None:
    assert KIND.parse(CONFIG, empty, CONTEXT) is None
    assert KIND.to_wire(CONFIG, None) == []
    assert KIND.to_text(CONFIG, None, CONTEXT) == ""
    assert KIND.formula_value(CONFIG, None) is None


@pytest.mark.parametrize(
    "bad",
    [
        5,
        True,
        "a.png",
        ["a.png"],
        [{"name": "x"}],
        [{"id": FIRST, "name": 7}],
        [None],
        [[FIRST]],
        [FIRST] * 101,
    ],
)
def test_what_is_no_file(bad: Any) -> None:
    with pytest.raises(BadValue):
        KIND.parse(CONFIG, bad, CONTEXT)


def test_names_and_addresses() -> None:
    stored = written([FILE, {**FILE, "id": SECOND, "name": "a/b?.pdf", "width": None}])
    one, two = KIND.to_wire(CONFIG, stored)
    assert KIND.to_text(CONFIG, stored, CONTEXT) == f"{FILE['name']}、a/b?.pdf"
    assert one["thumbnail_url"] == f"/api/v1/files/{FIRST}/thumbnail/small"
    assert two["url"] == f"/api/v1/files/{SECOND}/a%2Fb%3F.pdf"
    assert two["thumbnail_url"] is None
    exported = f"正面 (https://a.example{one['url']}), b (https://a.example{two['url']})"
    again = KIND.to_wire(CONFIG, KIND.repair(CONFIG, exported, CONTEXT))
    assert [file["id"] for file in again] == [FIRST, SECOND]
