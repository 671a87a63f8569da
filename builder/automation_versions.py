"""Drafts and versions of automations: what is being edited, what runs, and what ran before.

An automation's definition is what runs. Editing writes a draft beside it; publishing makes the draft the definition. That
every definition with steps has a numbered version which never changes is kept by the database itself (migration 0010),
whatever writes it: publishing, the API, a template, undo. A run keeps the definition it began with, and its version's number.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import msgspec

from builder.automation_checks import check_automation, connector_kinds
from builder.automations import begun, read_definition
from builder.deleted_names import name_deleted
from builder.edit import Edit, editing
from builder.validation import Problems
from builder.versions import check_version
from runtime.access import Actor, Operation, require
from runtime.catalog import App, Automation, Catalog
from runtime.definitions.automations import AutomationDef
from runtime.errors import NotFound, RuleBroken, VersionConflict
from runtime.i18n import N_, Message
from runtime.ids import new_id
from runtime.storage.database import Database, Row, Tx
from runtime.system import System

MAX_NOTE = 500


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is being edited. ``base``: the version it began from (0: none); ``revision``: of its last change, which no
    other draft has had."""

    definition: AutomationDef
    base: int
    revision: int
    at: datetime
    by: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A published version. ``by``: a person's name, empty for a program or template."""

    number: int
    at: datetime
    by: str
    note: str
    definition: AutomationDef


async def draft_of(db: Database | Tx, automation: Automation) -> Draft | None:
    """The automation's draft; None when there is nothing that is not published."""
    row = await db.row(
        "SELECT d.*, p.name AS by FROM meta.automation_draft d LEFT JOIN meta.person p ON p.id = d.person_id"
        " WHERE d.automation_id = $1",
        automation.number,
    )
    return None if row is None else _draft(row, automation)


def _draft(row: Row, automation: Automation) -> Draft:
    body = msgspec.json.decode(row["body"], type=AutomationDef)
    return Draft(
        definition=msgspec.structs.replace(automation.definition, trigger=body.trigger, steps=body.steps),
        base=row["base"],
        revision=row["revision"],
        at=row["at"],
        by=row["by"] or "",
    )


async def save_draft(
    system: System,
    actor: Actor,
    automation_id: str,
    changes: Mapping[str, Any],
    *,
    revision: int | None = None,
) -> Draft | None:
    """Keep ``trigger`` and ``steps`` of ``changes`` as the draft; None when they are what runs already.

    A draft may be unsound. ``revision``: of the draft that was changed (0: there was none); of several people who save at
    once one is first.

    Raises:
        NotFound, NotAllowed, InvalidDefinition: no such automation; not a builder; no automation at all.
        VersionConflict: somebody else has changed the draft meanwhile.
    """
    async with _drafting(system, actor, automation_id, revision) as (tx, automation):
        body = {
            **msgspec.to_builtins(automation.definition),
            **{k: changes[k] for k in ("trigger", "steps") if k in changes},
        }
        definition = read_definition(Problems(), body)
        if (definition.trigger, definition.steps) == (
            automation.definition.trigger,
            automation.definition.steps,
        ):
            await _drop(tx, automation.number)
            return None
        await tx.execute(
            "INSERT INTO meta.automation_draft AS d (automation_id, body, base, person_id) VALUES ($1, $2,"
            " (SELECT coalesce(max(number), 0) FROM meta.automation_version WHERE automation_id = $1), $3)"
            " ON CONFLICT (automation_id) DO UPDATE SET body = excluded.body, revision = excluded.revision, at = now(),"
            " person_id = excluded.person_id",
            automation.number,
            msgspec.json.encode(definition).decode(),
            actor.person,
        )
        return await draft_of(tx, automation)


@asynccontextmanager
async def _drafting(
    system: System, actor: Actor, automation_id: str, revision: int | None
) -> AsyncIterator[tuple[Tx, Automation]]:
    """A transaction in which nobody else changes the draft, or what runs; the automation is as it is then.

    Raises NotFound, NotAllowed, and VersionConflict when the draft is not at ``revision`` (None: whatever it is at).
    """
    automation = (await system.catalogs.current()).automation(automation_id)
    require(actor, Operation.BUILD, automation.app_id)
    async with system.db.transaction() as tx:
        await tx.execute("SELECT FROM meta.definition WHERE id = $1 FOR NO KEY UPDATE", automation.number)
        automation = (await system.catalogs.current()).automation(automation_id)
        _same_draft(await draft_of(tx, automation), revision)
        yield tx, automation


def _same_draft(draft: Draft | None, revision: int | None) -> None:
    """Refuse when the draft is not the one that the caller has seen. Raises VersionConflict."""
    if revision is None or revision == (draft.revision if draft else 0):
        return
    if draft is None:
        raise VersionConflict(N_("这份草稿已经被别人发布或丢掉了,看一下现在的样子再改"), code="draft_changed")
    raise VersionConflict(
        N_("草稿刚被「{by}」改过,看一下改了什么,再决定用哪一份"),
        code="draft_changed",
        by=draft.by or Message(N_("别人")),
    )


async def drop_draft(
    system: System, actor: Actor, automation_id: str, *, revision: int | None = None
) -> None:
    """Forget what is not published. ``revision`` and what is raised: as of :func:`save_draft`."""
    async with _drafting(system, actor, automation_id, revision) as (tx, automation):
        await _drop(tx, automation.number)


async def _drop(tx: Tx, number: int) -> None:
    await tx.execute("DELETE FROM meta.automation_draft WHERE automation_id = $1", number)


async def draft_problems(
    system: System, catalog: Catalog, automation: Automation, draft: Draft | None
) -> Problems:
    """What stands against publishing the draft (none: against switching on what is published)."""
    definition = draft.definition if draft else automation.definition
    problems, _ = await _checked(system, catalog.app(automation.app_id), automation, definition)
    return problems


async def _checked(
    system: System, app: App, automation: Automation, definition: AutomationDef
) -> tuple[Problems, AutomationDef]:
    problems = Problems()
    checked = check_automation(
        problems,
        app,
        msgspec.structs.replace(definition, enabled=True),
        await connector_kinds(system.db, app.number),
        own=automation.id,
    )
    await name_deleted(system.db, problems)
    return problems, checked


async def publish(
    system: System,
    actor: Actor,
    automation_id: str,
    *,
    note: str = "",
    version: int | None = None,
    revision: int | None = None,
    enable: bool | None = None,
) -> Automation:
    """Make the draft what runs, as a new version with ``note``; ``enable`` switches the automation on or off with it.

    ``revision``: of the draft that was looked at; another one is not published.

    Runs under way end by the version they began with.

    Raises:
        NotFound, NotAllowed, VersionConflict: no such automation; not a builder; published, or the draft changed, by
            somebody else since.
        RuleBroken: there is no draft.
        InvalidDefinition: the draft is not sound.
    """
    async with editing(system, actor, automation_id) as edit:
        automation = edit.catalog.automation(automation_id)
        check_version(automation, version)
        # whoever is saving the draft has the same lock
        await edit.tx.execute(
            "SELECT FROM meta.definition WHERE id = $1 FOR NO KEY UPDATE", automation.number
        )
        draft = await draft_of(edit.tx, automation)
        if draft is None:
            raise RuleBroken(N_("没有要发布的改动"), code="nothing_to_publish")
        _same_draft(draft, revision)
        app = edit.catalog.app(automation.app_id)
        problems, checked = await _checked(system, app, automation, draft.definition)
        problems.raise_any()
        on = automation.definition.enabled if enable is None else enable
        await edit.tx.execute("SELECT set_config('huobiao.note', $1, true)", note.strip()[:MAX_NOTE])
        await edit.change(
            await edit.live(automation_id, "automation"), msgspec.structs.replace(checked, enabled=on)
        )
        await _drop(edit.tx, automation.number)
        edit.tell(app.id)
        return await begun(edit, automation_id, automation)


async def versions_of(system: System, actor: Actor, automation_id: str, limit: int = 200) -> list[Version]:
    """The newest versions first; the first is the one that runs. Raises NotFound, NotAllowed."""
    automation = (await system.catalogs.current()).automation(automation_id)
    require(actor, Operation.LOOK, automation.app_id)
    rows = await system.db.fetch(f"{_VERSIONS} ORDER BY v.number DESC LIMIT $2", automation.number, limit)
    return [_version(row) for row in rows]


async def version_of(db: Database | Tx, automation: Automation, number: int) -> Version:
    """One version. Raises NotFound."""
    row = await db.row(f"{_VERSIONS} AND v.number = $2", automation.number, number)
    if row is None:
        raise NotFound(N_("没有这个版本"))
    return _version(row)


_VERSIONS = (
    "SELECT v.*, p.name AS by FROM meta.automation_version v LEFT JOIN meta.person p ON p.id = v.person_id"
    " WHERE v.automation_id = $1"
)


def _version(row: Row) -> Version:
    return Version(
        number=row["number"],
        at=row["at"],
        by=row["by"] or "",
        note=row["note"],
        definition=msgspec.json.decode(row["body"], type=AutomationDef),
    )


async def restore(
    system: System, actor: Actor, automation_id: str, number: int, *, revision: int | None = None
) -> Draft | None:
    """Make an old version the draft, over the one there is (at ``revision``); None when it is what runs.

    Raises like :func:`save_draft`.
    """
    automation = (await system.catalogs.current()).automation(automation_id)
    require(actor, Operation.BUILD, automation.app_id)
    found = await version_of(system.db, automation, number)
    body = msgspec.to_builtins(found.definition)
    changes = {"trigger": body["trigger"], "steps": body.get("steps", [])}
    return await save_draft(system, actor, automation_id, changes, revision=revision)


async def duplicate(system: System, actor: Actor, automation_id: str, name: str) -> Automation:
    """A copy with another name, switched off, with what is being edited as its steps. Raises NotFound, NotAllowed."""
    async with editing(system, actor, automation_id) as edit:
        automation = edit.catalog.automation(automation_id)
        draft = await draft_of(edit.tx, automation)
        app = edit.catalog.app(automation.app_id)
        definition = draft.definition if draft else automation.definition
        copy = msgspec.structs.replace(
            _own_ids(definition),
            name=_free_name(app, name.strip() or automation.definition.name),
            enabled=False,
        )
        stored = await _store(edit, app, copy)
        return (await edit.refresh()).automation(stored)


async def _store(edit: Edit, app: App, definition: AutomationDef) -> str:
    made = await edit.create("automation", definition, app=app.number)
    edit.tell(app.id)
    return made.id


def _free_name(app: App, wanted: str) -> str:
    taken = {automation.definition.name for automation in app.automations}
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def _own_ids(definition: AutomationDef) -> AutomationDef:
    """The same with new ids of steps: two automations never share one."""
    text = msgspec.json.encode(definition).decode()
    for step in _step_ids(msgspec.to_builtins(definition).get("steps", [])):
        text = text.replace(f'"{step}"', f'"{new_id("stp")}"')
    return msgspec.json.decode(text, type=AutomationDef)


def _step_ids(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [value["id"]] if "config" in value and "id" in value else []
        return own + [found for item in value.values() for found in _step_ids(item)]
    if isinstance(value, list | tuple):
        return [found for item in value for found in _step_ids(item)]
    return []
