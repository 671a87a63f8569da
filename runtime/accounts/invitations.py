"""Invitations: a link that lets somebody into an app with a role.

The link is handed over by whoever invites (chat, mail); only a hash of its token is stored. Accepting it makes an account
for the invited address, or adds the role to the account signed in.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from runtime import secrets
from runtime.access import RANK, Actor, Operation, Role, require
from runtime.accounts import rules
from runtime.accounts.members import check_role, put_member
from runtime.accounts.people import Person, create_user, find_person
from runtime.errors import NotFound, NotSignedIn, RuleBroken
from runtime.i18n import DEFAULT_LANGUAGE, N_
from runtime.storage.database import Row
from runtime.system import System

VALID_DAYS = 14


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """An open invitation. ``has_account``: the address already has one, so accepting needs signing in as it."""

    number: int
    email: str
    app_id: str
    app_name: str
    role: Role
    invited_by: str
    created_at: datetime
    expires_at: datetime
    has_account: bool


_SELECT = """
SELECT i.id AS number, i.email, d.public_id AS app_id, d.body->>'name' AS app_name, i.role, by.name AS invited_by,
       i.created_at, i.expires_at, EXISTS (SELECT 1 FROM meta.person p WHERE p.email = i.email) AS has_account
  FROM meta.invitation i
  JOIN meta.definition d ON d.id = i.app_id AND d.deleted_at IS NULL
  JOIN meta.person by ON by.id = i.invited_by
 WHERE i.accepted_at IS NULL AND i.expires_at > now()
"""


def _invitation(row: Row) -> Invitation:
    return Invitation(**dict(row))


async def invite(
    system: System, actor: Actor, app_id: str, *, email: str, role: str
) -> tuple[str, Invitation]:
    """Invite an address to an app; returns the token (for the link ``/invite/<token>``) and the invitation.

    An earlier open invitation of the same address to the app is replaced: its link stops working.

    Raises:
        NotAllowed: the actor does not manage the app's members.
        RuleBroken: the address belongs to a member already.
        InvalidInput: the address or the role will not do.
        NotFound: no such app.
    """
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.MANAGE_MEMBERS, app_id)
    address, checked = rules.email_address(email), check_role(role)
    token = secrets.new_token()
    async with system.db.transaction() as tx:
        member = await tx.value(
            "SELECT p.name FROM meta.membership m JOIN meta.person p ON p.id = m.person_id"
            " WHERE m.app_id = $1 AND p.email = $2",
            app.number,
            address,
        )
        if member is not None:
            raise RuleBroken(
                N_("{name}({email})已经在应用里了,直接改角色就行"),
                code="already_member",
                field="email",
                name=member,
                email=address,
            )
        await tx.execute(
            "DELETE FROM meta.invitation WHERE app_id = $1 AND email = $2 AND accepted_at IS NULL",
            app.number,
            address,
        )
        number = await tx.value(
            "INSERT INTO meta.invitation (token_hash, email, app_id, role, invited_by, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING id",
            secrets.hash_token(token),
            address,
            app.number,
            checked,
            actor.person,
            VALID_DAYS,
        )
        row = await tx.row(f"{_SELECT} AND i.id = $1", number)
    assert row is not None  # noqa: S101 - just stored
    return token, _invitation(row)


async def invitations(system: System, actor: Actor, app_id: str) -> list[Invitation]:
    """The open invitations to an app, for those who manage its members. Raises as :func:`invite`."""
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.MANAGE_MEMBERS, app_id)
    rows = await system.db.fetch(f"{_SELECT} AND i.app_id = $1 ORDER BY i.id DESC", app.number)
    return [_invitation(row) for row in rows]


async def revoke_invitation(system: System, actor: Actor, app_id: str, number: int) -> None:
    """Make an open invitation's link useless. Raises as :func:`invite`."""
    app = (await system.catalogs.current()).app(app_id)
    require(actor, Operation.MANAGE_MEMBERS, app_id)
    done = await system.db.execute(
        "DELETE FROM meta.invitation WHERE id = $1 AND app_id = $2 AND accepted_at IS NULL",
        number,
        app.number,
    )
    if done == "DELETE 0":
        raise NotFound()


async def find_invitation(system: System, token: str) -> Invitation:
    """The open invitation behind a link.

    Raises:
        NotFound: the link is wrong, used, replaced, revoked or too old.
    """
    row = await system.db.row(f"{_SELECT} AND i.token_hash = $1", secrets.hash_token(token))
    if row is None:
        raise NotFound(
            N_("这个邀请链接已经失效:用过了、被撤回,或超过 {days} 天。请邀请你的人再发一个"),
            code="invitation_gone",
            days=VALID_DAYS,
        )
    return _invitation(row)


async def accept_invitation(
    system: System,
    token: str,
    *,
    actor: Actor | None = None,
    name: str = "",
    password: str = "",
    language: str = DEFAULT_LANGUAGE,
) -> tuple[Invitation, Person]:
    """Accept, as the signed-in ``actor``, or as a newcomer with a name and a password (an account is made).

    A role already held in the app is never lowered. Returns the invitation and the person let in.

    Raises:
        NotFound: the link is no longer valid.
        NotSignedIn: the address has an account; sign in first.
        RuleBroken: ``actor`` is somebody else than the one invited.
        InvalidInput: the name or the password will not do.
    """
    async with system.db.transaction() as tx:
        found = await find_invitation(system, token)
        if actor is not None:
            if actor.email != found.email:
                raise RuleBroken(
                    N_("邀请是发给 {email} 的,你现在登录的是 {mine}。退出后再打开这个链接"),
                    code="other_person",
                    email=found.email,
                    mine=actor.email,
                )
            person = await find_person(system, actor.id)
        elif found.has_account:
            raise NotSignedIn(
                N_("{email} 已经有账号,登录后就能加入"), code="sign_in_to_accept", email=found.email
            )
        else:
            person = await create_user(
                system, email=found.email, name=name, password=password, language=language
            )
        # two clicks at once: only one finds it open
        app_number = await tx.value(
            "UPDATE meta.invitation SET accepted_at = now() WHERE id = $1 AND accepted_at IS NULL RETURNING app_id",
            found.number,
        )
        if app_number is None:
            raise NotFound()
        held = await tx.value(
            "SELECT role FROM meta.membership WHERE app_id = $1 AND person_id = $2", app_number, person.number
        )
        if held is None or RANK[held] < RANK[found.role]:
            await put_member(tx, app_number, person.number, found.role)
    return found, person
