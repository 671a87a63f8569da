"""Messages for WeCom group robots: their kinds, limits, mentions, and making user values harmless in them.

Limits and syntax are those of the group robot's documentation (developer.work.weixin.qq.com, path 91770):
content is measured in UTF-8 bytes; only text messages have mention lists; ``<@userid>`` inside the content
mentions people in both kinds, so it must never come from a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from runtime.connectors.splitting import WHOLE_IN_MARKDOWN, WHOLE_IN_TEXT, byte_length, fit, split_text
from runtime.errors import InvalidInput
from runtime.i18n import CHINESE, N_, Translator

TEXT_LIMIT_BYTES = 2048
MARKDOWN_LIMIT_BYTES = 4096
EVERYBODY = "@all"
MAX_PARTS = 5
_MOBILE = re.compile(r"1\d{10}")
_MENTION = re.compile(r"<@[^<>\s]{1,64}>")
# Look-alikes in full width: the robot's markdown knows no escape character, and these read the same.
_MARKDOWN_LOOKALIKES = str.maketrans({"<": "＜", ">": "＞", "*": "＊", "`": "｀", "[": "［", "]": "］"})
_HEADING = re.compile(r"^(\s*)#", re.MULTILINE)


class TextMessage(
    msgspec.Struct, frozen=True, kw_only=True, tag="text", tag_field="kind", omit_defaults=True
):
    """Plain text of at most 2048 bytes. ``users``: WeCom user ids or ``@all``; ``mobiles``: phone numbers."""

    content: str
    users: tuple[str, ...] = ()
    mobiles: tuple[str, ...] = ()

    @property
    def limit_bytes(self) -> int:
        """The most that ``content`` may have."""
        return TEXT_LIMIT_BYTES

    def payload(self) -> dict[str, Any]:
        """The JSON object the robot takes."""
        text: dict[str, Any] = {"content": self.content}
        if self.users:
            text["mentioned_list"] = list(self.users)
        if self.mobiles:
            text["mentioned_mobile_list"] = list(self.mobiles)
        return {"msgtype": "text", "text": text}


class MarkdownMessage(msgspec.Struct, frozen=True, kw_only=True, tag="markdown", tag_field="kind"):
    """Markdown (headings, bold, links, inline code, quotes, three font colours) of at most 4096 bytes."""

    content: str

    @property
    def limit_bytes(self) -> int:
        """The most that ``content`` may have."""
        return MARKDOWN_LIMIT_BYTES

    def payload(self) -> dict[str, Any]:
        """The JSON object the robot takes."""
        return {"msgtype": "markdown", "markdown": {"content": self.content}}


RobotMessage = TextMessage | MarkdownMessage


def check_message(message: RobotMessage) -> None:
    """Raise :class:`InvalidInput` when the robot would refuse the message: nothing in it, or too long."""
    if not message.content.strip():
        raise InvalidInput(N_("消息是空的,填上内容再发"), code="message_empty")
    size = byte_length(message.content)
    if size > message.limit_bytes:
        raise InvalidInput(
            N_("消息有 {size} 字节,超过企业微信的上限 {limit} 字节(一个汉字 3 字节)"),
            code="message_too_long",
            size=size,
            limit=message.limit_bytes,
        )


def escape_text(value: str) -> str:
    """A user's value for the content of a text message: it cannot mention anybody."""
    return value.replace("<@", "＜@")


def escape_markdown(value: str) -> str:
    """A user's value for the content of a markdown message: it cannot format, link or mention.

    Line ends stay; a value inside a heading or quote should be put on one line by the caller.
    """
    return _HEADING.sub(r"\1＃", value.translate(_MARKDOWN_LOOKALIKES))


def sort_mentions(mentions: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """User ids (``@all`` among them) and mobile numbers of a mixed list: each once, in order, no blanks."""
    users: dict[str, None] = {}
    mobiles: dict[str, None] = {}
    for entry in (m.strip() for m in mentions):
        if _MOBILE.fullmatch(entry):
            mobiles[entry] = None
        elif entry:
            users[entry.removeprefix("@") if entry != EVERYBODY else entry] = None
    return tuple(users), tuple(mobiles)


def compose(
    content: str,
    mentions: Iterable[str] = (),
    *,
    markdown: bool = False,
    translator: Translator = CHINESE,
    max_parts: int = MAX_PARTS,
) -> list[RobotMessage]:
    """The messages to send for one text, in order: more than one when it is too long, none when it is blank.

    Values in ``content`` must have been escaped (:func:`escape_text`, :func:`escape_markdown`). After
    ``max_parts`` the rest is replaced by a line saying how much is missing. Mentions go with the last part, when
    all of it can be read. Markdown mentions user ids only; for mobile numbers and ``@all`` a short text message
    follows.
    """
    users, mobiles = sort_mentions(mentions)
    if not markdown:
        parts = _capped(content, TEXT_LIMIT_BYTES, WHOLE_IN_TEXT, max_parts, translator)
        texts = [TextMessage(content=part) for part in parts]
        if texts:
            texts[-1] = TextMessage(content=texts[-1].content, users=users, mobiles=mobiles)
        return list(texts)
    inline = "".join(f"<@{user}>" for user in users if user != EVERYBODY)
    room = MARKDOWN_LIMIT_BYTES - (byte_length(inline) + 1 if inline else 0)
    parts = _capped(content, room, WHOLE_IN_MARKDOWN, max_parts, translator)
    if not parts:
        return []
    if inline:
        parts[-1] += "\n" + inline
    messages: list[RobotMessage] = [MarkdownMessage(content=part) for part in parts]
    everybody = (EVERYBODY,) if EVERYBODY in users else ()
    if everybody or mobiles:
        notice = translator.gettext(N_("请看上面的消息"))
        messages.append(TextMessage(content=notice, users=everybody, mobiles=mobiles))
    return messages


def _capped(
    content: str, limit: int, whole: re.Pattern[str], max_parts: int, translator: Translator
) -> list[str]:
    parts = split_text(content, limit, whole)
    if len(parts) <= max_parts:
        return parts
    kept, last = parts[: max_parts - 1], parts[max_parts - 1]
    left_out = sum(len(part) for part in parts[max_parts:])
    # The note counts what its own room costs: a few more characters leave the last part.
    note = "\n" + translator.gettext(N_("…后面还有约 {count} 个字,打开记录看全文"), {"count": left_out})
    cut = fit(last, limit - byte_length(note) - 8, whole)
    left_out += len(last) - cut
    note = "\n" + translator.gettext(N_("…后面还有约 {count} 个字,打开记录看全文"), {"count": left_out})
    return [*kept, last[:cut].rstrip() + note]


def as_markdown(message: RobotMessage) -> MarkdownMessage | None:
    """The same message as markdown; None when it mentions a mobile number or everybody: markdown cannot."""
    if isinstance(message, MarkdownMessage):
        return message
    if message.mobiles or EVERYBODY in message.users:
        return None
    pieces: list[str] = []
    end = 0
    for match in _MENTION.finditer(message.content):
        pieces += [escape_markdown(message.content[end : match.start()]), match.group()]
        end = match.end()
    pieces.append(escape_markdown(message.content[end:]))
    if message.users:
        pieces += ["\n", *(f"<@{user}>" for user in message.users)]
    return MarkdownMessage(content="".join(pieces))
