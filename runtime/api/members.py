"""``/apps/{app}/members``: who belongs to an app, and inviting others."""

from __future__ import annotations

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_204_NO_CONTENT

from runtime import accounts
from runtime.access import Operation, allowed
from runtime.api.common import TheActor, TheSystem, moment


class MemberBody(msgspec.Struct, frozen=True):
    """A person with a role in the app."""

    id: str
    name: str
    email: str
    role: str
    active: bool


class InvitationBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open invitation. ``link`` only in the answer that makes it: it is not kept."""

    number: int
    email: str
    role: str
    invited_by: str
    expires_at: str
    link: str | None = None


class MembersAnswer(msgspec.Struct, frozen=True):
    """Members, and the open invitations for those who manage them."""

    members: tuple[MemberBody, ...]
    invitations: tuple[InvitationBody, ...]


class InviteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to invite. ``role``: owner, builder, editor or viewer."""

    email: str
    role: str


class RoleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role to give."""

    role: str


def _body(invitation: accounts.Invitation, link: str | None = None) -> InvitationBody:
    return InvitationBody(
        invitation.number,
        invitation.email,
        invitation.role,
        invitation.invited_by,
        moment(invitation.expires_at),
        link,
    )


@get("/apps/{app:str}/members")
async def list_members(system: TheSystem, actor: TheActor, app: FromPath[str]) -> MembersAnswer:
    """The app's members, and its open invitations."""
    members = await accounts.members(system, actor, app)
    manages = allowed(actor, Operation.MANAGE_MEMBERS, app)
    invitations = await accounts.invitations(system, actor, app) if manages else []
    return MembersAnswer(
        tuple(MemberBody(m.id, m.name, m.email, m.role, m.active) for m in members),
        tuple(_body(invitation) for invitation in invitations),
    )


@post("/apps/{app:str}/members")
async def invite(
    system: TheSystem, actor: TheActor, app: FromPath[str], data: JSONBody[InviteBody]
) -> InvitationBody:
    """Invite an e-mail address; the answer holds the link to hand over."""
    token, invitation = await accounts.invite(system, actor, app, email=data.email, role=data.role)
    return _body(invitation, f"{system.settings.base_url}/invite/{token}")


@patch("/apps/{app:str}/members/{person:str}", status_code=HTTP_204_NO_CONTENT)
async def set_role(
    system: TheSystem, actor: TheActor, app: FromPath[str], person: FromPath[str], data: JSONBody[RoleBody]
) -> None:
    """Change a member's role."""
    await accounts.set_role(system, actor, app, person, data.role)


@delete("/apps/{app:str}/members/{person:str}")
async def remove_member(
    system: TheSystem, actor: TheActor, app: FromPath[str], person: FromPath[str]
) -> None:
    """Take somebody out of the app, or leave it."""
    await accounts.remove_member(system, actor, app, person)


@delete("/apps/{app:str}/invitations/{number:int}")
async def revoke_invitation(
    system: TheSystem, actor: TheActor, app: FromPath[str], number: FromPath[int]
) -> None:
    """Make an open invitation's link useless."""
    await accounts.revoke_invitation(system, actor, app, number)


ROUTES = (list_members, invite, set_role, remove_member, revoke_invitation)
