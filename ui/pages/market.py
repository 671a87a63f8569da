"""The template market ``/market``: cards, the dialog of one template, and installing it."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery
from litestar.response import Response, Template

from runtime.access import Actor, Operation, allowed
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App, Catalog
from runtime.errors import HuobiaoError
from runtime.i18n import N_
from runtime.records.sizes import sizes
from runtime.system import System
from templates_market import binding, installer
from templates_market import reader as market
from templates_market.package import Template as Package
from ui.pages.context import Crumb
from ui.pages.forms import Problems
from ui.pages.shell import build as build_shell
from ui.pages.workbench_settings import role_choices, role_counts
from ui.reader import Reader

TheReader = NamedDependency[Reader]

_CONTENTS = (
    ("tables", N_("{n} 张表")),
    ("automations", N_("{n} 个自动化")),
    ("dashboards", N_("{n} 个仪表盘")),
    ("forms", N_("{n} 个表单")),
    ("workbenches", N_("{n} 个手机工作台")),
)


@dataclass(frozen=True, kw_only=True)
class Card:
    """A template as the market shows it. ``words``: all that a search looks at, in both languages, lower case."""

    slug: str
    kind: str
    category: str
    category_name: str
    icon: str
    color: str
    version: str
    name: str
    summary: str
    description: str
    contents: tuple[str, ...]
    installed: bool
    words: str


class InstallForm(msgspec.Struct, frozen=True):
    """What is asked before an app is installed."""

    app_name: str = ""
    with_records: str = ""


@get("/market", include_in_schema=False)
async def market_page(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    app: FromQuery[str] = "",
    q: FromQuery[str] = "",
    category: FromQuery[str] = "",
    kind: FromQuery[str] = "",
) -> Template:
    """All templates. ``?app=`` keeps that app's rail around, ``?q=``, ``?category=`` and ``?kind=`` narrow the cards."""
    return await _market(request, system, actor, reader, app=app, q=q, category=category, kind=kind)


async def _market(
    request: Request[Any, Any, Any],
    system: System,
    actor: Actor,
    reader: Reader,
    *,
    app: str = "",
    q: str = "",
    category: str = "",
    kind: str = "",
    opened: str = "",
) -> Template:
    catalog = await system.catalogs.current()
    around = next((a for a in catalog.apps if a.id == app and allowed(actor, Operation.LOOK, a.id)), None)
    cards = [_card(package, catalog, actor, reader) for package in market.shipped()]
    present = {card.category for card in cards}
    categories = [(key, reader.text(name)) for key, name in market.CATEGORIES.items() if key in present]
    crumbs = (Crumb(name=reader.text(N_("模板市场")), icon="store"),)
    shell = await build_shell(system, actor, request, app=around, current="/market", crumbs=crumbs)
    if kind == "workbench" and not category:
        category = "phone"
    context = {
        "shell": shell,
        "cards": cards,
        "categories": categories,
        "category": category if category in present else "",
        "q": q,
        "opened": opened,
        "suffix": f"?app={around.id}" if around else "",
    }
    return Template("market/market.html", context=context)


def _card(package: Package, catalog: Catalog, actor: Actor, reader: Reader) -> Card:
    contents = package.contents()
    texts = (package.name, package.summary, package.description)
    mine = (a for a in catalog.apps if allowed(actor, Operation.LOOK, a.id))
    return Card(
        slug=package.slug,
        kind=package.kind,
        category=package.category,
        category_name=reader.text(market.CATEGORIES.get(package.category, package.category)),
        icon=package.icon,
        color=package.color,
        version=package.version,
        name=package.name.of(reader.language),
        summary=package.summary.of(reader.language),
        description=package.description.of(reader.language),
        contents=tuple(reader.text(words, n=contents[key]) for key, words in _CONTENTS if key in contents),
        installed=any(a.definition.template == package.slug for a in mine),
        words=" ".join([package.slug, *(t.zh for t in texts), *(t.en for t in texts)]).lower(),
    )


@get("/market/{slug:str}", include_in_schema=False)
async def template_dialog(
    request: Request[Any, Any, Any],
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    slug: FromPath[str],
    app: FromQuery[str] = "",
) -> Template:
    """What a template brings, with the way to install it: a dialog, or the market with that dialog open."""
    package = market.find(slug)
    if "hx-request" not in request.headers:
        return await _market(request, system, actor, reader, app=app, opened=slug)
    if package.kind == "workbench":
        return await _workbench_dialog(system, actor, reader, package, app)
    return await _app_dialog(system, actor, reader, package, InstallForm(_own_name(package), "1"))


def _own_name(package: Package) -> str:
    return str(package.app.get("name") or package.name.zh)


async def _app_dialog(
    system: System,
    actor: Actor,
    reader: Reader,
    package: Package,
    form: InstallForm,
    problems: Problems | None = None,
    status: int = 200,
) -> Template:
    catalog = await system.catalogs.current()
    context = {
        "card": _card(package, catalog, actor, reader),
        "tables": [(t["name"], t.get("icon", "table"), len(t["fields"])) for t in package.tables.values()],
        "automations": [a["name"] for a in package.automations.values()],
        "dashboards": [d["name"] for d in package.dashboards.values()],
        "connectors": [c["name"] for c in package.connectors.values()],
        "samples": sum(_rows(package, key) for key in package.records),
        "form": form,
        "problems": problems or Problems(),
    }
    return Template("market/app.html", context=context, status_code=status)


def _rows(package: Package, key: str) -> int:
    """How many sample records a table gets: the lines of its file without the header."""
    if package.folder is None:
        return 0
    path = package.folder / "records" / package.records[key].file
    with path.open(encoding="utf-8", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)


@post("/market/{slug:str}/install", include_in_schema=False, status_code=200)
async def install_app(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    slug: FromPath[str],
    data: Annotated[InstallForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[Any] | Template:
    """Install an app and go to its first table; a refusal comes back into the dialog."""
    package = market.find(slug)
    try:
        done = await installer.install_app(
            system, actor, package, name=data.app_name, with_records=bool(data.with_records)
        )
    except HuobiaoError as error:
        problems = Problems.of(error, reader.translator, ("app_name",))
        return await _app_dialog(system, actor, reader, package, data, problems, error.status)
    said = reader.text(N_("「{name}」装好了"), name=done.app_name)
    if done.records:
        said = reader.text(N_("「{name}」装好了,带 {n} 条示例记录"), name=done.app_name, n=done.records)
    undo = {"method": "DELETE", "path": f"/api/v1/apps/{done.app}", "then": "/market"}
    flash = {"hb:flash": {"message": said, "undo": undo, "done": reader.text(N_("已撤销安装"))}}
    return Response("", headers={"HX-Trigger": json.dumps(flash), "HX-Redirect": f"/a/{done.app}"})


async def _workbench_dialog(
    system: System, actor: Actor, reader: Reader, package: Package, preferred: str
) -> Template:
    catalog = await system.catalogs.current()
    apps = [app for app in catalog.apps if app.tables and allowed(actor, Operation.BUILD, app.id)]
    data = {
        "template": {
            "slug": package.slug,
            "name": package.name.of(reader.language),
            "bindings": [
                {
                    "part": part,
                    "name": b.name.of(reader.language),
                    "required": b.required,
                    "types": list(b.types),
                }
                for part, b in package.bindings.items()
            ],
            "workbench_name": str(package.workbench.get("name") or package.name.of(reader.language)),
        },
        "apps": [await _bindable(system, actor, catalog, app, package) for app in apps],
        "app": preferred,
        "roles": role_choices(reader),
    }
    card = _card(package, catalog, actor, reader)
    return Template(
        "market/workbench.html", context={"card": card, "data": msgspec.json.encode(data).decode()}
    )


async def _bindable(
    system: System, actor: Actor, catalog: Catalog, app: App, package: Package
) -> dict[str, Any]:
    """An app whose tables a workbench can be bound to: how many parts each table would fill, and who has which role."""
    counts = await sizes(system.db, app.tables)
    tables = []
    for table in app.tables:
        guesses = binding.guess(app, catalog, table, package)
        lacking = [g.part for g in guesses if g.chosen is None and package.bindings[g.part].required]
        tables.append(
            {
                "id": table.id,
                "name": table.name,
                "icon": table.definition.icon or "table",
                "count": counts.get(table.id, 0),
                "fits": sum(g.chosen is not None for g in guesses),
                "lacking": len(lacking),
            }
        )
    return {
        "id": app.id,
        "name": app.name,
        "tables": tables,
        "stocks": [{"id": s.id, "name": s.definition.name} for s in app.stocks],
        "members": await role_counts(system, actor, app),
    }


ROUTES = (market_page, template_dialog, install_app)
