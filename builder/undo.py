"""Undo of structural changes: a person's own, in one app, the last one first.

An undo is itself a batch of changes, marked by a row ``undo``; undoing again goes one change further back.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from builder.edit import Edit, editing
from builder.references import UseKind
from builder.reversal import Reversal, batch_at
from builder.usage import kind_name
from runtime.access import Actor
from runtime.errors import NotFound, RuleBroken
from runtime.i18n import N_, Message
from runtime.system import System

_FAR_BACK = 200
_VERBS = {
    "create": N_("新建{kind}「{name}」"),
    "change": N_("修改{kind}「{name}」"),
    "convert": N_("改{kind}「{name}」的类型"),
    "delete": N_("删除{kind}「{name}」"),
    "restore": N_("恢复{kind}「{name}」"),
    "move": N_("调整{kind}的顺序"),
}


class Undone(msgspec.Struct, frozen=True):
    """What was taken back: when it had been done, and what it was in words."""

    at: datetime
    what: Message


async def last(system: System, actor: Actor, app_id: str, *, at: datetime | None = None) -> Undone:
    """Take back the actor's last structural change in the app that has not been taken back yet.

    ``at``: only if it is the change of that moment (from a message "done, undo").

    Raises:
        NotFound: there is nothing to undo.
        RuleBroken: ``changed_since``, or what would go is in use by now.
    """
    async with editing(system, actor, app_id) as edit:
        app = await edit.stored(app_id, "app")
        moment = await _moment(edit, app.number)
        if moment is None:
            raise NotFound(N_("没有可以撤销的改动"), code="nothing_to_undo")
        if at is not None and at != moment:
            raise RuleBroken(N_("在那之后又有别的改动,先撤销后面的"), code="not_the_last")
        batch = await batch_at(edit, app.number, moment)
        what = await _describe(edit, batch[-1].definition, {change.action for change in batch})
        await edit.log(app, "undo", {"at": moment.isoformat()}, None)
        await Reversal(edit, batch, strict=True).run()
        edit.tell(app_id)
        return Undone(moment, what)


async def _moment(edit: Edit, app_number: int) -> datetime | None:
    """When the last batch was made that no undo has taken back."""
    rows = await edit.tx.fetch(
        "SELECT at, bool_or(action = 'undo') AS is_undo FROM meta.definition_change"
        " WHERE app_id = $1 AND person_id = $2 GROUP BY at ORDER BY max(id) DESC LIMIT $3",
        app_number,
        edit.actor.person,
        _FAR_BACK,
    )
    taken_back = 0
    for row in rows:
        if row["is_undo"]:
            taken_back += 1
        elif taken_back:
            taken_back -= 1
        else:
            return row["at"]  # type: ignore[no-any-return]
    return None


async def _describe(edit: Edit, number: int, actions: set[str]) -> Message:
    action = next((verb for verb in _VERBS if verb in actions), "change")
    stored = await edit.by_number(number)
    kind: UseKind | str = stored.kind if stored is not None else "field"
    name = stored.body.name if stored is not None else ""
    return Message(_VERBS[action], {"kind": kind_name(kind), "name": name})
