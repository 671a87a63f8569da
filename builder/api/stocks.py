"""``/apps/{app}/stocks`` and ``/stocks/{stock}``."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from builder import stocks
from builder.api.shapes import Json
from builder.stocks import StockPatch
from builder.wire import definition_json
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.definitions.stock import StockDef


class StocksAnswer(msgspec.Struct, frozen=True):
    """The stock definitions of an app."""

    stocks: tuple[Json, ...]


@get("/apps/{app:str}/stocks")
async def list_stocks(system: TheSystem, actor: TheActor, app: FromPath[str]) -> StocksAnswer:
    """The stock definitions of an app."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    return StocksAnswer(tuple(definition_json(stock) for stock in found.stocks))


@post("/apps/{app:str}/stocks")
async def create_stock(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[StockDef]
) -> Json:
    """Add a stock definition; tables and fields by id or name. 409 when records already break its rule."""
    return definition_json(await stocks.create(system, actor, app, data))


@get("/stocks/{stock:str}")
async def read_stock(system: TheSystem, actor: TheActor, stock: FromPath[str]) -> Json:
    """One stock definition."""
    found = (await system.catalogs.current()).stock(stock)
    require(actor, Operation.LOOK, found.app_id)
    return definition_json(found)


@patch("/stocks/{stock:str}")
async def update_stock(
    system: TheSystem,
    actor: TheActor,
    stock: FromPath[str],
    data: JSONBody[StockPatch],
    version: Annotated[int | None, QueryParameter(description="Refuse if it has moved on since")] = None,
) -> Json:
    """Change a stock definition."""
    return definition_json(await stocks.update(system, actor, stock, data, version=version))


@delete("/stocks/{stock:str}")
async def delete_stock(system: TheSystem, actor: TheActor, stock: FromPath[str]) -> None:
    """Put a stock definition into the trash."""
    await stocks.delete(system, actor, stock)


ROUTES = (list_stocks, create_stock, read_stock, update_stock, delete_stock)
