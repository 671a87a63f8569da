"""``/a/{app}/settings``: the page, and in it the members of an app (htmx). Its other sections: ``app_settings.py``."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Template

from builder.references import automations_naming
from runtime import access, accounts
from runtime.access import Actor, Operation, allowed, require
from runtime.api.common import TheActor, TheSystem
from runtime.catalog import App
from runtime.errors import HuobiaoError
from runtime.i18n import N_
from runtime.system import System
from runtime.workbenches import lookup
from ui.pages.app_settings import general
from ui.pages.context import Crumb
from ui.pages.context import Person as Face
from ui.pages.forms import Problems, done
from ui.pages.shell import build as build_shell
from ui.reader import Reader
from ui.render import PageRequest

TheReader = NamedDependency[Reader]
Urlencoded = Body(media_type=RequestEncodingType.URL_ENCODED)

# what each role may do, from most to least, as the page explains it
EXPLAINED = (
    ("owner", N_("管理成员,改结构,也能删除应用")),
    ("builder", N_("改数据表、自动化、仪表盘和工作台")),
    ("editor", N_("新建、修改、删除记录")),
    ("viewer", N_("只能看")),
)


class InviteForm(msgspec.Struct, frozen=True):
    """Whom to invite as what."""

    email: str = ""
    role: str = "editor"


class RoleForm(msgspec.Struct, frozen=True):
    """A member's new role."""

    role: str = ""


def _moves_of(app: App, person: str) -> list[str]:
    """The state machines with moves that name this person."""
    return [
        f"{table.name} · {field.name}"
        for table in app.tables
        for field in table.fields
        if field.machine is not None and any(person in move.members for move in field.machine.transitions)
    ]


async def _members(
    system: System,
    actor: Actor,
    reader: Reader,
    app_id: str,
    *,
    form: InviteForm | None = None,
    problems: Problems | None = None,
    link: str = "",
    invited: str = "",
) -> dict[str, Any]:
    manages = allowed(actor, Operation.MANAGE_MEMBERS, app_id)
    listed = await accounts.members(system, actor, app_id)
    found = (await system.catalogs.current()).app(app_id)
    return {
        "members": {
            "app": app_id,
            "manages": manages,
            "listed": [
                {
                    "face": Face(id=m.id, name=m.name, email=m.email),
                    "role": m.role,
                    "role_name": access.role_name(m.role).text(reader.translator),
                    "active": m.active,
                    "me": m.id == actor.id,
                    "moves": reader.translator.listed(_moves_of(found, m.id)),
                    "automations": reader.translator.listed(automations_naming(found, m.id)),
                }
                for m in listed
            ],
            "invitations": [
                {
                    "number": i.number,
                    "email": i.email,
                    "role": i.role,
                    "role_name": access.role_name(i.role).text(reader.translator),
                    "expires_at": i.expires_at,
                }
                for i in (await accounts.invitations(system, actor, app_id) if manages else ())
            ],
            "roles": [
                (role, access.role_name(role).text(reader.translator), reader.text(words))  # type: ignore[arg-type]
                for role, words in EXPLAINED
            ],
            "form": form or InviteForm(),
            "problems": problems or Problems(),
            "link": link,
            "invited": invited,
        }
    }


@get("/a/{app:str}/settings", include_in_schema=False)
async def app_settings_page(
    request: PageRequest, system: TheSystem, actor: TheActor, reader: TheReader, app: FromPath[str]
) -> Template:
    """What the app is, who belongs to it, what it works with."""
    found = (await system.catalogs.current()).app(app)
    require(actor, Operation.LOOK, app)
    path = f"/a/{app}/settings"
    crumbs = (Crumb(name=reader.text(N_("应用设置"))),)
    shell = await build_shell(system, actor, request, app=found, current=path, crumbs=crumbs)
    builds = allowed(actor, Operation.BUILD, app)
    context = {"shell": shell, "builds": builds} | general(actor, reader, found)
    context |= await _members(system, actor, reader, app)
    usable = [w for w in found.workbenches if lookup.may_use(actor, w)]
    context["benches"] = {"app": app, "builds": builds, "listed": [(w.id, w.definition) for w in usable]}
    return Template("apps/settings.html", context=context)


def _section(context: dict[str, Any], *, status: int = 200, said: str = "") -> Template:
    return Template(
        "apps/members.html", context=context, status_code=status, headers=done(said) if said else {}
    )


@post("/a/{app:str}/invite", include_in_schema=False, status_code=200)
async def invite(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    app: FromPath[str],
    data: Annotated[InviteForm, Urlencoded],
) -> Template:
    """Invite somebody; the section comes back with the link to hand over."""
    try:
        token, made = await accounts.invite(system, actor, app, email=data.email, role=data.role)
    except HuobiaoError as error:
        if error.status not in (409, 422):
            raise
        problems = Problems.of(error, reader.translator, ("email", "role"))
        context = await _members(system, actor, reader, app, form=data, problems=problems)
        return _section(context, status=422)
    link = f"{system.settings.base_url}/invite/{token}"
    return _section(await _members(system, actor, reader, app, link=link, invited=made.email))


@post("/a/{app:str}/invitations/{number:int}/revoke", include_in_schema=False, status_code=200)
async def revoke_invitation(
    system: TheSystem, actor: TheActor, reader: TheReader, app: FromPath[str], number: FromPath[int]
) -> Template:
    """Make an invitation's link useless."""
    await accounts.revoke_invitation(system, actor, app, number)
    return _section(await _members(system, actor, reader, app), said=reader.text(N_("邀请已撤回")))


@post("/a/{app:str}/members/{person:str}/role", include_in_schema=False, status_code=200)
async def set_role(
    system: TheSystem,
    actor: TheActor,
    reader: TheReader,
    app: FromPath[str],
    person: FromPath[str],
    data: Annotated[RoleForm, Urlencoded],
) -> Template:
    """Change a member's role."""
    try:
        await accounts.set_role(system, actor, app, person, data.role)
    except HuobiaoError as error:
        return await _refused(system, actor, reader, app, error)
    return _section(await _members(system, actor, reader, app), said=reader.text(N_("角色已改,马上生效")))


@post("/a/{app:str}/members/{person:str}/remove", include_in_schema=False, status_code=200)
async def remove_member(
    system: TheSystem, actor: TheActor, reader: TheReader, app: FromPath[str], person: FromPath[str]
) -> Template | Response[bytes]:
    """Take somebody out of the app, or leave it."""
    try:
        await accounts.remove_member(system, actor, app, person)
    except HuobiaoError as error:
        return await _refused(system, actor, reader, app, error)
    if actor.id == person and actor.everywhere is None:
        return Response(b"", media_type="text/html", headers={"HX-Redirect": "/"})
    return _section(await _members(system, actor, reader, app), said=reader.text(N_("已移出应用")))


async def _refused(system: System, actor: Actor, reader: Reader, app: str, error: HuobiaoError) -> Template:
    """The section again (a changed select jumps back) with the reason above it."""
    if error.status != 409:
        raise error
    problems = Problems({"rule": error.message.text(reader.translator)})
    return _section(await _members(system, actor, reader, app, problems=problems), status=422)


ROUTES = (app_settings_page, invite, revoke_invitation, set_role, remove_member)
