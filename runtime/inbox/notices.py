"""Notices as rows: posted once per key and person, inside the transaction of what they tell of.

Whoever has a page open hears of a new notice after the commit (topic: the person's public id) and asks for it; a page
that was away asks again when it is back. So the row is the truth, and the live channel only says when to look.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

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
SHOWN_SETTLED = timedelta(seconds=30)
"""So long those who were told as well are shown who has seen to it."""

How = Literal["kept", "merged", "done"]
"""How a notice was seen to: the records it names stay apart, they were merged, or whatever else it asked for."""
_URL = re.compile(r"/(?!/)[^\s\\]*|https?://[^\s]+")


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """Who has seen to a notice, for all who were told. ``by``: a name, "" when it was no person; ``mine``: the reader."""

    by: str
    mine: bool
    how: How
    at: datetime


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its reader sees it. ``app``: public number of the app it is about, None for the installation.

    ``shared``: others were told the same; ``settled``: one of them (or the reader) has seen to it."""

    id: str
    app: int | None
    title: str
    text: str
    url: str
    popup: bool
    at: datetime
    read: bool
    shared: bool = False
    settled: Settled | None = None


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
        f"{_LETTERS} WHERE n.person_id = $1"
        " AND ($2::text IS NULL OR n.id < (SELECT id FROM meta.notice WHERE public_id = $2 AND person_id = $1))"
        " AND (NOT $3 OR n.read_at IS NULL) ORDER BY n.id DESC LIMIT $4",
        person,
        before,
        only_unread,
        limit + 1,
    )
    letters = tuple(_letter(row, translator) for row in rows[:limit])
    return Page(letters=letters, next_before=letters[-1].id if len(rows) > limit else None)


async def waiting_popups(db: Database | Tx, person: int, translator: Translator) -> tuple[Letter, ...]:
    """A person's pop-ups that nobody has closed or read yet, oldest first; the newest :data:`MOST_POPUPS`.

    What somebody else has just seen to is among them for :data:`SHOWN_SETTLED`, to say so and go.
    """
    rows = await db.fetch(
        f"{_LETTERS} WHERE n.person_id = $1 AND n.popup AND n.closed_at IS NULL AND (n.read_at IS NULL"
        " OR (n.settled_at > now() - $3::interval AND n.settled_by IS DISTINCT FROM $1))"
        " ORDER BY n.id DESC LIMIT $2",
        person,
        MOST_POPUPS,
        SHOWN_SETTLED,
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


async def settle(system: System, person: int, ids: Collection[str], how: How) -> None:
    """A person has seen to notices: they are read by all who were told the same, and say who it was.

    The first one counts. Ids that are not theirs are passed over.
    """
    async with system.db.transaction() as tx:
        mine = await tx.fetch(
            "UPDATE meta.notice SET read_at = coalesce(read_at, now()), closed_at = coalesce(closed_at, now())"
            " WHERE person_id = $1 AND public_id = ANY($2::text[]) RETURNING key",
            person,
            list(ids),
        )
        told = await tx.fetch(
            "SELECT id FROM meta.notice WHERE key = ANY($1::text[]) AND settled_at IS NULL",
            [row["key"] for row in mine],
        )
        await _settle(system, tx, [row["id"] for row in told], person, how)
        _tell_after(system, tx, [person])


async def settle_told(system: System, tx: Tx, person: int | None, prefix: str) -> None:
    """What was told under keys that begin with ``prefix`` is seen to, by ``person`` (None: by no person)."""
    told = await tx.fetch(
        "SELECT id FROM meta.notice WHERE starts_with(key, $1) AND settled_at IS NULL ORDER BY id", prefix
    )
    await _settle(system, tx, [row["id"] for row in told], person, "done")


async def settle_merged(
    system: System, tx: Tx, person: int | None, table: str, records: Collection[str]
) -> None:
    """Records of ``table`` become one: whoever was asked to merge just them need not do it any more."""
    # what asks to merge leads to "/t/<table>?merge=<records>"; ">" comes right after "="
    asking = await tx.fetch(
        "SELECT id, url FROM meta.notice WHERE popup AND settled_at IS NULL"
        ' AND left(url, 40) COLLATE "C" >= $1 AND left(url, 40) COLLATE "C" < $2',
        f"/t/{table}?merge=",
        f"/t/{table}?merge>",
    )
    gone = [row["id"] for row in asking if _asked_to_merge(row["url"]) <= set(records)]
    await _settle(system, tx, gone, person, "merged")


def _asked_to_merge(url: str) -> set[str]:
    return set(",".join(parse_qs(urlsplit(url).query).get("merge", [])).split(","))


async def _settle(system: System, tx: Tx, numbers: Collection[int], person: int | None, how: How) -> None:
    if not numbers:
        return
    rows = await tx.fetch(
        "WITH held AS (SELECT id FROM meta.notice WHERE id = ANY($1::bigint[]) AND settled_at IS NULL"
        " ORDER BY id FOR UPDATE)"
        " UPDATE meta.notice n SET settled_at = now(), settled_by = $2, settled_how = $3,"
        " read_at = coalesce(n.read_at, now()) FROM held WHERE n.id = held.id RETURNING n.person_id",
        list(numbers),
        person,
        how,
    )
    _tell_after(system, tx, {row["person_id"] for row in rows})


_LETTERS = (
    "SELECT n.*, s.name AS settler, n.settled_by = n.person_id AS settled_self,"
    " EXISTS (SELECT FROM meta.notice o WHERE o.key = n.key AND o.id <> n.id) AS shared"
    " FROM meta.notice n LEFT JOIN meta.person s ON s.id = n.settled_by"
)


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
        shared=row["shared"],
        settled=_settled(row),
    )


def _settled(row: Row) -> Settled | None:
    if row["settled_at"] is None:
        return None
    by, mine = row["settler"] or "", bool(row["settled_self"])
    return Settled(by=by, mine=mine, how=row["settled_how"], at=row["settled_at"])


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
