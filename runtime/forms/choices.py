"""Records that may be chosen in a form, found by their names alone; and files put up for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from runtime import fieldtypes
from runtime.access import Actor
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import Condition, Filter, Group, Query
from runtime.errors import NotFound, TooMuch
from runtime.fieldtypes import Context
from runtime.files import shelf
from runtime.files.shelf import StoredFile
from runtime.forms import links, rates
from runtime.forms.asked import closed, questions, refuse_closed, require_may_fill
from runtime.forms.submissions import actor_of
from runtime.i18n import N_
from runtime.records import limits, read
from runtime.system import System

MOST = 20
LEAST_WORDS = 1
_MEGABYTE = 1024 * 1024
STRANGERS_MEGABYTES = 20
"""What somebody without an account may put up in one piece."""


class Found(msgspec.Struct, frozen=True):
    """Records ``{id, name}``; ``needs``: labels of questions to be answered first."""

    records: list[dict[str, str]]
    needs: tuple[str, ...] = ()


async def find(
    system: System,
    secret: str,
    field_id: str,
    words: str,
    answers: Mapping[str, Any],
    *,
    visitor: Actor | None = None,
    address: str = "",
) -> Found:
    """Records that a link question may point at and whose name holds ``words``; nothing for no words.

    Raises:
        NotFound, NotSignedIn, NotAllowed: no such form or question, or it is not for this visitor.
        TooOften: asked too often.
    """
    catalog = await system.catalogs.current()
    app, field, actor = await _question(system, catalog, secret, field_id, visitor, rates.CHOOSE, address)
    config = field.config
    if not isinstance(config, Link):
        raise NotFound()
    near, far = catalog.table(field.table_id), catalog.table(config.table)
    context = Context(zone=app.zone)
    where: Filter | None = None
    if limits.is_limited(field):
        typed = limits.typed(near, config, answers, context)
        empty = limits.missing(near, config, typed)
        if empty:
            return Found([], tuple(one.name for one in empty))
        where = limits.condition(catalog, near, config, typed, context)
    named = _named(far, words.strip())
    if named is None:
        return Found([])
    primary = far.primary
    assert primary is not None  # noqa: S101 - there is a condition on it
    query = Query(
        where=Group("and", tuple(one for one in (where, named) if one is not None)),
        fields=(primary.id,),
        limit=MOST,
    )
    page = await read.page(system, actor, far.id, query)
    kind = fieldtypes.get(primary.config)
    return Found(
        [
            {
                "id": record.id,
                "name": kind.to_text(
                    primary.config,
                    kind.parse(primary.config, record.fields.get(primary.id), context),
                    context,
                )
                if not primary.readonly
                else str(record.fields.get(primary.id) or ""),
            }
            for record in page.records
        ]
    )


def _named(far: Table, words: str) -> Condition | None:
    """Names that hold the words; None where nothing can be found by name."""
    primary = far.primary
    if primary is None or len(words) < LEAST_WORDS:
        return None
    operators = fieldtypes.get(primary.config).operators
    if "contains" in operators:
        return Condition(primary.id, "contains", words)
    return Condition(primary.id, "is", words) if "is" in operators else None


async def keep_file(
    system: System,
    secret: str,
    field_id: str,
    name: str,
    content: AsyncIterator[bytes],
    length: int | None,
    *,
    visitor: Actor | None = None,
    address: str = "",
) -> StoredFile:
    """Take a file for an attachment question; it is removed within a day unless it is submitted.

    Raises what :func:`find` and :func:`runtime.files.shelf.keep` raise.
    """
    catalog = await system.catalogs.current()
    _, field, actor = await _question(system, catalog, secret, field_id, visitor, rates.UPLOAD, address)
    most = STRANGERS_MEGABYTES * _MEGABYTE if actor.kind == "form" else None
    if most is not None:
        if length is not None and length > most:
            raise _too_large(name)
        content = _at_most(content, most, name)
    return await shelf.keep(system, actor, field.id, name, content, length)


async def _at_most(content: AsyncIterator[bytes], most: int, name: str) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in content:
        size += len(chunk)
        if size > most:
            raise _too_large(name)
        yield chunk


def _too_large(name: str) -> TooMuch:
    return TooMuch(
        N_("「{name}」太大,这里最多 {max} MB"), code="file_too_large", name=name[:80], max=STRANGERS_MEGABYTES
    )


async def _question(
    system: System,
    catalog: Catalog,
    secret: str,
    field_id: str,
    visitor: Actor | None,
    rate: rates.Rate,
    address: str,
) -> tuple[App, Field, Actor]:
    app, form, row = await links.find(system, catalog, secret)
    require_may_fill(visitor, app, form)
    await rates.admit(system, form, rate, address)
    actor = actor_of(app, form, visitor)
    refuse_closed(await closed(system.db, app, form, row, actor.person))
    for one in questions(app, form):
        if one.field.id == field_id and not one.question.hidden:
            return app, one.field, actor
    raise NotFound(N_("表单里没有这道题,可能刚刚改过,刷新一下"), code="no_question")
