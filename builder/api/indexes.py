"""``/tables/{table}/indexes`` and ``/indexes/{index}``: what the product keeps quick."""

from __future__ import annotations

import msgspec
from litestar import get, patch
from litestar.params import FromPath, JSONBody

from builder import indexes
from builder.indexes import State
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.i18n import Message, Translator


class PartBody(msgspec.Struct, frozen=True):
    """A field of an index, by name."""

    name: str
    descending: bool


class IndexBody(msgspec.Struct, frozen=True, kw_only=True):
    """An index. ``by``: the views, dashboards … that need it; none: it was made because people wait for such queries.

    ``size``: bytes. ``pinned``: it stays although nobody uses it. ``error``: what the database said, where it failed.
    """

    id: int
    fields: tuple[PartBody, ...]
    by: tuple[str, ...]
    state: State
    pinned: bool
    size: int
    error: str | None


class IndexesBody(msgspec.Struct, frozen=True):
    """The indexes of a table."""

    indexes: tuple[IndexBody, ...]


class PinBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an index is to stay."""

    pinned: bool


def body(one: indexes.TableIndex, translator: Translator) -> IndexBody:
    """An index as an answer."""
    parts = tuple(
        PartBody(
            part.name.text(translator) if isinstance(part.name, Message) else part.name,
            part.descending,
        )
        for part in one.fields
    )
    return IndexBody(
        id=one.id, fields=parts, by=one.by, state=one.state, pinned=one.pinned, size=one.size, error=one.error
    )


@get("/tables/{table:str}/indexes")
async def list_indexes(
    system: TheSystem, actor: TheActor, translator: TheTranslator, table: FromPath[str]
) -> IndexesBody:
    """The indexes that the product made for a table, or is going to make. For builders."""
    found = await indexes.listed(system, actor, table)
    return IndexesBody(tuple(body(one, translator) for one in found))


@patch("/indexes/{index:int}")
async def pin_index(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    index: FromPath[int],
    data: JSONBody[PinBody],
) -> IndexBody:
    """Keep an index although nobody uses it, or no longer. For builders."""
    return body(await indexes.pin(system, actor, index, data.pinned), translator)


ROUTES = (list_indexes, pin_index)
