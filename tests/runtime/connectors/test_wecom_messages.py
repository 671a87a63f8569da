"""Messages: limits in bytes, mentions, and user values that stay harmless."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.connectors.splitting import byte_length
from runtime.connectors.wecom_messages import (
    MarkdownMessage,
    TextMessage,
    as_markdown,
    check_message,
    compose,
    escape_markdown,
    escape_text,
    sort_mentions,
)
from runtime.errors import InvalidInput
from runtime.i18n import Translator


@pytest.mark.parametrize(("kind", "limit"), [(TextMessage, 2048), (MarkdownMessage, 4096)])
def test_limits_count_bytes_not_characters(
    kind: type[TextMessage] | type[MarkdownMessage], limit: int
) -> None:
    fits = "字" * (limit // 3) + "x" * (limit % 3)
    check_message(kind(content=fits))
    with pytest.raises(InvalidInput, match=f"{limit + 1} 字节") as caught:
        check_message(kind(content=fits + "x"))
    assert caught.value.error_code == "message_too_long"


def test_blank_messages_are_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_message(TextMessage(content=" \n"))
    assert caught.value.error_code == "message_empty"


def test_mention_lists_are_sent_only_when_there_are_any() -> None:
    assert TextMessage(content="a").payload() == {"msgtype": "text", "text": {"content": "a"}}
    message = TextMessage(content="a", users=("li", "@all"), mobiles=("13800138000",))
    assert message.payload()["text"] == {
        "content": "a",
        "mentioned_list": ["li", "@all"],
        "mentioned_mobile_list": ["13800138000"],
    }


def test_mentions_are_sorted_into_users_and_mobiles() -> None:
    assert sort_mentions([" zhangsan", "13800138000", "@all", "@lisi", "", "zhangsan"]) == (
        ("zhangsan", "@all", "lisi"),
        ("13800138000",),
    )


@given(st.text())
def test_an_escaped_value_mentions_nobody(value: str) -> None:
    assert "<@" not in escape_text(value)
    assert len(escape_text(value)) == len(value)


@given(st.text(alphabet=st.sampled_from(list("<>@*`[]()# \nab字"))))
def test_an_escaped_value_formats_nothing_in_markdown(value: str) -> None:
    escaped = escape_markdown(value)
    assert not re.search(r"[<>*`\[\]]", escaped)
    assert not re.search(r"^\s*#", escaped, re.MULTILINE)
    assert len(escaped) == len(value)


def test_escaping_leaves_ordinary_values_as_they_are() -> None:
    value = "订单 A-100 #12: ¥1,299.00 (急) 13800138000 a_b@c.com"
    assert escape_markdown(value) == value == escape_text(value)


def test_a_short_text_is_one_message_with_its_mentions() -> None:
    assert compose("缺货", ["li", "13800138000"]) == [
        TextMessage(content="缺货", users=("li",), mobiles=("13800138000",))
    ]


def test_blank_text_makes_no_message() -> None:
    assert compose("  ", ["li"]) == []
    assert compose("", ["li"], markdown=True) == []


def test_a_long_text_is_split_and_mentions_come_with_its_end() -> None:
    messages = compose("一行字\n" * 300, ["li"])
    assert len(messages) == 2
    assert isinstance(messages[0], TextMessage)
    assert isinstance(messages[1], TextMessage)
    assert (messages[0].users, messages[1].users) == ((), ("li",))


def test_markdown_mentions_users_inline_and_others_in_a_text_behind_it() -> None:
    assert compose("# 缺货", ["li", "@all", "13800138000"], markdown=True) == [
        MarkdownMessage(content="# 缺货\n<@li>"),
        TextMessage(content="请看上面的消息", users=("@all",), mobiles=("13800138000",)),
    ]


@given(
    st.text(min_size=1, max_size=30).map(lambda t: t * 500),
    st.lists(st.sampled_from(["li", "wang", "@all", "13800138000"]), max_size=4),
    st.booleans(),
)
def test_every_composed_message_can_be_sent(content: str, mentions: list[str], markdown: bool) -> None:
    messages = compose(content, mentions, markdown=markdown)
    assert len(messages) <= 6
    for message in messages:
        check_message(message)


def test_what_is_left_out_of_a_very_long_text_is_counted() -> None:
    text = "字" * 10_000
    messages = compose(text)
    assert len(messages) == 5
    note = re.search(r"\n…后面还有约 (\d+) 个字,打开记录看全文$", messages[-1].content)
    assert note is not None
    shown = sum(m.content.count("字") for m in messages) - 1
    assert shown + int(note.group(1)) == len(text)


def test_notes_speak_the_readers_language() -> None:
    english = Translator("en", {"请看上面的消息": "See the message above"})
    messages = compose("x", ["@all"], markdown=True, translator=english)
    assert messages[1].content == "See the message above"


def test_text_becomes_markdown_only_when_no_mention_is_lost() -> None:
    assert as_markdown(TextMessage(content="a", mobiles=("13800138000",))) is None
    assert as_markdown(TextMessage(content="a", users=("@all",))) is None
    converted = as_markdown(TextMessage(content="*a* <@li>", users=("wang",)))
    assert converted == MarkdownMessage(content="＊a＊ <@li>\n<@wang>")
    assert byte_length("＊") == 3
