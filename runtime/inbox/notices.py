"""Notices as rows: posted once per key and person, inside the transaction of what they tell of.

Whoever has a page open hears of a new notice after the commit (topic: the person's public id) and asks for it; a page
that was away asks again when it is back. So the row is the truth, and the live channel only says when to look.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from runtime.errors import InvalidInput
from runtime.events.live import Notice
from runtime.i18n import N_, Message, Translator
from runtime.ids import new_id
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

MAX_TITLE = 200
MAX_TEXT = 2000
PAGE = 30
MOST_POPUPS = 50
_URL = re.compile(r"/(?!/)[^\s\\]*|https?://[^\s]+")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its reader sees it. ``app``: public number of the app it is about, None for the installation."""

    id: str
    app: int | None
    title: str
    text: str
    url: str
    popup: bool
    at: datetime
    read: bool


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Notices, newest first; ``next_before`` asks for older ones, None at the end."""

    letters: tuple[Letter, ...]
    next_before: str | None


async def post(
    system: System,
    tx: Tx,
    *,
    people: Collection[int],
    title: str | Message,
    key: str,
    app: int | None = None,
    text: str | Message = "",
    url: str = "",
    popup: bool = False,
) -> int:
    """Tell ``people`` (numbers of ``meta.person``) something; returns how many were not told before.

    Exactly once per ``key`` and person: posting it again does nothing. People without an active account are passed
    over. ``app``: number of the app it is about. ``title`` and ``text`` are plain words, cut to :data:`MAX_TITLE` and
    :data:`MAX_TEXT` characters; a :class:`Message` is shown in each reader's language. ``url``: where "打开" leads,
    an address of the product (``/t/…``) or a whole one. ``popup``: shown at once in the corner of the person's open
    pages, and there until it is closed.

    Raises:
        InvalidInput: ``url`` is neither.
    """
    if url and not _URL.fullmatch(url):
        raise InvalidInput(N_("通知里的链接要以 / 或 http:// 、https:// 开头"), code="bad_notice_url")
    numbers = sorted(set(people))
    rows = await tx.fetch(
        "INSERT INTO meta.notice (public_id, key, person_id, app_id, title, text, url, popup)"
        " SELECT i, $3, p.id, $4, $5, $6, $7, $8 FROM unnest($1::integer[], $2::text[]) AS n(person, i)"
        " JOIN meta.person p ON p.id = n.person AND p.active ORDER BY p.id"
        " ON CONFLICT (person_id, key) DO NOTHING RETURNING person_id",
        numbers,
        [new_id("ntc") for _ in numbers],
        key,
        app,
        _words(title, MAX_TITLE),
        _words(text, MAX_TEXT),
        url,
        popup,
    )
    _tell_after(system, tx, [row["person_id"] for row in rows])
    return len(rows)


def _words(words: str | Message, limit: int) -> str:
    if isinstance(words, str):
        words = words.replace("\x00", "")
        words = words if len(words) <= limit else words[: limit - 1] + "…"
    return msgspec.json.encode(words).decode()


def _tell_after(system: System, tx: Tx, people: Collection[int]) -> None:
    if people:
        tx.after_commit.append(lambda: _tell(system, people))


async def _tell(system: System, people: Collection[int]) -> None:
    rows = await system.db.fetch(
        "SELECT public_id FROM meta.person WHERE id = ANY($1::integer[])", list(people)
    )
    for row in rows:
        await system.live.publish(Notice(topic=row["public_id"], kind="notice"))


async def page(
    db: Database | Tx,
    person: int,
    translator: Translator,
    *,
    before: str | None = None,
    only_unread: bool = False,
    limit: int = PAGE,
) -> Page:
    """A person's notices, newest first, older than the one called ``before``."""
    rows = await db.fetch(
        "SELECT * FROM meta.notice WHERE person_id = $1"
        " AND ($2::text IS NULL OR id < (SELECT id FROM meta.notice WHERE public_id = $2 AND person_id = $1))"
        " AND (NOT $3 OR read_at IS NULL) ORDER BY id DESC LIMIT $4",
        person,
        before,
        only_unread,
        limit + 1,
    )
    letters = tuple(_letter(row, translator) for row in rows[:limit])
    return Page(letters=letters, next_before=letters[-1].id if len(rows) > limit else None)


async def waiting_popups(db: Database | Tx, person: int, translator: Translator) -> tuple[Letter, ...]:
    """A person's pop-ups that nobody has closed or read yet, oldest first; the newest :data:`MOST_POPUPS`."""
    rows = await db.fetch(
        "SELECT * FROM meta.notice WHERE person_id = $1 AND read_at IS NULL AND popup AND closed_at IS NULL"
        " ORDER BY id DESC LIMIT $2",
        person,
        MOST_POPUPS,
    )
    return tuple(_letter(row, translator) for row in reversed(rows))


async def unread(db: Database | Tx, person: int) -> int:
    """How many notices a person has not read."""
    return int(
        await db.value("SELECT count(*) FROM meta.notice WHERE person_id = $1 AND read_at IS NULL", person)
    )


async def read(system: System, person: int, ids: Collection[str], *, unread: bool = False) -> None:
    """Mark notices of a person as read (or as unread again); ids that are not theirs are passed over."""
    async with system.db.transaction() as tx:
        await tx.execute(
            "UPDATE meta.notice SET read_at = CASE WHEN $3 THEN NULL ELSE coalesce(read_at, now()) END,"
            " closed_at = coalesce(closed_at, now()) WHERE person_id = $1 AND public_id = ANY($2::text[])",
            person,
            list(ids),
            unread,
        )
        _tell_after(system, tx, [person])


async def read_all(system: System, person: int, up_to: str | None = None) -> None:
    """Mark all notices of a person as read; with ``up_to`` only that one and older ones, so that none is marked that
    came after the page was drawn."""
    async with system.db.transaction() as tx:
        await tx.execute(
            "UPDATE meta.notice SET read_at = now(), closed_at = coalesce(closed_at, now())"
            " WHERE person_id = $1 AND read_at IS NULL"
            " AND ($2::text IS NULL OR id <= (SELECT id FROM meta.notice WHERE public_id = $2 AND person_id = $1))",
            person,
            up_to,
        )
        _tell_after(system, tx, [person])


async def close(system: System, person: int, ids: Collection[str]) -> None:
    """Close pop-ups of a person, in every page they have open; they stay unread in the inbox."""
    async with system.db.transaction() as tx:
        await tx.execute(
            "UPDATE meta.notice SET closed_at = coalesce(closed_at, now())"
            " WHERE person_id = $1 AND public_id = ANY($2::text[])",
            person,
            list(ids),
        )
        _tell_after(system, tx, [person])


def _letter(row: Row, translator: Translator) -> Letter:
    return Letter(
        id=row["public_id"],
        app=row["app_id"],
        title=_shown(row["title"], translator),
        text=_shown(row["text"], translator),
        url=row["url"],
        popup=row["popup"],
        at=row["created_at"],
        read=row["read_at"] is not None,
    )


def _shown(stored: str, translator: Translator) -> str:
    return _sentence(msgspec.json.decode(stored)).text(translator)


def _sentence(raw: Any) -> Message:
    """What :func:`_words` stored. Plain words become a message without places, braces and all."""
    if isinstance(raw, str):
        return Message("{words}", {"words": raw})
    params = {
        name: _sentence(value) if isinstance(value, dict) and value.keys() <= {"msgid", "params"} else value
        for name, value in raw.get("params", {}).items()
    }
    return Message(raw["msgid"], params)
