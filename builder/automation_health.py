"""Automations that people count on and that cannot do their work as things are: found, and told to those who can mend them.

An automation is *ailing* when it is enabled and would not be allowed to be switched on now (an option, a member, a form it
names is gone), or when a deletion has switched it off and it still misses what was deleted. One that somebody has
switched off, or never switched on, is nobody's trouble.

:func:`tell` stands at the end of every change of definitions and of people, in its transaction: whoever published an
automation that has come to ail, and the app's builders, have one notice of it, which is seen to as soon as it is well again.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import msgspec
import structlog

from builder import undo
from builder.automation_checks import check_automation, connector_kinds
from builder.deleted_names import name_deleted
from builder.validation import Problems
from runtime import inbox
from runtime.access import Actor
from runtime.automations import alerts
from runtime.catalog import App, Automation, Catalog
from runtime.definitions.automations import AutomationDef, Branch, Loop, Step
from runtime.errors import Problem
from runtime.i18n import N_, Message
from runtime.storage.database import Tx
from runtime.system import System

log = structlog.get_logger(__name__)

_KEY = "ailing:"
_HARMLESS = {"view", "dashboard", "workbench"}
"""Kinds of definitions that automations hang on in no way."""


class Ailing(msgspec.Struct, frozen=True, kw_only=True):
    """An automation with what is wrong with it. ``stopped``: a deletion has switched it off; else it is enabled.

    ``step``: id of the first step that is concerned, ``trigger``, or "" where it is none of them.
    """

    automation: Automation
    problems: tuple[Problem, ...]
    stopped: bool
    step: str

    @property
    def address(self) -> str:
        """Where it is mended: the editor, at the place."""
        return f"/automations/{self.automation.id}" + (f"?step={self.step}" if self.step else "")


_FOUND: WeakKeyDictionary[Catalog, dict[str, tuple[Ailing, ...]]] = WeakKeyDictionary()


async def ailing(system: System, catalog: Catalog, app: App) -> tuple[Ailing, ...]:
    """The app's ailing automations, in its order; worked out once per catalog outside of transactions."""
    if system.db.in_transaction():
        return await _find(system, app)
    known = _FOUND.setdefault(catalog, {})
    if app.id not in known:
        known[app.id] = await _find(system, app)
    return known[app.id]


async def _find(system: System, app: App) -> tuple[Ailing, ...]:
    if not app.automations:
        return ()
    connectors = await connector_kinds(system.db, app.number)
    checked: dict[str, Problems] = {}
    for one in app.automations:
        problems = checked[one.id] = Problems()
        as_enabled = msgspec.structs.replace(one.definition, enabled=True)
        check_automation(problems, app, as_enabled, connectors, own=one.id)
    bad = [one for one in app.automations if checked[one.id].found]
    stopped = await _stopped(system, [one for one in bad if not one.definition.enabled])
    found = []
    for one in bad:
        if one.definition.enabled or one.number in stopped:
            problems = checked[one.id]
            await name_deleted(system.db, problems)
            found.append(
                Ailing(
                    automation=one,
                    problems=tuple(problems.found),
                    stopped=not one.definition.enabled,
                    step=_first_step(one.definition, problems.found),
                )
            )
    return tuple(found)


async def _stopped(system: System, automations: Sequence[Automation]) -> set[int]:
    """Numbers of those that were switched off last together with the deletion of something."""
    if not automations:
        return set()
    rows = await system.db.fetch(
        "SELECT last.definition_id FROM (SELECT DISTINCT ON (definition_id) definition_id, app_id, at"
        " FROM meta.definition_change WHERE definition_id = ANY($1::integer[])"
        " AND (before->>'enabled')::boolean AND NOT coalesce((after->>'enabled')::boolean, false)"
        " ORDER BY definition_id, id DESC) last WHERE EXISTS (SELECT FROM meta.definition_change gone"
        " WHERE gone.app_id = last.app_id AND gone.at = last.at AND gone.action = 'delete'"
        " AND gone.definition_id <> last.definition_id)",
        [one.number for one in automations],
    )
    return {row["definition_id"] for row in rows}


def _first_step(definition: AutomationDef, problems: Sequence[Problem]) -> str:
    places = [step_at(definition, problem.path or "") for problem in problems]
    return next((place for place in places if place), "")


def step_at(definition: AutomationDef, path: str) -> str:
    """The id of the innermost step that a problem's ``path`` leads to, ``trigger``, or "" for neither."""
    parts = path.split(".")
    if parts[0] == "trigger":
        return "trigger"
    steps: tuple[Step, ...] = definition.steps
    found = ""
    while len(parts) > 1 and parts[0] == "steps" and parts[1].isdigit() and int(parts[1]) < len(steps):
        step = steps[int(parts[1])]
        found, parts = step.id, parts[3:]  # behind "config"
        if isinstance(step.config, Branch) and len(parts) > 1 and parts[0] == "arms" and parts[1].isdigit():
            steps, parts = step.config.arms[int(parts[1])].steps, parts[2:]
        elif isinstance(step.config, Loop):
            steps = step.config.steps
        else:
            break
    return found


async def changed_kinds(tx: Tx) -> set[str]:
    """Kinds of the definitions that this transaction has changed; empty when it has changed people only."""
    rows = await tx.fetch(
        "SELECT DISTINCT d.kind FROM meta.definition_change c JOIN meta.definition d ON d.id = c.definition_id"
        " WHERE c.at = now() AND c.id > (SELECT max(id) - 10000 FROM meta.definition_change)"
    )
    return {row["kind"] for row in rows}


async def tell(system: System, tx: Tx, before: Catalog, actor: Actor) -> None:
    """Post what a change of definitions or people has broken, and take back what it has mended.

    The change itself holds also when that cannot be done.
    """
    if not any(app.automations for app in before.apps):
        return
    try:
        async with tx.savepoint():
            await _tell(system, tx, before, actor)
    except Exception:
        log.exception("automations not looked after")


async def _tell(system: System, tx: Tx, before: Catalog, actor: Actor) -> None:
    changed = await changed_kinds(tx)
    if changed and changed <= _HARMLESS:
        return
    after = await system.catalogs.current()
    now_there = {app.id: app for app in after.apps}
    for old in before.apps:
        app = now_there.get(old.id)
        if old.automations and not _same(old, app):
            await _tell_app(system, tx, before, old, after, app, actor)


def _same(old: App, app: App | None) -> bool:
    """Whether nothing that automations hang on is different: versions tell, and the people."""
    return app is not None and _state(old) == _state(app)


def _state(app: App) -> tuple[object, ...]:
    kinds = (
        *app.tables,
        *(f for t in app.tables for f in t.fields),
        *app.automations,
        *app.forms,
        *app.stocks,
    )
    return (
        tuple((one.id, one.version) for one in kinds),
        tuple((one.id, one.gone) for one in app.people.people),
    )


async def _tell_app(
    system: System, tx: Tx, before: Catalog, old: App, after: Catalog, app: App | None, actor: Actor
) -> None:
    ill = {one.automation.id: one for one in await ailing(system, after, app)} if app is not None else {}
    rows = await tx.fetch(
        "SELECT DISTINCT split_part(key, ':', 2) AS automation FROM meta.notice"
        " WHERE app_id = $1 AND settled_at IS NULL AND starts_with(key, $2)",
        old.number,
        _KEY,
    )
    for row in rows:
        if row["automation"] not in ill:
            await inbox.settle_told(system, tx, actor.person, f"{_KEY}{row['automation']}:")
    if app is None or not ill:
        return
    was = {one.automation.id: one for one in await ailing(system, before, old)}
    there = {one.id for one in old.automations}
    for one in ill.values():
        known = (
            {_said(problem) for problem in was[one.automation.id].problems}
            if one.automation.id in was
            else set()
        )
        new = [problem for problem in one.problems if _said(problem) not in known]
        if new and one.automation.id in there:
            await _post(system, tx, after, old, app, one, new, actor)


def _said(problem: Problem) -> tuple[str, str | None, bytes]:
    return problem.code, problem.path, msgspec.json.encode(problem.message, enc_hook=str)


async def _post(
    system: System,
    tx: Tx,
    after: Catalog,
    old: App,
    app: App,
    one: Ailing,
    problems: Sequence[Problem],
    actor: Actor,
) -> None:
    name = one.automation.definition.name
    if one.stopped:
        title = Message(N_("自动化「{name}」停用了,改好再启用"), {"name": name})
    else:
        title = Message(N_("自动化「{name}」有问题,要改一下"), {"name": name})
    change = await _change(tx, old, app, actor)
    told = {"change": change, "problem": problems[0].message, "more": len(problems) - 1}
    text = N_("{change}。{problem};另有 {more} 处") if len(problems) > 1 else N_("{change}。{problem}")
    await inbox.post(
        system,
        tx,
        people=await _people(tx, app, one.automation),
        app=app.number,
        title=title,
        text=Message(text, told),
        url=one.address,
        key=f"{_KEY}{one.automation.id}:{after.version}",
    )


async def _change(tx: Tx, old: App, app: App, actor: Actor) -> Message:
    """Who did what, as far as this transaction tells."""
    left = {one.id for one in old.people.people if not one.gone} - {
        one.id for one in app.people.people if not one.gone
    }
    names = [one.name for one in old.people.people if one.id in left]
    what = await undo.described(tx, app.number)
    if names:
        what = Message(N_("「{name}」不在这个应用里了"), {"name": names[0]})
    elif what is None:
        what = Message(N_("应用有改动"))
    if actor.person is None or not actor.name:
        return what
    return Message(N_("{who}:{what}"), {"who": actor.name, "what": what})


async def _people(tx: Tx, app: App, automation: Automation) -> list[int]:
    """Whoever published it (else the app's owners), and all who may build in the app."""
    builders = await tx.fetch(
        "SELECT person_id FROM meta.membership WHERE app_id = $1 AND role IN ('owner', 'builder')", app.number
    )
    return [*await alerts.owners(tx, app, automation), *(row["person_id"] for row in builders)]


__all__ = ["Ailing", "ailing", "changed_kinds", "step_at", "tell"]
