"""``huobiao template …``: the market without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.errors import InvalidInput
from runtime.i18n import N_
from ui.cli.language import _, translator
from ui.cli.options import as_option, data_option, with_system

if TYPE_CHECKING:
    from runtime.catalog import Catalog, Table
    from runtime.system import System
    from templates_market.package import Template


@click.group(help=_(N_("模板市场:列出、安装、导出模板。")))
def template() -> None:
    """Templates."""


@template.command("list", help=_(N_("列出可以安装的模板;写上文字就只列出有关的。")))
@click.argument("text", default="")
@data_option
def list_templates(data_dir: Path | None, text: str) -> None:
    """Print slug, name and summary of each template."""
    from templates_market import reader

    found = reader.search(text)
    width = max((len(each.slug) for each in found), default=0)
    language = translator().language
    for each in found:
        click.echo(f"{each.slug.ljust(width)}  {each.name.of(language)}  {each.summary.of(language)}")


@template.command("install", help=_(N_("安装模板 SLUG,输出应用的编号(工作台模板还输出它的地址)。")))
@click.argument("slug")
@click.option("--app", help=_(N_("应用的名字:新应用叫什么;工作台模板则是要绑定的数据表所在的应用")))
@click.option("--table", help=_(N_("工作台模板要绑定的数据表,名字或编号")))
@click.option("--without-records", is_flag=True, help=_(N_("不要示例记录")))
@as_option
@data_option
def install_template(
    data_dir: Path | None,
    who: str | None,
    slug: str,
    app: str | None,
    table: str | None,
    without_records: bool,
) -> None:
    """Install a template."""

    async def work(system: System) -> list[str]:
        from runtime.accounts import first_owner, person_actor
        from templates_market import installer, reader

        chosen = reader.find(slug)
        actor = await person_actor(system, who) if who else await first_owner(system)
        if chosen.kind == "app":
            made = await installer.install_app(
                system, actor, chosen, name=app or "", with_records=not without_records
            )
            return [made.app]
        catalog = await system.catalogs.current()
        bound = _table_to_bind(catalog, chosen, table, app)
        made = await installer.install_workbench(system, actor, chosen, bound.id)
        return [made.app, f"{system.settings.base_url}/w/{made.slug}"]

    for line in with_system(data_dir, "template install", work):
        click.echo(line)


def _table_to_bind(catalog: Catalog, chosen: Template, table: str | None, app: str | None) -> Table:
    """The named table, or the only one that has a field for every required part."""
    from templates_market import binding
    from ui.cli.naming import app_named, table_named

    if table:
        return table_named(catalog, table, app)
    required = {part for part, wanted in chosen.bindings.items() if wanted.required}
    fitting = [
        each
        for owner in ([app_named(catalog, app)] if app else catalog.apps)
        for each in owner.tables
        if required <= {guess.part for guess in binding.guess(owner, catalog, each, chosen) if guess.chosen}
    ]
    if len(fitting) == 1:
        return fitting[0]
    raise InvalidInput(
        N_("用 --table 说明要绑定哪张数据表,合适的有:{names}"),
        names=[t.name for t in fitting] or ["-"],
    )


@template.command("export", help=_(N_("把应用 APP(名字或编号)导出成文件夹 DIR 里的模板。")))
@click.argument("app")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@as_option
@data_option
def export_template(data_dir: Path | None, who: str | None, app: str, folder: Path) -> None:
    """Export an app as a template."""

    async def work(system: System) -> None:
        from runtime.accounts import first_owner, person_actor
        from templates_market import exporter
        from ui.cli.naming import app_named

        actor = await person_actor(system, who) if who else await first_owner(system)
        found = app_named(await system.catalogs.current(), app)
        exporter.write(await exporter.export_app(system, actor, found.id), folder)

    with_system(data_dir, "template export", work)
    click.echo(_(N_("已导出到 {folder}"), folder=folder))
