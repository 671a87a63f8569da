"""Undo of structural changes: a person's own, in one app, the last one first; and the list of what was changed lately.

An undo is itself a batch of changes, marked by a row ``undo``; undoing again goes one change further back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from builder import conversions
from builder.edit import Edit, editing
from builder.reversal import Reversal, batch_at, find_long
from builder.usage import kind_name
from runtime import access
from runtime.access import Actor, Operation
from runtime.errors import NotFound, RuleBroken
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

_FAR_BACK = 200
_VERBS = {
    "create": N_("新建{kind}「{name}」"),
    "delete": N_("删除{kind}「{name}」"),
    "convert": N_("改{kind}「{name}」的类型"),
    "restore": N_("恢复{kind}「{name}」"),
    "rename": N_("把{kind}「{before}」改名为「{name}」"),
    "change": N_("修改{kind}「{name}」"),
    "move": N_("调整{kind}的顺序"),
}
"""What a batch is called by the weightiest thing it did: the first of these that is in it."""
_RANK = ("app", "table", "field", "stock", "view", "dashboard", "workbench", "form", "automation")


class Undone(msgspec.Struct, frozen=True):
    """What was taken back: when it had been done, and what it was in words.

    ``job``: the public id of the job that is still to do it (:mod:`builder.conversions`); None: it is done.
    """

    at: datetime
    what: Message
    job: str | None = None


class Recent(msgspec.Struct, frozen=True, kw_only=True):
    """A structural change of an app: one transaction, whoever made it.

    ``what``: the weightiest thing it did; ``more``: how many other definitions it touched; ``by``: None for programs.
    ``state``: ``undoable`` (the reader's own last one), ``undone``, ``undo`` (it is itself one), ``changed_since`` (it
    would be the reader's turn, but somebody changed the same since), ``undoing`` (the worker is at it) or "".
    """

    at: datetime
    what: Message
    more: int
    by: str | None
    state: str


async def recent(system: System, actor: Actor, app_id: str, limit: int = 20) -> list[Recent]:
    """The latest structural changes of an app, for those who may build there; the newest first.

    Raises:
        NotFound, NotAllowed: no such app, or the actor may not build in it.
    """
    access.require(actor, Operation.BUILD, app_id)
    number = await system.db.value("SELECT id FROM meta.definition WHERE public_id = $1", app_id)
    moments = await _batches(system.db, number, None)
    shown = moments[: max(1, min(limit, _FAR_BACK))]
    rows = await _rows(system.db, number, [row["at"] for row in shown])
    undone, own_next = _standing(moments, actor.person)
    undoing = await conversions.undoing(system, number)
    found = []
    for row in shown:
        batch = rows[row["at"]]
        state = "undo" if row["is_undo"] else "undone" if row["at"] in undone else ""
        if row["at"] == own_next:
            later = await _changed_since(system.db, batch)
            state = "changed_since" if later else "undoable"
        if row["at"] in undoing:
            state = "undoing"
        what = _describe(batch)
        if row["is_undo"] and (taken := _taken_back(batch)) is not None:
            taken_rows = (await _rows(system.db, number, [taken])).get(taken)
            what = Message(N_("撤销:{what}"), {"what": _describe(taken_rows)}) if taken_rows else what
        touched = {one["definition_id"] for one in batch if one["action"] != "undo"}
        found.append(
            Recent(at=row["at"], what=what, more=max(0, len(touched) - 1), by=row["who"], state=state)
        )
    return found


async def last(system: System, actor: Actor, app_id: str, *, at: datetime | None = None) -> Undone:
    """Take back the actor's last structural change in the app that has not been taken back yet.

    Another type for a field of a large table is left to the worker: it stands in ``job``, and nothing has changed yet.

    ``at``: only if it is the change of that moment (from a message "done, undo").

    Raises:
        NotFound: there is nothing to undo.
        RuleBroken: ``changed_since``, or what would go is in use by now.
    """
    joined = system.db.in_transaction()
    async with editing(system, actor, app_id) as edit:
        app = await edit.stored(app_id, "app")
        moments = await _batches(edit.tx, app.number, edit.actor.person)
        moment = _standing(moments, edit.actor.person)[1]
        if moment is None:
            raise NotFound(N_("没有可以撤销的改动"), code="nothing_to_undo")
        if at is not None and at != moment:
            raise RuleBroken(N_("在那之后又有别的改动,先撤销后面的"), code="not_the_last")
        batch = await batch_at(edit, app.number, moment)
        what = _describe((await _rows(edit.tx, app.number, [moment]))[moment])
        if not joined and (found := await find_long(edit, batch)) is not None:
            job = await conversions.begin_undo(edit, found.field, found.before, found.original, moment)
            return Undone(moment, what, job)
        await carry_out(edit, app_id, moment, {})
        return Undone(moment, what)


async def carry_out(edit: Edit, app_id: str, moment: datetime, shadows: Mapping[int, int]) -> None:
    """Take back the batch of that moment. ``shadows``: as :class:`~builder.reversal.Reversal` has them."""
    app = await edit.stored(app_id, "app")
    batch = await batch_at(edit, app.number, moment)
    await edit.log(app, "undo", {"at": moment.isoformat()}, None)
    await Reversal(edit, batch, strict=True, shadows=shadows).run()
    edit.tell(app_id)


async def _batches(db: Database | Tx, app_number: int, person: int | None) -> list[Row]:
    """The latest batches of an app (of one person, or of all): when, who, and whether it was an undo."""
    return await db.fetch(
        "SELECT c.at, c.person_id, p.name AS who, bool_or(c.action = 'undo') AS is_undo,"
        " max(c.before->>'at') FILTER (WHERE c.action = 'undo') AS taken_back FROM meta.definition_change c"
        " LEFT JOIN meta.person p ON p.id = c.person_id WHERE c.app_id = $1"
        " AND ($2::integer IS NULL OR c.person_id = $2) GROUP BY c.at, c.person_id, p.name"
        " ORDER BY max(c.id) DESC LIMIT $3",
        app_number,
        person,
        _FAR_BACK,
    )


def _standing(moments: Sequence[Row], person: int | None) -> tuple[set[datetime], datetime | None]:
    """Which batches have been taken back, and which one ``person`` would take back next."""
    undone = {datetime.fromisoformat(row["taken_back"]) for row in moments if row["taken_back"]}
    mine = (
        r["at"] for r in moments if r["person_id"] == person and not r["is_undo"] and r["at"] not in undone
    )
    return undone, None if person is None else next(mine, None)


async def _rows(db: Database | Tx, app_number: int, moments: Iterable[datetime]) -> dict[datetime, list[Row]]:
    """The changes of each of these batches, with what the definition is called by now."""
    rows = await db.fetch(
        "SELECT c.*, d.kind, d.body->>'name' AS name, c.before->>'name' AS name_before,"
        " c.after->>'name' AS name_after FROM meta.definition_change c"
        " LEFT JOIN meta.definition d ON d.id = c.definition_id"
        " WHERE c.app_id = $1 AND c.at = ANY($2::timestamptz[]) ORDER BY c.id",
        app_number,
        list(moments),
    )
    found: dict[datetime, list[Row]] = {}
    for row in rows:
        found.setdefault(row["at"], []).append(row)
    return found


async def described(tx: Tx, app_number: int) -> Message | None:
    """What this transaction has done to an app's definitions, in words; None for nothing."""
    moment = await tx.value("SELECT now()")
    rows = (await _rows(tx, app_number, [moment])).get(moment)
    return _describe(rows) if rows else None


async def _changed_since(db: Database | Tx, batch: Sequence[Row]) -> bool:
    """Whether somebody else has changed what a batch did."""
    return bool(
        await db.value(
            "SELECT EXISTS (SELECT 1 FROM meta.definition_change WHERE definition_id = ANY($1::integer[])"
            " AND id > $2 AND action NOT IN ('move', 'undo') AND person_id IS DISTINCT FROM $3)",
            [row["definition_id"] for row in batch],
            max(row["id"] for row in batch),
            batch[0]["person_id"],
        )
    )


def _taken_back(batch: Sequence[Row]) -> datetime | None:
    marks = [msgspec.json.decode(row["before"])["at"] for row in batch if row["action"] == "undo"]
    return datetime.fromisoformat(marks[0]) if marks else None


def _verb(row: Row) -> str:
    renamed = row["action"] == "change" and row["name_before"] != row["name_after"]
    return "rename" if renamed else str(row["action"])


def _weight(row: Row) -> tuple[int, int, int]:
    """The weightiest change of a batch comes first: by what was done, then to what, then the last one."""
    verbs, kind = tuple(_VERBS), row["kind"] or "field"
    return verbs.index(_verb(row)), _RANK.index(kind), -row["id"]


def _describe(batch: Sequence[Row]) -> Message:
    main = min((row for row in batch if row["action"] not in ("undo", "keep")), key=_weight, default=batch[0])
    verb = _verb(main)
    names = [main["name_after"], main["name"], main["name_before"]]
    name = next((one for one in (names[::-1] if verb == "convert" else names) if one), "")
    params: dict[str, Any] = {"kind": kind_name(main["kind"]) if main["kind"] else "", "name": name}
    if verb == "rename":
        params["before"] = main["name_before"]
    return Message(_VERBS.get(verb, _VERBS["change"]), params)
