"""Acting for a person without their session: on the command line, in jobs."""

from __future__ import annotations

from runtime.access import Actor
from runtime.accounts.sessions import _ACTOR, actor_of
from runtime.errors import NotFound, RuleBroken
from runtime.i18n import N_
from runtime.system import System

_BY_KEY = _ACTOR.rstrip() + " FROM meta.person p WHERE (p.public_id = $1 OR p.email = lower($1)) AND p.active"
_FIRST_OWNER = _ACTOR.rstrip() + " FROM meta.person p WHERE p.is_owner AND p.active ORDER BY p.id LIMIT 1"


async def person_actor(system: System, key: str) -> Actor:
    """The person with this public id or e-mail address, with their roles of now.

    Raises:
        NotFound: nobody has it, or the account is switched off.
    """
    row = await system.db.row(_BY_KEY, key)
    if row is None:
        raise NotFound(N_("没有找到账号「{key}」"), code="unknown_person", key=key)
    return actor_of(row, "person")


async def first_owner(system: System) -> Actor:
    """The installation's oldest owner, for whom the command line acts unless told otherwise.

    Raises:
        RuleBroken: there is no owner yet.
    """
    row = await system.db.row(_FIRST_OWNER)
    if row is None:
        raise RuleBroken(N_("还没有所有者的账号,先运行 huobiao user create"), code="no_owner")
    return actor_of(row, "person")
