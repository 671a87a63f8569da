"""Apps: making, renaming, deleting, ordering them.

Every signed-in person may make an app and is its owner; only owners delete one. A deleted app lies in the trash with
everything in it untouched: its tables can be neither read nor written until it is restored.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

import msgspec

from builder import dependents
from builder.edit import Edit, editing
from builder.validation import Problems, check_description, check_icon, check_name, free_name
from builder.wire import patched
from runtime import access
from runtime.access import Actor, Operation
from runtime.accounts.members import put_member
from runtime.catalog import App
from runtime.definitions.fields import COLORS
from runtime.definitions.tables import AppDef
from runtime.errors import NotAllowed, RuleBroken
from runtime.i18n import N_
from runtime.records.sizes import sizes
from runtime.system import System


class AppPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of an app; what is left out stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    icon: str | msgspec.UnsetType = msgspec.UNSET
    color: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    time_zone: str | msgspec.UnsetType = msgspec.UNSET


class AppImpact(msgspec.Struct, frozen=True):
    """What goes into the trash with an app; ``records``: about how many."""

    tables: int
    records: int
    automations: int
    dashboards: int
    workbenches: int
    forms: int


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_app(problems: Problems, definition: AppDef) -> AppDef:
    """The app as it will be stored."""
    if definition.color not in COLORS:
        problems.at("color").add("bad_color", N_("没有「{color}」这种颜色"), color=definition.color[:20])
    if definition.time_zone not in _zones():
        problems.at("time_zone").add(
            "bad_time_zone", N_("没有「{zone}」这个时区"), zone=definition.time_zone[:60]
        )
    return msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name),
        icon=check_icon(problems.at("icon"), definition.icon),
        description=check_description(problems.at("description"), definition.description),
    )


async def create(system: System, actor: Actor, definition: AppDef) -> App:
    """Make an app; the person becomes its owner.

    ``actor`` still holds the roles of before: go on with :func:`owner_of` to build in the new app.
    """
    if actor.person is None:
        raise NotAllowed(N_("只有登录的人才能新建应用"))
    problems = Problems()
    definition = check_app(problems, definition)
    problems.raise_any()
    async with editing(system, actor, None) as edit:
        stored = await edit.create("app", definition)
        await put_member(edit.tx, stored.number, actor.person, "owner")
        edit.tell(stored.id)
        return (await edit.refresh()).app(stored.id)


def owner_of(actor: Actor, app: App) -> Actor:
    """The actor as they are now that they own ``app``."""
    return msgspec.structs.replace(actor, roles={**actor.roles, app.id: "owner"})


async def update(system: System, actor: Actor, app_id: str, patch: AppPatch) -> App:
    """Change name, looks or time zone. Days and moments stay what they are; their display moves with the zone, and so do
    computed values that read days and hours off a moment.
    """
    async with editing(system, actor, app_id) as edit:
        stored = await edit.live(app_id, "app")
        problems = Problems()
        body = check_app(problems, patched(stored.body, patch))
        problems.raise_any()
        await edit.change(stored, body)
        edit.tell(app_id)
        if body.time_zone != stored.body.time_zone:
            await dependents.after_another_zone(edit, app_id)
        return (await edit.refresh()).app(app_id)


async def impact(system: System, actor: Actor, app_id: str) -> AppImpact:
    """What deleting the app would put into the trash."""
    access.require(actor, Operation.DELETE_APP, app_id)
    app = (await system.catalogs.current()).app(app_id)
    records = sum((await sizes(system.db, app.tables)).values())
    return AppImpact(
        len(app.tables),
        records,
        len(app.automations),
        len(app.dashboards),
        len(app.workbenches),
        len(app.forms),
    )


async def delete(system: System, actor: Actor, app_id: str) -> None:
    """Put the app into the trash; its automations stop. Needs the role of owner."""
    async with editing(system, actor, app_id, Operation.DELETE_APP) as edit:
        stored = await edit.live(app_id, "app")
        await edit.trash(stored)
        _tell_all(edit, app_id)


async def restore(system: System, actor: Actor, app_id: str) -> App:
    """Take the app out of the trash. Needs the role of owner."""
    async with editing(system, actor, app_id, Operation.DELETE_APP) as edit:
        stored = await edit.stored(app_id, "app")
        if stored.deleted_at is None:
            raise RuleBroken(N_("「{name}」不在回收站里"), code="not_in_trash", name=stored.body.name)
        names = [app.name for app in edit.catalog.apps]
        await edit.bring_back(
            stored, msgspec.structs.replace(stored.body, name=free_name(stored.body.name, names))
        )
        await edit.refresh()
        _tell_all(edit, app_id)
        return edit.catalog.app(app_id)


def _tell_all(edit: Edit, app_id: str) -> None:
    app = edit.catalog.app(app_id)
    edit.tell(app_id, *(table.id for table in app.tables))


async def reorder(system: System, actor: Actor, app_ids: list[str]) -> None:
    """Put the apps into this order, for everybody; apps not named follow. Only the instance's owner may."""
    access.require_instance_owner(actor)
    async with editing(system, actor, None) as edit:
        have = [app.id for app in edit.catalog.apps]
        await edit.reorder("app", app_ids, have)
        edit.tell(*have)
