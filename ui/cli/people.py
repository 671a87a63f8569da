"""``huobiao user …`` and ``huobiao token …``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.i18n import N_
from ui.cli.language import _
from ui.cli.options import data_option, with_system

if TYPE_CHECKING:
    from runtime.system import System

ROLES = ("owner", "builder", "editor", "viewer")


@click.group(help=_(N_("管理账号。")))
def user() -> None:
    """Accounts."""


@user.command("create", help=_(N_("新建账号。第一个账号就是整个系统的所有者。")))
@click.option("--email", required=True, help=_(N_("登录用的邮箱")))
@click.option("--password", help=_(N_("密码;不写就从键盘(或标准输入)读,这样不会留在命令历史里")))
@click.option("--name", help=_(N_("显示的名字;不写就用邮箱 @ 前面的部分")))
@click.option(
    "--role",
    type=click.Choice(ROLES),
    help=_(N_("owner:整个系统的所有者;其余是在 --app 里(不写就是现有的全部应用里)的角色")),
)
@click.option("--app", help=_(N_("应用的名字或编号,和 --role 一起用")))
@data_option
def create_user(
    data_dir: Path | None,
    email: str,
    password: str | None,
    name: str | None,
    role: str | None,
    app: str | None,
) -> None:
    """Make an account and print its id."""
    secret = password if password is not None else _read_password()

    async def work(system: System) -> str:
        from runtime import accounts
        from runtime.accounts.members import check_role, put_member
        from ui.cli.naming import app_named

        async with system.db.transaction() as tx:
            first = not await accounts.has_people(system)
            owner = app is None and (role == "owner" or (first and role is None))
            person = await accounts.create_user(system, email=email, password=secret, name=name, owner=owner)
            if role is not None and not owner:
                catalog = await system.catalogs.current()
                for found in [app_named(catalog, app)] if app else catalog.apps:
                    await put_member(tx, found.number, person.number, check_role(role))
        return person.id

    click.echo(with_system(data_dir, "user create", work))


@user.command("password", help=_(N_("给忘了密码的人换一个密码;他已登录的设备都会退出。")))
@click.option("--email", required=True, help=_(N_("账号的邮箱")))
@click.option("--password", help=_(N_("密码;不写就从键盘(或标准输入)读,这样不会留在命令历史里")))
@data_option
def set_password(data_dir: Path | None, email: str, password: str | None) -> None:
    """Give an account a new password."""
    secret = password if password is not None else _read_password()

    async def work(system: System) -> None:
        from runtime import accounts

        await accounts.set_password(system, await accounts.find_person(system, email), secret)

    with_system(data_dir, "user password", work)


def _read_password() -> str:
    if sys.stdin.isatty():
        entered: str = click.prompt(_(N_("密码")), hide_input=True, confirmation_prompt=True)
        return entered
    return sys.stdin.readline().rstrip("\n")


@click.group(help=_(N_("管理 API 令牌。")))
def token() -> None:
    """API tokens."""


@token.command("create", help=_(N_("给一个账号新建 API 令牌,标准输出上只有令牌本身;它只显示这一次。")))
@click.option("--email", required=True, help=_(N_("账号的邮箱")))
@click.option("--name", default="", help=_(N_("令牌的名字,好记得给谁用的")))
@data_option
def create_token(data_dir: Path | None, email: str, name: str) -> None:
    """Make a token and print it alone."""

    async def work(system: System) -> str:
        from runtime import accounts

        person = await accounts.find_person(system, email)
        made, _info = await accounts.create_token(system, person, name=name)
        return made

    click.echo(with_system(data_dir, "token create", work))
