"""Fills the shell: who is here, which apps there are, and what stands in the rail of the one that is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Request

from builder.automation_health import Ailing, ailing
from runtime.access import Actor, Operation, allowed
from runtime.automations.attention import DELETED, waiting_for_people
from runtime.catalog import App
from runtime.i18n import N_
from runtime.records.sizes import sizes
from runtime.system import System
from runtime.workbenches.lookup import may_use
from ui.http.language import provide_reader
from ui.pages.context import AppLink, Crumb, Mark, NavItem, NavSection, Person, Shell
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
        ill = {one.automation.id: one for one in await ailing(system, catalog, app)}
        sections = await _sections(system, actor, reader, app, current, failed, ill)
        crumbs = (Crumb(name=app.name, href=f"/a/{app.id}"), *crumbs)
    return Shell(
        person=Person(id=actor.id, name=actor.name, email=actor.email),
        apps=apps,
        app=_link(app) if app else None,
        sections=sections,
        foot=_foot(actor, reader, app, current),
        crumbs=crumbs,
        alerts=alerts,
        alerts_href=f"/a/{app.id}/runs?status=failed"
        if app is not None and (app.automations or alerts)
        else "",
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
    system: System,
    actor: Actor,
    reader: Reader,
    app: App,
    current: str,
    failed: dict[str, int],
    ill: Mapping[str, Ailing],
) -> tuple[NavSection, ...]:
    """Tables, dashboards, automations, forms, workbenches; who may not build sees only those that have something in them."""
    builds = allowed(actor, Operation.BUILD, app.id)
    rail = _Rail(reader, app, current, builds)
    sections = [rail.tables(await sizes(system.db, app.tables))]
    if app.stocks:
        sections.append(rail.stocks())
    sections += [rail.dashboards(), rail.automations(failed, ill), rail.forms(), rail.workbenches(actor)]
    return tuple(section for section in sections if section.items or builds)


@dataclass(frozen=True)
class _Rail:
    """An app's rail, a section by kind of thing. ``current``: what is open; ``builds``: the reader may make new ones."""

    reader: Reader
    app: App
    current: str
    builds: bool

    def tables(self, counts: Mapping[str, int | None]) -> NavSection:
        """``counts``: how many records each table has, by its id."""
        items = tuple(
            self._item(
                table.definition.icon or "table", table.name, "t", table.id, count=counts.get(table.id)
            )
            for table in self.app.tables
        )
        return self._section(N_("数据表"), items, "tables", N_("新建数据表"), N_("还没有数据表"))

    def stocks(self) -> NavSection:
        """They are defined in the app's settings, so nothing new is made here."""
        items = tuple(self._item("warehouse", s.definition.name, "stocks", s.id) for s in self.app.stocks)
        return NavSection(title=self.reader.text(N_("库存")), items=items)

    def dashboards(self) -> NavSection:
        items = tuple(
            self._item("layout-dashboard", d.definition.name, "d", d.id) for d in self.app.dashboards
        )
        return self._section(N_("仪表盘"), items, "dashboards", N_("新建仪表盘"), N_("还没有仪表盘"))

    def automations(self, failed: Mapping[str, int], ill: Mapping[str, Ailing]) -> NavSection:
        """Where there are any, also how they do.

        ``failed``: how many runs of each wait for somebody, by its id; those of deleted ones are told at the list of runs.
        ``ill``: those that cannot do their work as things are, by id; the overview tells how many.
        """
        text = self.reader.text
        items = []
        for one in self.app.automations:
            wrong = (
                [problem.message.text(self.reader.translator) for problem in ill[one.id].problems[:1]]
                if one.id in ill
                else []
            )
            if one.id in failed:
                wrong.append(text(N_("{n} 次运行失败,等人处理"), n=failed[one.id]))
            items.append(
                self._item(
                    "zap" if one.definition.enabled else "zap-off",
                    one.definition.name,
                    "automations",
                    one.id,
                    mark="danger" if wrong else "",
                    mark_text=text(N_("{first};{second}"), first=wrong[0], second=wrong[1])
                    if len(wrong) > 1
                    else "".join(wrong),
                )
            )
        orphans = failed.get(DELETED, 0)
        if items:
            said = text(N_("{n} 个自动化有问题"), n=len(ill))
            items.append(self._page(N_("自动化概况"), "activity", "automations", said if ill else ""))
        if items or orphans:
            said = text(N_("已删除的自动化有 {n} 次运行失败,等人处理"), n=orphans)
            items.append(self._page(N_("运行记录"), "history", "runs", said if orphans else ""))
        return self._section(N_("自动化"), tuple(items), "automations", N_("新建自动化"), N_("还没有自动化"))

    def forms(self) -> NavSection:
        """Who may not build sees those that can be filled in."""
        closed = self.reader.text(N_("现在不收"))
        items = tuple(
            self._item(
                "clipboard-list",
                f.definition.name,
                "forms",
                f.id,
                mark="" if f.definition.open else "warn",
                mark_text="" if f.definition.open else closed,
            )
            for f in self.app.forms
            if self.builds or f.definition.open
        )
        return self._section(N_("表单"), items, "forms", N_("新建表单"), N_("还没有表单"))

    def workbenches(self, actor: Actor) -> NavSection:
        """Those that ``actor`` may use; new ones come from the market."""
        items = tuple(
            NavItem(
                name=w.definition.name,
                href=f"/w/{w.definition.slug}",
                icon="scan-line",
                current=w.id == self.current,
            )
            for w in self.app.workbenches
            if may_use(actor, w)
        )
        return NavSection(
            title=self.reader.text(N_("工作台")),
            items=items,
            new_href=f"/market?kind=workbench&app={self.app.id}" if self.builds else "",
            new_label=self.reader.text(N_("从模板市场添加工作台")),
            empty=self.reader.text(N_("还没有工作台")),
        )

    def _item(
        self,
        icon: str,
        name: str,
        room: str,
        key: str,
        *,
        count: int | None = None,
        mark: Mark = "",
        mark_text: str = "",
    ) -> NavItem:
        return NavItem(
            name=name,
            href=f"/{room}/{key}",
            icon=icon,
            count=count,
            current=key == self.current,
            mark=mark,
            mark_text=mark_text,
        )

    def _page(self, name: str, icon: str, page: str, danger: str = "") -> NavItem:
        """A page of the app about all its automations; ``name`` is a msgid, ``danger`` what is wrong there."""
        href = f"/a/{self.app.id}/{page}"
        return NavItem(
            name=self.reader.text(name),
            href=href,
            icon=icon,
            current=self.current == href,
            mark="danger" if danger else "",
            mark_text=danger,
        )

    def _section(
        self, title: str, items: tuple[NavItem, ...], folder: str, new_label: str, empty: str
    ) -> NavSection:
        """A section whose new things are made in a dialog, ``folder`` of the app. The texts are msgids."""
        text = self.reader.text
        return NavSection(
            title=text(title),
            items=items,
            new_dialog=f"/a/{self.app.id}/{folder}/new" if self.builds else "",
            new_label=text(new_label),
            empty=text(empty),
        )


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
