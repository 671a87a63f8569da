"""Phone numbers of every country: checked by their country's rules, kept in one form, found by their digits."""

from __future__ import annotations

import pytest

from runtime.definitions.fields import Phone
from runtime.fieldtypes import BadValue, Context, get

WORLD = Phone("international")
CONTEXT = Context()


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("13805716621", "CN", "+8613805716621"),
        ("0571-8888 6666", "CN", "+8657188886666"),
        ("+1 (415) 555-2671", "CN", "+14155552671"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("001 415 555 2671", "CN", "+14155552671"),
        ("+８６ 138 0571 6621", "US", "+8613805716621"),
        (13805716621, "CN", "+8613805716621"),
        (" ", "CN", None),
    ],
)
def test_a_number_is_read_where_it_is_from(typed: object, country: str, stored: str | None) -> None:
    config = Phone("international", country)
    kind = get(config)
    assert kind.parse(config, typed, CONTEXT) == stored
    assert kind.parse(config, kind.to_wire(config, stored), CONTEXT) == stored


@pytest.mark.parametrize(
    "typed", ["123", "+999 123456", "电话", "1380571662", "+86 138 0571 662", True and "x" * 300]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(BadValue):
        get(WORLD).parse(WORLD, typed, CONTEXT)


@pytest.mark.parametrize(
    ("config", "typed", "needle"),
    [
        (WORLD, "138 0571", "1380571"),
        (WORLD, "+1 (415)", "+1415"),
        (WORLD, "020 7946", "207946"),
        (Phone(), "138-0571 6621", "13805716621"),
        (Phone(), "+86 138", "138"),
        (WORLD, "王芳", "王芳"),
        (WORLD, "", ""),
    ],
)
def test_people_find_numbers_however_they_space_them(config: Phone, typed: str, needle: str) -> None:
    assert get(config).needle(config, typed) == needle
