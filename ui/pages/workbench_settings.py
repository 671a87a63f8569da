"""Setting a workbench up: the dialog with its name, address, bindings and roles; and the one that shares its address."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from builder import workbenches
from builder.wire import definition_json
from runtime import access, accounts
from runtime.access import Actor, Operation, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App, Catalog, Table, Workbench
from runtime.definitions.fields import Link
from runtime.errors import NotFound
from runtime.i18n import N_
from runtime.system import System
from runtime.workbenches import lookup
from ui.pages.addresses import phone_address
from ui.reader import Reader

TheReader = NamedDependency[Reader]

PARTS = (
    ("number", N_("订单编号"), True),
    ("waybill", N_("快递单号"), True),
    ("status", N_("订单状态"), False),
    ("phone", N_("客户手机号"), False),
    ("remark", N_("备注"), False),
    ("customer", N_("客户档案"), False),
    ("stock", N_("库存占用"), False),
)
"""Parts of a lookup workbench, with the words for them and whether they must be bound."""

EXPLAINED = (
    ("owner", N_("管理整个应用的人")),
    ("builder", N_("搭表和配自动化的人")),
    ("editor", N_("仓库、客服:查单,也能改状态")),
    ("viewer", N_("只查单,什么都不能改")),
)


def role_choices(reader: Reader) -> list[dict[str, str]]:
    """The roles of an app from most to least, with what each means at a workbench."""
    return [
        {"value": role, "name": access.role_name(role).text(reader.translator), "words": reader.text(words)}  # type: ignore[arg-type]
        for role, words in EXPLAINED
    ]


def workbench_at(catalog: Catalog, slug: str) -> Workbench:
    """The workbench at ``/w/{slug}``. Raises NotFound."""
    for app in catalog.apps:
        for workbench in app.workbenches:
            if workbench.definition.slug == slug:
                return workbench
    raise NotFound(N_("没有这个工作台,地址可能改过,或者它已经被删除"), code="no_workbench")


@get("/workbenches/{workbench:str}/edit", include_in_schema=False)
async def settings_dialog(
    system: TheSystem, actor: TheActor, reader: TheReader, workbench: FromPath[str]
) -> Template:
    """The dialog with everything that can be set."""
    catalog = await system.catalogs.current()
    found = catalog.workbench(workbench)
    app = catalog.app(found.app_id)
    require(actor, Operation.BUILD, app.id)
    table = catalog.table(found.definition.table)
    data = {
        "workbench": definition_json(found),
        "table": {"id": table.id, "name": table.name, "icon": table.definition.icon or "table"},
        "parts": [
            {"part": part, "name": reader.text(name), "required": required}
            | {"candidates": candidates(catalog, app, table, part)}
            for part, name, required in PARTS
        ],
        "stocks": [{"id": s.id, "name": s.definition.name} for s in app.stocks],
        "searchable": [f.id for f in table.fields if f.type in workbenches.CODE_TYPES],
        "roles": role_choices(reader),
        "members": await role_counts(system, actor, app),
    }
    context = {"name": found.definition.name, "data": msgspec.json.encode(data).decode()}
    return Template("workbenches/settings.html", context=context)


def candidates(catalog: Catalog, app: App, table: Table, part: str) -> list[str]:
    """What can play a part: ids of the table's fields, or of the stock definitions whose lines lead to the table."""
    if part != "stock":
        return [field.id for field in table.fields if workbenches.fits(field, part)]
    return [stock.id for stock in app.stocks if _leads_to(catalog, stock.definition.line_order, table)]


def _leads_to(catalog: Catalog, link: str, table: Table) -> bool:
    config = catalog.field(link).config
    return isinstance(config, Link) and config.table == table.id


async def role_counts(system: System, actor: Actor, app: App) -> dict[str, int]:
    """How many active members hold each role."""
    members = await accounts.members(system, actor, app.id)
    return {role: sum(m.role == role and m.active for m in members) for role in access.RANK}


@get("/w/{slug:str}/share", include_in_schema=False)
async def share_dialog(
    request: Request[Any, Any, Any], system: TheSystem, actor: TheActor, slug: FromPath[str]
) -> Template:
    """The workbench's address with its QR code, and what a phone can do there."""
    catalog = await system.catalogs.current()
    found = workbench_at(catalog, slug)
    lookup.require_use(actor, found)
    context = {
        "workbench": found.definition,
        "address": phone_address(request, system.settings, f"/w/{slug}"),
        "days": system.settings.session_days,
    }
    return Template("workbenches/share.html", context=context)


ROUTES = (settings_dialog, share_dialog)
