"""Who may see and do what. Every read and every write of records passes one of these doors.

A person has at most one role per app. What a role may do is the table :data:`NEEDS`; rules finer than the app (rows,
fields) hang on :func:`row_rule` and :func:`hidden_fields`, which the query compiler and the write path already ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Literal

import msgspec

from runtime.definitions.queries import Filter
from runtime.errors import NotAllowed, NotFound
from runtime.i18n import N_, Message

if TYPE_CHECKING:
    from runtime.catalog import Table

Role = Literal["owner", "builder", "editor", "viewer"]
RANK: dict[str, int] = {"viewer": 1, "editor": 2, "builder": 3, "owner": 4}
ROLE_NAMES = {"owner": N_("所有者"), "builder": N_("搭建者"), "editor": N_("编辑者"), "viewer": N_("查看者")}


class Operation(Enum):
    """Things one can do in an app."""

    LOOK = "look"
    EDIT_RECORDS = "edit_records"
    BUILD = "build"
    MANAGE_MEMBERS = "manage_members"
    DELETE_APP = "delete_app"


NEEDS: dict[Operation, Role] = {
    Operation.LOOK: "viewer",
    Operation.EDIT_RECORDS: "editor",
    Operation.BUILD: "builder",
    Operation.MANAGE_MEMBERS: "owner",
    Operation.DELETE_APP: "owner",
}

_REFUSALS: dict[Operation, str] = {
    Operation.EDIT_RECORDS: N_("你在这个应用里是{role},只能查看。要修改内容,请联系应用的所有者"),
    Operation.BUILD: N_("你在这个应用里是{role},不能修改结构。需要搭建者或所有者权限"),
    Operation.MANAGE_MEMBERS: N_("你在这个应用里是{role},不能管理成员。请联系应用的所有者"),
    Operation.DELETE_APP: N_("你在这个应用里是{role},不能删除应用。请联系应用的所有者"),
}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts. ``id`` is public (``usr…``, ``aut…``, ``frm…``, ``job…``); ``person`` the number in ``meta.person``, if any.

    ``everywhere`` is the role held in every app: the instance's owner, and the system itself.
    """

    kind: Literal["person", "token", "automation", "import", "form", "system"]
    id: str
    name: str
    person: int | None = None
    roles: Mapping[str, Role] = {}
    everywhere: Role | None = None
    language: str = "zh"
    theme: str = "system"
    email: str = ""

    def role_in(self, app_id: str) -> Role | None:
        """The role in an app, or None where the actor is no member."""
        own = self.roles.get(app_id)
        if self.everywhere is None:
            return own
        return own if own is not None and RANK[own] > RANK[self.everywhere] else self.everywhere


SYSTEM = Actor(kind="system", id="system", name=N_("系统"), everywhere="owner")


def allowed(actor: Actor, operation: Operation, app_id: str) -> bool:
    """Whether ``actor`` may do ``operation`` in the app."""
    role = actor.role_in(app_id)
    return role is not None and RANK[role] >= RANK[NEEDS[operation]]


def require(actor: Actor, operation: Operation, app_id: str) -> None:
    """Refuse unless allowed.

    Raises:
        NotFound: the actor is no member, so that the app's existence is not given away.
        NotAllowed: a member whose role does not suffice; the message names the role.
    """
    role = actor.role_in(app_id)
    if role is None:
        raise NotFound()
    if RANK[role] < RANK[NEEDS[operation]]:
        raise NotAllowed(_REFUSALS[operation], role=Message(ROLE_NAMES[role]))


def require_instance_owner(actor: Actor) -> None:
    """Refuse all but the owner of the instance (who makes apps and invites to the instance)."""
    if actor.everywhere != "owner":
        raise NotAllowed(N_("只有管理员能做这个操作"))


def row_rule(actor: Actor, table: Table) -> Filter | None:
    """The rule that a record must meet for ``actor`` to know of it; None where all may be seen."""
    return None


def hidden_fields(actor: Actor, table: Table) -> frozenset[str]:
    """Ids of fields that ``actor`` may neither read nor write."""
    return frozenset()


def role_name(role: Role) -> Message:
    """What a role is called."""
    return Message(ROLE_NAMES[role])
