"""What the shell's template shows: the contract between page controllers and ``templates/shell.html``.

A controller of a page inside the shell answers with
``Template("tables/table.html", context={"shell": Shell(...), ...})``; the template extends ``shell.html``.
``ui.pages.shell.build`` fills a :class:`Shell` from the catalog and the person's access.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

from runtime.definitions.fields import COLORS

Mark = Literal["", "danger", "warn", "ok"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone shown by an avatar."""

    id: str
    name: str
    email: str = ""

    @property
    def initial(self) -> str:
        """The letter of the avatar: the last character of a Chinese name (how colleagues are called), else the first."""
        name = self.name.strip() or self.email or "?"
        is_latin = name[0].isascii()
        return name[0].upper() if is_latin else name[-1]

    @property
    def color(self) -> str:
        """One of the option colours, always the same for the same person."""
        colors = [color for color in COLORS if color != "grey"]
        return colors[zlib.crc32(self.id.encode()) % len(colors)]


@dataclass(frozen=True, kw_only=True)
class AppLink:
    """An app in the switcher. ``icon`` is a Lucide name, ``color`` an option colour or "" for the brand's."""

    id: str
    name: str
    href: str
    icon: str = "mark"
    color: str = ""
    time_zone: str = ""


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """An entry of the rail. ``count`` is shown at the right; ``mark`` is a coloured dot that ``mark_text`` explains."""

    name: str
    href: str
    icon: str
    count: int | None = None
    current: bool = False
    mark: Mark = ""
    mark_text: str = ""


@dataclass(frozen=True, kw_only=True)
class NavSection:
    """A group of the rail: 数据表, 仪表盘, 自动化, 工作台.

    ``new_dialog`` is the address of a dialog fragment that makes a new one (htmx, into ``#dialog``), ``new_href`` of a
    page that does; without either there is no plus button. ``empty`` is the sentence for no entries.
    """

    title: str
    items: tuple[NavItem, ...] = ()
    new_dialog: str = ""
    new_href: str = ""
    new_label: str = ""
    empty: str = ""


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """A step of the way here; the last one is the place itself and has no ``href``.

    ``menu``: id of a menu that the page holds for the place (rename, delete …); shown as an arrow behind the name.
    """

    name: str
    href: str = ""
    icon: str = ""
    menu: str = ""


@dataclass(frozen=True, kw_only=True)
class Shell:
    """All that rail and top bar show.

    ``app`` is None on pages outside an app (home, market, account). ``alerts``: number of things that want attention,
    with ``alerts_href``. ``new_app_dialog``: empty if this person may not make apps. ``can_undo``: show undo
    and redo (people who may change records). ``trash_href``: where deleted parts of the app are, for those who may build
    in it.
    """

    person: Person
    apps: tuple[AppLink, ...] = ()
    app: AppLink | None = None
    sections: tuple[NavSection, ...] = ()
    foot: tuple[NavItem, ...] = ()
    crumbs: tuple[Crumb, ...] = ()
    alerts: int = 0
    alerts_href: str = ""
    new_app_dialog: str = ""
    can_undo: bool = False
    trash_href: str = ""

    @property
    def title(self) -> str:
        """The window's title: the place, then the app."""
        parts = [self.crumbs[-1].name] if self.crumbs else []
        if self.app and self.app.name not in parts:
            parts.append(self.app.name)
        return " · ".join(parts)
