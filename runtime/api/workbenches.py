"""Looking a record up in a workbench over HTTP."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.params import FromPath, FromQuery

from runtime.api.common import TheActor, TheSystem
from runtime.errors import NotFound
from runtime.records import read
from runtime.workbenches import lookup


@get("/workbenches/{workbench:str}/find")
async def find_by_code(
    system: TheSystem,
    actor: TheActor,
    workbench: FromPath[str],
    code: FromQuery[str],
    scanned: FromQuery[bool] = False,
) -> lookup.Found:
    """The record a code leads to: its card, or several records to choose from."""
    found = (await system.catalogs.current()).workbench(workbench)
    return await lookup.find(system, actor, found, code, scanned=scanned)


class CardBody(msgspec.Struct, frozen=True):
    """A card by record."""

    card: lookup.Card


@get("/workbenches/{workbench:str}/cards/{record:str}")
async def read_card(
    system: TheSystem, actor: TheActor, workbench: FromPath[str], record: FromPath[str]
) -> CardBody:
    """The card of a record chosen from several, or met among the same customer's."""
    found = (await system.catalogs.current()).workbench(workbench)
    lookup.require_use(actor, found)
    view = await read.get(system, actor, record)
    card = await lookup.card_of(system, actor, found, view)
    if card.table != found.definition.table:
        raise NotFound()
    return CardBody(card)


ROUTES = (find_by_code, read_card)
