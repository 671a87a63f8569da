"""Views: saved ways to look at a table."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from builder.edit import Edit, editing
from builder.names import default_name
from builder.queries import check_filter, check_groups, check_sorts, find_field
from builder.references import prune_filter
from builder.validation import Problems, check_name, free_name
from builder.versions import check_version
from builder.wire import decode, patched
from runtime.access import Actor
from runtime.catalog import Table, View
from runtime.definitions.queries import Filter, GroupLevel, Sort
from runtime.definitions.tables import Column, ViewDef
from runtime.errors import RuleBroken
from runtime.i18n import N_
from runtime.system import System

MAX_VIEWS = 100
_WIDTHS = (40, 2000)


class ViewPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a view; what is left out stays. ``version``: refuse when the view has moved on since."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    columns: tuple[Column, ...] | msgspec.UnsetType = msgspec.UNSET
    where: Filter | msgspec.UnsetType | None = msgspec.UNSET
    sorts: tuple[Sort, ...] | msgspec.UnsetType = msgspec.UNSET
    groups: tuple[GroupLevel, ...] | msgspec.UnsetType = msgspec.UNSET
    row_height: str | msgspec.UnsetType = msgspec.UNSET


def check_view(problems: Problems, table: Table, definition: ViewDef, *, own: str | None = None) -> ViewDef:
    """The view as it will be stored; ``own``: id of the view itself, if it exists already."""
    taken = [view.definition.name for view in table.views if view.id != own]
    columns: list[Column] = []
    for index, column in enumerate(definition.columns):
        here = problems.at("columns").at(index)
        field = find_field(here.at("field"), table, column.field)
        if field is None or field.id in {c.field for c in columns}:
            continue
        if column.width is not None and not _WIDTHS[0] <= column.width <= _WIDTHS[1]:
            here.at("width").add(
                "out_of_range", N_("列宽应在 {low} 到 {high} 之间"), low=_WIDTHS[0], high=_WIDTHS[1]
            )
        columns.append(msgspec.structs.replace(column, field=field.id))
    return msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name, taken=taken),
        columns=tuple(columns),
        where=check_filter(problems.at("where"), table, definition.where),
        sorts=check_sorts(problems.at("sorts"), table, definition.sorts),
        groups=check_groups(problems.at("groups"), table, definition.groups),
    )


async def create(system: System, actor: Actor, table_id: str, definition: ViewDef) -> View:
    """Add a view to a table."""
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        if len(table.views) >= MAX_VIEWS:
            raise RuleBroken(N_("一张数据表最多 {limit} 个视图"), code="too_many_views", limit=MAX_VIEWS)
        problems = Problems()
        definition = check_view(problems, table, definition)
        problems.raise_any()
        stored = await edit.create("view", definition, app=table.app_number, table=table.number)
        edit.tell(table.id)
        return (await edit.refresh()).view(stored.id)


async def create_default(edit: Edit, table: Table) -> None:
    """The first view of a new table: everything."""
    name = default_name("all_records", edit.actor.language)
    await edit.create("view", ViewDef(name=name), app=table.app_number, table=table.number)


async def update(
    system: System, actor: Actor, view_id: str, patch: ViewPatch, *, version: int | None = None
) -> View:
    """Change a view.

    Raises:
        VersionConflict: ``version`` is given and somebody changed the view since.
    """
    async with editing(system, actor, view_id) as edit:
        view = edit.catalog.view(view_id)
        check_version(view, version)
        problems = Problems()
        definition = decode(problems, msgspec.to_builtins(patched(view.definition, patch)), ViewDef)
        problems.raise_any()
        definition = check_view(problems, edit.catalog.table(view.table_id), definition, own=view_id)
        problems.raise_any()
        await edit.change(await edit.live(view_id, "view"), definition)
        edit.tell(view.table_id)
        return (await edit.refresh()).view(view_id)


async def duplicate(system: System, actor: Actor, view_id: str) -> View:
    """A copy of a view under a free name."""
    async with editing(system, actor, view_id) as edit:
        view = edit.catalog.view(view_id)
        table = edit.catalog.table(view.table_id)
        wanted = f"{view.definition.name} {default_name('copy', actor.language)}"
        name = free_name(wanted, [v.definition.name for v in table.views])
        return await create(system, actor, table.id, msgspec.structs.replace(view.definition, name=name))


async def delete(system: System, actor: Actor, view_id: str) -> None:
    """Put a view into the trash; the last one stays."""
    async with editing(system, actor, view_id) as edit:
        view = edit.catalog.view(view_id)
        if len(edit.catalog.table(view.table_id).views) == 1:
            raise RuleBroken(N_("至少要留一个视图"), code="last_view")
        await edit.trash(await edit.live(view_id, "view"))
        edit.tell(view.table_id)


async def reorder(system: System, actor: Actor, table_id: str, view_ids: list[str]) -> None:
    """Put the views of a table into this order; those not named follow."""
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        await edit.reorder("view", view_ids, [view.id for view in table.views])
        edit.tell(table_id)


def prune(definition: ViewDef, table: Table, lost: Callable[[str], bool]) -> ViewDef:
    """The view without columns, conditions, sorts and groups on fields that ``lost`` names."""
    groups = []
    for group in definition.groups:
        if group.field is not None and lost(group.field):
            continue
        if group.buckets:
            buckets = tuple(
                msgspec.structs.replace(bucket, where=where)
                for bucket in group.buckets
                if (where := prune_filter(bucket.where, lambda c: not lost(c.field))) is not None
            )
            if not buckets:
                continue
            group = msgspec.structs.replace(group, buckets=buckets)
        groups.append(group)
    return msgspec.structs.replace(
        definition,
        columns=tuple(column for column in definition.columns if not lost(column.field)),
        where=prune_filter(definition.where, lambda c: not lost(c.field)),
        sorts=tuple(sort for sort in definition.sorts if not lost(sort.field)),
        groups=tuple(groups),
    )


def fitting(definition: ViewDef, table: Table) -> ViewDef:
    """The view without whatever the table's fields, as they are now, do not allow."""

    def fits(key: str) -> bool:
        return key.startswith("$") or key in table.by_id

    view = prune(definition, table, lambda key: not fits(key))
    where = prune_filter(view.where, lambda c: _valid(table, lambda p: check_filter(p, table, c)))
    sorts = tuple(s for s in view.sorts if _valid(table, lambda p, s=s: check_sorts(p, table, (s,))))  # type: ignore[misc]
    groups = tuple(g for g in view.groups if _valid(table, lambda p, g=g: check_groups(p, table, (g,))))  # type: ignore[misc]
    return msgspec.structs.replace(view, where=where, sorts=sorts, groups=groups)


def _valid(table: Table, check: Callable[[Problems], object]) -> bool:
    problems = Problems()
    check(problems)
    return not problems.found
