"""Laws of cutting text: nothing lost, limits hold, characters stay whole."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.connectors.splitting import WHOLE_IN_MARKDOWN, WHOLE_IN_TEXT, byte_length, split_text

WORDS = st.sampled_from(
    [
        "订单",
        "已发货",
        "A-100",
        "👍🏽",
        "👨‍👩‍👧",
        "🇨🇳",
        "é",
        "\n",
        "。",
        " ",
        "<@zhangsan>",
        "**急单**",
        "https://a.cn/o/1",
    ]
)
TEXTS = st.one_of(st.text(max_size=400), st.lists(WORDS, max_size=200).map("".join))


def visible(text: str) -> str:
    return "".join(text.split())


@given(TEXTS, st.integers(4, 200), st.sampled_from([None, WHOLE_IN_TEXT, WHOLE_IN_MARKDOWN]))
def test_nothing_is_lost_and_every_part_keeps_the_limit(text: str, limit: int, whole: object) -> None:
    parts = split_text(text, limit, whole)  # type: ignore[arg-type]
    assert visible("".join(parts)) == visible(
        text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    assert all(byte_length(part) <= limit for part in parts)
    assert all(part.strip() for part in parts)


@given(st.lists(WORDS, max_size=200).map("".join), st.integers(40, 200))
def test_no_part_begins_inside_a_character(text: str, limit: int) -> None:
    for part in split_text(text, limit)[1:]:
        assert unicodedata.category(part[0]) not in {"Mn", "Me", "Mc"}
        assert part[0] != "\u200d"
        assert not "\U0001f3fb" <= part[0] <= "\U0001f3ff"


def test_text_that_fits_is_left_alone() -> None:
    assert split_text("一行\n两行 ", 100) == ["一行\n两行 "]


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\u3000"])
def test_blank_text_gives_no_parts(blank: str) -> None:
    assert split_text(blank, 10) == []


def test_cuts_fall_at_line_ends_then_sentences_then_words() -> None:
    assert split_text("第一行字\n第二行字\n三", 28) == ["第一行字\n第二行字", "三"]
    assert split_text("一句话。第二句话比较长", 30) == ["一句话。", "第二句话比较长"]
    assert split_text("alpha beta gamma", 12) == ["alpha beta", "gamma"]


def test_a_line_end_too_far_forward_is_not_worth_a_short_part() -> None:
    parts = split_text("短\n" + "字" * 20, 30)
    assert byte_length(parts[0]) > 20


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "🇨🇳", "👍🏽", "e\u0301", "❤\ufe0f"])
def test_characters_of_several_code_points_stay_whole(cluster: str) -> None:
    for limit in range(max(4, byte_length(cluster)), byte_length(cluster) + 20):
        for part in split_text("字" + cluster * 6, limit):
            assert part.replace("字", "").replace(cluster, "") == ""


@pytest.mark.parametrize(
    "span",
    [
        "<@zhangsan>",
        "https://example.com/o/1?x=2",
        '<font color="info">正常</font>',
        "[订单](https://a.cn/1)",
    ],
)
def test_spans_that_work_only_whole_stay_whole(span: str) -> None:
    for before in range(40):
        parts = split_text("x" * before + span + "尾", 60, WHOLE_IN_MARKDOWN)
        assert any(span in part for part in parts)


def test_a_span_longer_than_a_part_is_cut_all_the_same() -> None:
    link = "https://example.com/" + "a" * 100
    assert "".join(split_text(link, 50)) == link


def test_a_limit_no_character_fits_is_an_error() -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        split_text("字字", 3)


def test_long_texts_take_no_unreasonable_time() -> None:
    text = "<font>[a](" * 20_000
    assert visible("".join(split_text(text, 4096, WHOLE_IN_MARKDOWN))) == text
