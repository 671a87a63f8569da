"""``GET /ui/palette``: what Ctrl/⌘-K finds. Places by their name at once, records by what stands in them in bounded time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

import msgspec
from litestar import get
from litestar.params import FromQuery

from runtime.access import Actor, Operation, allowed
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import App, Catalog, Table
from runtime.errors import HuobiaoError
from runtime.i18n import N_, Translator
from runtime.records import panel
from runtime.system import System
from runtime.workbenches.lookup import may_use

SECONDS_FOR_RECORDS = 1.5
RECORDS_PER_TABLE = 5
RECORDS = 20
PLACES = 12
MIN_WORDS = 2
TABLES_AT_ONCE = 4


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something to go to."""

    title: str
    href: str
    icon: str
    sub: str = ""


class Group(msgspec.Struct, frozen=True):
    """Items of one kind."""

    title: str
    items: tuple[Item, ...]


class Found(msgspec.Struct, frozen=True):
    """Groups in the order they are shown."""

    groups: tuple[Group, ...]


@get("/ui/palette", include_in_schema=False)
async def palette(
    system: TheSystem, actor: TheActor, translator: TheTranslator, q: FromQuery[str] = ""
) -> Found:
    """Apps, tables, views, dashboards, automations, forms and workbenches by name; records by any of their texts."""
    catalog = await system.catalogs.current()
    apps = [app for app in catalog.apps if allowed(actor, Operation.LOOK, app.id)]
    words = q.strip()
    wanted = words.casefold()
    groups = [
        Group(translator.gettext(title), tuple(items)[:PLACES])
        for title, items in (
            (N_("应用"), _matching(_apps(apps), wanted)),
            (N_("数据表"), _matching(_tables(apps), wanted)),
            (N_("视图"), _matching(_views(apps), wanted) if wanted else []),
            (N_("仪表盘"), _matching(_dashboards(apps), wanted)),
            (N_("自动化"), _matching(_automations(apps), wanted)),
            (N_("表单"), _matching(_forms(apps), wanted)),
            (N_("工作台"), _matching(_workbenches(actor, apps), wanted)),
        )
    ]
    if len(words) >= MIN_WORDS:
        groups.append(
            Group(
                translator.gettext(N_("记录")),
                await _records(system, actor, catalog, apps, words, translator),
            )
        )
    return Found(tuple(group for group in groups if group.items))


def _matching(items: Iterable[Item], wanted: str) -> list[Item]:
    """Items whose title holds every word, those that begin with the first word before the others."""
    words = wanted.split()
    found = [item for item in items if all(word in item.title.casefold() for word in words)]
    return sorted(found, key=lambda item: not item.title.casefold().startswith(words[0])) if words else found


def _apps(apps: list[App]) -> Iterable[Item]:
    return (Item(app.name, f"/a/{app.id}", app.definition.icon or "mark") for app in apps)


def _tables(apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for table in app.tables:
            yield Item(table.name, f"/t/{table.id}", table.definition.icon or "table", app.name)


def _views(apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for table in app.tables:
            for view in table.views:
                yield Item(view.definition.name, f"/t/{table.id}?view={view.id}", "table-2", table.name)


def _dashboards(apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for dashboard in app.dashboards:
            yield Item(dashboard.definition.name, f"/d/{dashboard.id}", "layout-dashboard", app.name)


def _automations(apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for automation in app.automations:
            yield Item(automation.definition.name, f"/automations/{automation.id}", "zap", app.name)


def _forms(apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for form in app.forms:
            yield Item(form.definition.name, f"/forms/{form.id}", "clipboard-list", app.name)


def _workbenches(actor: Actor, apps: list[App]) -> Iterable[Item]:
    for app in apps:
        for workbench in app.workbenches:
            if may_use(actor, workbench):
                yield Item(
                    workbench.definition.name, f"/w/{workbench.definition.slug}", "scan-line", app.name
                )


async def _records(
    system: System, actor: Actor, catalog: Catalog, apps: list[App], words: str, translator: Translator
) -> tuple[Item, ...]:
    """Records of all tables that hold ``words``, as many as are found in time; slow tables are left out."""
    found: dict[str, list[Item]] = {}
    turns = asyncio.Semaphore(TABLES_AT_ONCE)

    async def look(table: Table) -> None:
        async with turns:
            with contextlib.suppress(HuobiaoError):
                rows = await panel.choices(system, actor, table.id, words, RECORDS_PER_TABLE)
                found[table.id] = [_record(row, table, translator) for row in rows]

    tables = [table for app in apps for table in app.tables]
    searches = [asyncio.create_task(look(table)) for table in tables]
    if searches:
        _, late = await asyncio.wait(searches, timeout=SECONDS_FOR_RECORDS)
        for search in late:
            search.cancel()
        await asyncio.gather(*searches, return_exceptions=True)
    return tuple(item for table in tables for item in found.get(table.id, ()))[:RECORDS]


def _record(row: dict[str, str], table: Table, translator: Translator) -> Item:
    title = row["name"] or translator.gettext(N_("未命名"))
    sub = " · ".join(filter(None, (table.name, row["details"])))
    return Item(title, f"/r/{row['id']}", table.definition.icon or "table", sub)


ROUTES = (palette,)
