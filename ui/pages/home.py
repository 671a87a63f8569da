"""``/``: the apps one can reach; on the first visit, two ways to begin."""

from __future__ import annotations

import csv
from typing import Any

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Template

from builder import apps as apps_builder
from builder import trash
from runtime.access import Actor, Operation, allowed, role_name
from runtime.api.common import TheActor, TheSystem
from runtime.automations.attention import waiting_for_people
from runtime.catalog import App
from runtime.definitions.tables import AppDef
from runtime.i18n import N_
from runtime.records.sizes import sizes
from runtime.workbenches.lookup import may_use
from templates_market import installer
from templates_market import reader as market
from templates_market.package import Template as Package
from ui.pages.context import Crumb, NavItem
from ui.pages.context import Person as Face
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

FIRST_TEMPLATE = "order-pool"
PLACES = 6
"""How many places of an app its card leads to."""
TheReader = NamedDependency[Reader]


@get("/", include_in_schema=False)
async def home_page(request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader) -> Template:
    """The apps as cards, or the first choices while there is none."""
    catalog = await system.catalogs.current()
    apps = [app for app in catalog.apps if allowed(actor, Operation.LOOK, app.id)]
    trashed = bool(await trash.apps_of(system, actor))
    if not apps:
        context = {
            "trashed": trashed,
            "person": Face(id=actor.id, name=actor.name, email=actor.email),
            "package": _package(market.find(FIRST_TEMPLATE), reader),
            "upload_mb": system.settings.max_upload_mb,
        }
        return Template("home/first.html", context=context)
    cards = []
    for app in apps:
        failed = await waiting_for_people(system.db, app)
        counts = await sizes(system.db, app.tables)
        card = _card(app, actor, reader, sum(counts.values()))
        cards.append({**card, "places": _places(app, actor, counts), "failed": sum(failed.values())})
    crumbs = (Crumb(name=reader.text(N_("应用")), icon="layout-grid"),)
    shell = await build_shell(system, actor, request, crumbs=crumbs)
    return Template("home/home.html", context={"shell": shell, "cards": cards, "trashed": trashed})


def _places(app: App, actor: Actor, counts: dict[str, int]) -> list[NavItem]:
    """Where people go in an app: its dashboards, its workbenches, then its tables with about how many records."""
    places = [
        NavItem(name=d.definition.name, href=f"/d/{d.id}", icon="layout-dashboard")
        for d in app.dashboards[:2]
    ]
    places += [
        NavItem(name=w.definition.name, href=f"/w/{w.definition.slug}", icon="scan-line")
        for w in app.workbenches[:2]
        if may_use(actor, w)
    ]
    places += [
        NavItem(name=t.name, href=f"/t/{t.id}", icon=t.definition.icon or "table", count=counts.get(t.id))
        for t in app.tables[:PLACES]
    ]
    return places[:PLACES]


def _card(app: App, actor: Actor, reader: Reader, records: int) -> dict[str, Any]:
    parts = (
        (N_("{n} 张数据表"), len(app.tables)),
        (N_("{n} 个自动化"), len(app.automations)),
        (N_("{n} 个仪表盘"), len(app.dashboards)),
        (N_("{n} 个工作台"), len(app.workbenches)),
    )
    role = actor.role_in(app.id)
    return {
        "href": f"/a/{app.id}",
        "runs": f"/a/{app.id}/runs?status=failed",
        "name": app.name,
        "icon": app.definition.icon,
        "color": app.definition.color,
        "description": app.definition.description,
        "parts": [reader.text(text, n=n) for text, n in parts if n],
        "records": records,
        "role": role_name(role).text(reader.translator) if role else "",
    }


def _package(package: Package, reader: Reader) -> dict[str, Any]:
    """What the card of a template shows: its words, its contents in numbers, its first sample records."""
    contents = package.contents()
    words = (
        (N_("{n} 张数据表"), contents.get("tables", 0)),
        (N_("{n} 个自动化"), contents.get("automations", 0)),
        (N_("{n} 个仪表盘"), contents.get("dashboards", 0)),
    )
    table_key = next(iter(package.records), "")
    main = max(package.records, key=lambda key: len(package.tables[key]["fields"]), default=table_key)
    columns, rows, total = _sample(package, main)
    return {
        "slug": package.slug,
        "name": package.name.of(reader.language),
        "summary": package.summary.of(reader.language),
        "contents": [reader.text(text, n=n) for text, n in words if n],
        "columns": columns,
        "rows": rows,
        "total": total,
    }


def _sample(package: Package, key: str, limit: int = 6) -> tuple[list[str], list[list[dict[str, Any]]], int]:
    """A few telling columns of a table's sample records: a text, its selects, an amount."""
    if not key or package.folder is None:
        return [], [], 0
    fields = list(package.tables[key]["fields"].values())
    with (package.folder / "records" / package.records[key].file).open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    present = [f for f in fields if records and f["name"] in records[0]]
    wanted = ("text", "single_select", "single_select", "currency")
    chosen: list[dict[str, Any]] = []
    for kind in wanted:
        found = next((f for f in present if f["type"] == kind and f not in chosen), None)
        if found is not None:
            chosen.append(found)
    rows = [[_cell(field, record[field["name"]]) for field in chosen] for record in records[:limit]]
    return [field["name"] for field in chosen], rows, len(records)


def _cell(field: dict[str, Any], text: str) -> dict[str, Any]:
    choice: dict[str, Any] = next((c for c in field.get("choices", ()) if c["name"] == text), {})
    shape = _glyph(field, choice.get("id")) if "machine" in field else ""
    return {"text": text, "kind": field["type"], "color": choice.get("color", "grey"), "glyph": shape}


def _glyph(field: dict[str, Any], choice: int | None) -> str:
    """The shape of a state, as ``ui/islands/fields/field.ts`` draws it: it fills as things move on."""
    kinds = {state["choice"]: state["kind"] for state in field["machine"].get("states", ())}
    kind = kinds.get(choice, "open")
    if kind != "open":
        return {"done": "done", "cancelled": "closed", "waiting": "back"}.get(kind, "start")
    opened = [c["id"] for c in field["choices"] if kinds.get(c["id"], "open") == "open"]
    place = opened.index(choice) if choice in opened else 0
    return ("start", "quarter", "half", "most")[min(place, 3)]


@post("/start/template", include_in_schema=False)
async def start_with_template(system: TheSystem, actor: TheActor) -> Redirect:
    """Install the recommended template with its sample records, and go there."""
    installed = await installer.install_app(system, actor, market.find(FIRST_TEMPLATE))
    return Redirect(f"/a/{installed.app}", status_code=303)


@post("/start/table", include_in_schema=False)
async def start_with_table(system: TheSystem, actor: TheActor, reader: TheReader) -> Redirect:
    """Make an app, and go to where its first table is made."""
    app = await apps_builder.create(system, actor, AppDef(name=reader.text(N_("我的应用"))))
    return Redirect(f"/a/{app.id}?begin=table", status_code=303)


ROUTES = (home_page, start_with_template, start_with_table)
