"""The page of a stock ``/stocks/{stock}``: balances, who holds what, the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from litestar.response import Template

from runtime.access import Operation, allowed, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import Catalog
from runtime.definitions.fields import Link
from runtime.errors import NotFound
from ui.pages import shell
from ui.pages.context import Crumb


@dataclass(frozen=True, kw_only=True)
class StockPage:
    """What ``stocks/stock.html`` shows before its island takes over; ``data`` is for the island."""

    name: str
    data: dict[str, Any]


def _table(catalog: Catalog, table_id: str) -> dict[str, str]:
    """A table's id and name; without a name when it is gone."""
    try:
        return {"id": table_id, "name": catalog.table(table_id).name}
    except NotFound:
        return {"id": table_id, "name": ""}


def _orders(catalog: Catalog, line_order: str) -> dict[str, str]:
    try:
        config = catalog.field(line_order).config
    except NotFound:
        return {"id": "", "name": ""}
    return _table(catalog, config.table if isinstance(config, Link) else "")


@get("/stocks/{stock:str}")
async def stock_page(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, stock: FromPath[str]
) -> Template:
    """A stock: what is where, who holds it, what moved."""
    catalog = await system.catalogs.current()
    found = catalog.stock(stock)
    app = catalog.app(found.app_id)
    require(actor, Operation.LOOK, app.id)
    d = found.definition
    frame = await shell.build(
        system, actor, request, app=app, current=found.id, crumbs=(Crumb(name=d.name, icon="warehouse"),)
    )
    page = StockPage(
        name=d.name,
        data={
            "stock": {"id": found.id, "name": d.name, "partial": d.partial, "expire_hours": d.expire_hours},
            "app": app.id,
            "shelves": _table(catalog, d.stock_table),
            "lines": _table(catalog, d.line_table),
            "orders": _orders(catalog, d.line_order),
            "located": d.location is not None,
            "can_edit": allowed(actor, Operation.EDIT_RECORDS, app.id),
            "can_build": allowed(actor, Operation.BUILD, app.id),
        },
    )
    return Template("stocks/stock.html", context={"shell": frame, "page": page})


ROUTES = (stock_page,)
