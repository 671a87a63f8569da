"""The shell, rendered as a page would."""

from __future__ import annotations

import pytest

from ui.pages.context import AppLink, Crumb, NavItem, NavSection, Person, Shell
from ui.reader import Reader
from ui.render import environment, icon, json_data

SHELL = Shell(
    person=Person(id="usrA", name="林小北", email="lin@example.com"),
    apps=(AppLink(id="appA", name="订单中枢", href="/a/appA", time_zone="Asia/Tokyo"),),
    app=AppLink(id="appA", name="订单中枢", href="/a/appA", time_zone="Asia/Tokyo"),
    sections=(
        NavSection(
            title="数据表",
            items=(NavItem(name="<主订单池>", href="/t/tblA", icon="inbox", count=12431, current=True),),
            new_dialog="/a/appA/tables/new",
            new_label="新建数据表",
        ),
        NavSection(title="仪表盘", empty="还没有仪表盘"),
    ),
    crumbs=(Crumb(name="订单中枢", href="/a/appA"), Crumb(name="主订单池", icon="inbox")),
    can_undo=True,
)


def page(source: str, reader: Reader | None = None, **context: object) -> str:
    """Render a template given as text."""
    return environment().from_string(source).render(reader=reader or Reader(), **context)


def test_the_shell_shows_where_one_is() -> None:
    text = page('{% extends "shell.html" %}{% block body %}内容{% endblock %}', shell=SHELL)
    assert "<title>主订单池 · 订单中枢 · 活表</title>" in text
    assert "&lt;主订单池&gt;" in text
    assert "12,431" in text
    assert 'aria-current="page"' in text
    assert 'hx-get="/a/appA/tables/new"' in text
    assert "还没有仪表盘" in text
    assert "内容" in text


def test_macros_speak_the_readers_language() -> None:
    source = '{% extends "shell.html" %}{% block body %}{% endblock %}'
    text = page(source, Reader(language="en"), shell=SHELL)
    assert '<html lang="en"' in text
    assert "Sign out" in text
    assert "退出登录" not in text
    assert "/i18n/en.json?v=" in text


def test_the_page_uses_the_time_zone_of_its_app() -> None:
    source = "{{ '2020-01-15T00:26:00Z' | clock }}"
    assert page(source, Reader(time_zone="Asia/Shanghai")) == "08:26"
    assert page(source, Reader(time_zone="Asia/Shanghai"), shell=SHELL) == "09:26"


def test_no_page_has_inline_script_or_handlers() -> None:
    text = page('{% extends "shell.html" %}{% block body %}{% endblock %}', shell=SHELL)
    assert "onclick=" not in text
    assert "<script>" not in text


def test_icons_keep_their_stroke_at_every_size() -> None:
    assert 'stroke-width="2.25"' in icon("plus", 16)
    assert 'stroke-width="1.50"' in icon("plus", 24)


def test_data_for_islands_cannot_end_its_script() -> None:
    text = json_data("d", {"name": "</script><b>"})
    assert "</script><b>" not in text
    assert text.count("</script>") == 1


@pytest.mark.parametrize(("name", "initial"), [("林小北", "北"), ("ann", "A"), ("", "?")])
def test_initials(name: str, initial: str) -> None:
    assert Person(id="usrX", name=name).initial == initial
