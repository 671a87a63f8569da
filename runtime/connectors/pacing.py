"""When a robot's waiting messages may leave, and how a burst becomes few messages without losing one.

WeCom takes 20 messages in any 60 seconds from one robot and refuses the rest. So: as long as there is room,
each waiting message leaves as it is; when more wait than there is room for, all of them are merged, in order,
into as few messages as their size allows, and what still has no room waits for the next free place. Nothing is
dropped.

Pure: times and messages in, a plan out. The caller keeps the rows, and plans for one robot (one pacing key,
however many connectors use it) in one place at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from runtime.connectors.base import PacingRule
from runtime.connectors.splitting import byte_length
from runtime.connectors.wecom_messages import (
    MARKDOWN_LIMIT_BYTES,
    TEXT_LIMIT_BYTES,
    MarkdownMessage,
    RobotMessage,
    TextMessage,
    as_markdown,
)
from runtime.i18n import CHINESE, N_, Translator

Id = TypeVar("Id")
SEPARATOR = "————————"


WECOM_ROBOT_RULE = PacingRule(limit=20, window_seconds=60.0)


class Waiting(msgspec.Struct, Generic[Id], frozen=True):
    """A message that waits, with the id of its row: a robot's where they are merged, of any kind where not."""

    id: Id
    message: Any


class Batch(msgspec.Struct, Generic[Id], frozen=True):
    """One message to send, and the rows it settles: one, or several that were merged."""

    ids: tuple[Id, ...]
    message: Any


class SendNow(msgspec.Struct, Generic[Id], frozen=True):
    """Send these, in order. ``look_again_at`` is when there is room for those left over; None if none are."""

    batches: tuple[Batch[Id], ...]
    look_again_at: datetime | None = None


class WaitUntil(msgspec.Struct, frozen=True):
    """There is no room before ``at``."""

    at: datetime


def plan(
    now: datetime,
    sent_times: Sequence[datetime],
    waiting: Sequence[Waiting[Id]],
    *,
    rule: PacingRule = WECOM_ROBOT_RULE,
    not_before: datetime | None = None,
    translator: Translator = CHINESE,
    merges: bool = True,
) -> SendNow[Id] | WaitUntil:
    """What to do with the messages waiting for one robot, oldest first.

    ``sent_times``: when the *answer* to each earlier message came, successes and refusals alike (the request
    reached WeCom before its answer reached us, so counting from the answer never counts too little).
    ``merges``: whether waiting messages may share one; otherwise they leave one by one, in order.
    ``not_before``: the end of a pause WeCom asked for (errcode 45009). All times are aware. Nothing waiting gives
    an empty :class:`SendNow`.
    """
    if not waiting:
        return SendNow(())
    if not_before is not None and now < not_before:
        return WaitUntil(not_before)
    counted = sorted(t for t in sent_times if t + rule.span > now)
    free = rule.limit - len(counted)
    if free <= 0:
        # So many places must become free again for one to be free.
        return WaitUntil(counted[len(counted) - rule.limit] + rule.span)
    if len(waiting) <= free:
        return SendNow(tuple(Batch((w.id,), w.message) for w in waiting))
    batches = merge(waiting, translator) if merges else [Batch((w.id,), w.message) for w in waiting]
    if len(batches) <= free:
        return SendNow(tuple(batches))
    return SendNow(tuple(batches[:free]), (counted[0] if counted else now) + rule.span)


def merge(waiting: Sequence[Waiting[Id]], translator: Translator = CHINESE) -> list[Batch[Id]]:
    """The waiting messages as few ones, in order: neighbours share a message as long as it keeps its limit.

    A message that stays alone is left as it was. Text and markdown meet in markdown, unless the text has
    mentions that markdown cannot express.
    """
    batches: list[Batch[Id]] = []
    group: list[Waiting[Id]] = []
    merged: RobotMessage | None = None
    for entry in waiting:
        candidate = _merged([*(w.message for w in group), entry.message], translator)
        if group and candidate is None:
            assert merged is not None  # noqa: S101 - a group always has its message
            batches.append(Batch(tuple(w.id for w in group), merged))
            group, candidate = [], entry.message
        group.append(entry)
        merged = candidate
    if group and merged is not None:
        batches.append(Batch(tuple(w.id for w in group), merged))
    return batches


def _merged(messages: Sequence[RobotMessage], translator: Translator) -> RobotMessage | None:
    """One message for all of them, or None when it would be too long or of no common kind."""
    if len(messages) == 1:
        return messages[0]
    texts = [m for m in messages if isinstance(m, TextMessage)]
    header = translator.gettext(N_("合并 {count} 条消息"), {"count": len(messages)})
    if len(texts) == len(messages):
        content = _joined(header, [m.content for m in texts])
        if byte_length(content) > TEXT_LIMIT_BYTES:
            return None
        users = tuple(dict.fromkeys(user for m in texts for user in m.users))
        mobiles = tuple(dict.fromkeys(mobile for m in texts for mobile in m.mobiles))
        return TextMessage(content=content, users=users, mobiles=mobiles)
    contents: list[str] = []
    for message in messages:
        markdown = as_markdown(message)
        if markdown is None:
            return None
        contents.append(markdown.content)
    content = _joined(f"**{header}**", contents)
    return MarkdownMessage(content=content) if byte_length(content) <= MARKDOWN_LIMIT_BYTES else None


def _joined(header: str, contents: Sequence[str]) -> str:
    return "\n".join([header, *(line for content in contents for line in (SEPARATOR, content))])
