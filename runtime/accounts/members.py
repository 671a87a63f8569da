"""Who belongs to an app, with which role."""

from __future__ import annotations

from typing import get_args

import msgspec

from runtime.access import Actor, Operation, Role, require
from runtime.accounts.telling import people_changed
from runtime.catalog import App, bump
from runtime.errors import InvalidInput, NotFound, RuleBroken
from runtime.i18n import N_
from runtime.storage.database import Tx
from runtime.system import System

ROLES: tuple[Role, ...] = get_args(Role)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a role in an app. ``id`` is the person's (``usr…``); ``active`` false when switched off."""

    id: str
    name: str
    email: str
    role: Role
    active: bool


async def members(system: System, actor: Actor, app_id: str) -> list[Member]:
    """The members of an app, in the order of their joining.

    Raises:
        NotFound: no such app, or the actor is no member.
    """
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.LOOK, app_id)
    rows = await system.db.fetch(
        "SELECT p.public_id AS id, p.name, p.email, p.active, m.role FROM meta.membership m"
        " JOIN meta.person p ON p.id = m.person_id WHERE m.app_id = $1 ORDER BY m.id",
        app.number,
    )
    return [Member(**dict(row)) for row in rows]


async def set_role(system: System, actor: Actor, app_id: str, person_id: str, role: str) -> None:
    """Give a person a role in an app, as a new member or in place of the role held.

    Raises:
        NotAllowed: the actor does not manage the app's members.
        RuleBroken: the app would be left without an owner.
        NotFound: no such app or person.
    """
    app = await _managed(system, actor, app_id)
    checked = check_role(role)
    async with system.db.transaction() as tx:
        await people_changed(system, tx, actor)
        number = await _person_number(tx, person_id)
        await _keep_an_owner(tx, app, number, becomes=checked)
        await put_member(tx, app.number, number, checked)


async def remove_member(system: System, actor: Actor, app_id: str, person_id: str) -> None:
    """Take a person out of an app; members may leave by themselves.

    Raises:
        NotAllowed: the actor neither manages the app's members nor leaves it.
        RuleBroken: the app would be left without an owner.
        NotFound: no such app or member.
    """
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.LOOK if actor.id == person_id else Operation.MANAGE_MEMBERS, app_id)
    async with system.db.transaction() as tx:
        await people_changed(system, tx, actor)
        number = await _person_number(tx, person_id)
        await _keep_an_owner(tx, app, number, becomes=None)
        done = await tx.execute(
            "DELETE FROM meta.membership WHERE app_id = $1 AND person_id = $2", app.number, number
        )
        if done == "DELETE 0":
            raise NotFound(N_("这个人不在应用里"), code="unknown_person")


async def put_member(tx: Tx, app_number: int, person_number: int, role: Role) -> None:
    """Store a role, whoever asks. For the installer of apps (whoever makes one owns it) and for invitations."""
    await bump(tx)  # cells of the app may name this person from now on
    await tx.execute(
        "INSERT INTO meta.membership (app_id, person_id, role) VALUES ($1, $2, $3)"
        " ON CONFLICT (app_id, person_id) DO UPDATE SET role = excluded.role",
        app_number,
        person_number,
        role,
    )


def check_role(role: str) -> Role:
    """``role`` as a role. Raises :class:`InvalidInput` (field ``role``)."""
    if role not in ROLES:
        raise InvalidInput(
            N_("没有角色「{role}」,可选 {choices}"),
            code="unknown_choice",
            field="role",
            role=role,
            choices=", ".join(ROLES),
        )
    return role


async def _managed(system: System, actor: Actor, app_id: str) -> App:
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.MANAGE_MEMBERS, app_id)
    return app


async def _person_number(tx: Tx, person_id: str) -> int:
    number = await tx.value("SELECT id FROM meta.person WHERE public_id = $1", person_id)
    if number is None:
        raise NotFound(N_("没有找到账号「{key}」"), code="unknown_person", key=person_id)
    return int(number)


async def _keep_an_owner(tx: Tx, app: App, person_number: int, *, becomes: Role | None) -> None:
    """Refuse to take the last owner's role away. Locks the app's owners, so that two do not leave at once."""
    if becomes == "owner":
        return
    owners = await tx.fetch(
        "SELECT person_id FROM meta.membership WHERE app_id = $1 AND role = 'owner' ORDER BY id FOR UPDATE",
        app.number,
    )
    if [row["person_id"] for row in owners] == [person_number]:
        raise RuleBroken(
            N_("这是应用「{app}」唯一的所有者,先让另一个人成为所有者"), code="last_owner", app=app.name
        )
