"""Fills the shell: who is here, which apps there are, and what stands in the rail of the one that is open."""

from __future__ import annotations

from typing import Any

from litestar import Request

from runtime.access import Actor, Operation, allowed
from runtime.automations.attention import DELETED, waiting_for_people
from runtime.catalog import App
from runtime.i18n import N_
from runtime.records.sizes import sizes
from runtime.system import System
from runtime.workbenches.lookup import may_use
from ui.http.language import provide_reader
from ui.pages.context import AppLink, Crumb, NavItem, NavSection, Person, Shell
from ui.reader import Reader


async def build(
    system: System,
    actor: Actor,
    request: Request[Any, Any, Any],
    *,
    app: App | None = None,
    current: str = "",
    crumbs: tuple[Crumb, ...] = (),
) -> Shell:
    """The shell around a page.

    ``app``: the app the page belongs to, None outside of one. ``current``: public id of the table, dashboard, automation
    or workbench that is open, or an address of the rail's foot. ``crumbs``: the way here below the app, the place itself
    last (the app's own crumb is put before them).
    """
    reader = provide_reader(request)
    catalog = await system.catalogs.current()
    apps = tuple(_link(one) for one in catalog.apps if allowed(actor, Operation.LOOK, one.id))
    sections: tuple[NavSection, ...] = ()
    alerts = 0
    if app is not None:
        failed = await waiting_for_people(system.db, app)
        alerts = sum(failed.values())
        sections = await _sections(system, actor, reader, app, current, failed)
        crumbs = (Crumb(name=app.name, href=f"/a/{app.id}"), *crumbs)
    return Shell(
        person=Person(id=actor.id, name=actor.name, email=actor.email),
        apps=apps,
        app=_link(app) if app else None,
        sections=sections,
        foot=_foot(actor, reader, app, current),
        crumbs=crumbs,
        alerts=alerts,
        alerts_href=f"/a/{app.id}/runs?status=failed" if app is not None and (app.automations or alerts) else "",
        new_app_dialog="/apps/new" if actor.person is not None else "",
        can_undo=app is not None and allowed(actor, Operation.EDIT_RECORDS, app.id),
        trash_href=f"/a/{app.id}/trash" if app and allowed(actor, Operation.BUILD, app.id) else "",
    )


def _link(app: App) -> AppLink:
    looks = app.definition
    return AppLink(
        id=app.id,
        name=app.name,
        href=f"/a/{app.id}",
        icon=looks.icon or "mark",
        color=looks.color,
        time_zone=looks.time_zone,
    )


async def _sections(
    system: System, actor: Actor, reader: Reader, app: App, current: str, failed: dict[str, int]
) -> tuple[NavSection, ...]:
    """Tables, dashboards, automations, forms, workbenches; who may not build sees only those that have something in them."""
    builds = allowed(actor, Operation.BUILD, app.id)
    counts = await sizes(system.db, app.tables)
    text = reader.text
    tables = tuple(
        NavItem(
            name=table.name,
            href=f"/t/{table.id}",
            icon=table.definition.icon or "table",
            count=counts.get(table.id),
            current=table.id == current,
        )
        for table in app.tables
    )
    stocks = tuple(
        NavItem(name=s.definition.name, href=f"/stocks/{s.id}", icon="warehouse", current=s.id == current)
        for s in app.stocks
    )
    dashboards = tuple(
        NavItem(name=d.definition.name, href=f"/d/{d.id}", icon="layout-dashboard", current=d.id == current)
        for d in app.dashboards
    )
    automations = tuple(
        NavItem(
            name=a.definition.name,
            href=f"/automations/{a.id}",
            icon="zap" if a.definition.enabled else "zap-off",
            current=a.id == current,
            mark="danger" if a.id in failed else "",
            mark_text=text(N_("{n} 次运行失败,等人处理"), n=failed[a.id]) if a.id in failed else "",
        )
        for a in app.automations
    )
    lost = failed.get(DELETED, 0)
    if automations or lost:
        runs = f"/a/{app.id}/runs"
        overview = f"/a/{app.id}/automations"
        automations += (
            NavItem(name=text(N_("自动化概况")), href=overview, icon="activity", current=current == overview),
            NavItem(
                name=text(N_("运行记录")),
                href=runs,
                icon="history",
                current=current == runs,
                mark="danger" if lost else "",
                mark_text=text(N_("已删除的自动化有 {n} 次运行失败,等人处理"), n=lost) if lost else "",
            ),
        )
    forms = tuple(
        NavItem(
            name=f.definition.name,
            href=f"/forms/{f.id}",
            icon="clipboard-list",
            current=f.id == current,
            mark="" if f.definition.open else "warn",
            mark_text="" if f.definition.open else text(N_("现在不收")),
        )
        for f in app.forms
        if builds or f.definition.open
    )
    workbenches = tuple(
        NavItem(
            name=w.definition.name, href=f"/w/{w.definition.slug}", icon="scan-line", current=w.id == current
        )
        for w in app.workbenches
        if may_use(actor, w)
    )
    sections = (
        NavSection(
            title=text(N_("数据表")),
            items=tables,
            new_dialog=f"/a/{app.id}/tables/new" if builds else "",
            new_label=text(N_("新建数据表")),
            empty=text(N_("还没有数据表")),
        ),
        *((NavSection(title=text(N_("库存")), items=stocks),) if stocks else ()),
        NavSection(
            title=text(N_("仪表盘")),
            items=dashboards,
            new_dialog=f"/a/{app.id}/dashboards/new" if builds else "",
            new_label=text(N_("新建仪表盘")),
            empty=text(N_("还没有仪表盘")),
        ),
        NavSection(
            title=text(N_("自动化")),
            items=automations,
            new_dialog=f"/a/{app.id}/automations/new" if builds else "",
            new_label=text(N_("新建自动化")),
            empty=text(N_("还没有自动化")),
        ),
        NavSection(
            title=text(N_("表单")),
            items=forms,
            new_dialog=f"/a/{app.id}/forms/new" if builds else "",
            new_label=text(N_("新建表单")),
            empty=text(N_("还没有表单")),
        ),
        NavSection(
            title=text(N_("工作台")),
            items=workbenches,
            new_href=f"/market?kind=workbench&app={app.id}" if builds else "",
            new_label=text(N_("从模板市场添加工作台")),
            empty=text(N_("还没有工作台")),
        ),
    )
    return tuple(section for section in sections if section.items or builds)


def _foot(actor: Actor, reader: Reader, app: App | None, current: str) -> tuple[NavItem, ...]:
    market = f"/market?app={app.id}" if app is not None else "/market"
    items = [
        NavItem(name=reader.text(N_("模板市场")), href=market, icon="store", current=current == "/market")
    ]
    if app is not None and allowed(actor, Operation.LOOK, app.id):
        href = f"/a/{app.id}/settings"
        items.append(
            NavItem(name=reader.text(N_("应用设置")), href=href, icon="settings", current=current == href)
        )
    return tuple(items)
