"""Workbenches: whether the bound table and fields can play their parts, and storing them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import msgspec

from builder.edit import Edit, editing
from builder.queries import find_field
from builder.validation import Problems, check_name
from builder.versions import check_version
from builder.wire import decode
from runtime.access import RANK, Actor, Operation, require
from runtime.catalog import App, Catalog, Field, Table, Workbench
from runtime.definitions.fields import Link
from runtime.definitions.queries import Query, Sort
from runtime.definitions.workbenches import LookupBindings, WorkbenchDef
from runtime.i18n import N_
from runtime.records import read
from runtime.system import System
from runtime.workbenches import lookup
from runtime.workbenches.lookup import Card

# what a scanned or typed code is compared with
CODE_TYPES = frozenset({"text", "barcode", "phone", "auto_number", "lookup", "formula", "long_text"})
_PARTS: dict[str, frozenset[str]] = {
    "number": CODE_TYPES,
    "waybill": CODE_TYPES,
    "phone": frozenset({"phone", "text", "lookup", "formula"}),
    "remark": frozenset({"long_text", "text", "lookup", "formula"}),
    "status": frozenset({"single_select"}),
    "customer": frozenset({"link"}),
}
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MAX_FIELDS = 40
PREVIEW_FROM = 30


def check_workbench(
    problems: Problems, catalog: Catalog, app: App, definition: WorkbenchDef, *, own: str | None = None
) -> WorkbenchDef:
    """The workbench as it will be stored: table and fields by id, an address nobody else has."""
    taken = [w.definition.name for w in app.workbenches if w.id != own]
    given: dict[str, Any] = {"name": check_name(problems.at("name"), definition.name, taken=taken)}
    _check_slug(problems.at("slug"), catalog, definition.slug, own)
    if definition.kind != "lookup":
        problems.at("kind").add("unknown_kind", N_("没有「{kind}」这种工作台"), kind=definition.kind[:20])
    for index, role in enumerate(definition.roles):
        if role not in RANK:
            problems.at("roles").at(index).add("bad_role", N_("没有「{role}」这个角色"), role=role[:20])
    table = next((t for t in app.tables if definition.table in (t.id, t.name)), None)
    if table is None:
        problems.at("table").add("unknown_table", N_("选一张数据表"))
        return msgspec.structs.replace(definition, **given)
    given["table"] = table.id
    given["bindings"] = _check_bindings(problems.at("bindings"), app, table, definition.bindings)
    given["search"] = _check_fields(problems.at("search"), table, definition.search, CODE_TYPES)
    given["card"] = _check_fields(problems.at("card"), table, definition.card, None)
    return msgspec.structs.replace(definition, **given)


def _check_slug(problems: Problems, catalog: Catalog, slug: str, own: str | None) -> None:
    if not _SLUG.fullmatch(slug):
        problems.add("bad_slug", N_("地址由小写字母、数字和连字符组成,最多 40 个字符"))
    elif any(w.definition.slug == slug and w.id != own for app in catalog.apps for w in app.workbenches):
        problems.add("slug_taken", N_("地址「{slug}」已经有工作台在用,换一个"), slug=slug)


def free_slug(catalog: Catalog, wanted: str) -> str:
    """``wanted``, or ``wanted-2``, ``wanted-3`` … whichever no workbench has."""
    taken = {workbench.definition.slug for app in catalog.apps for workbench in app.workbenches}
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted[:36]}-{number}"
    return slug


def _check_bindings(problems: Problems, app: App, table: Table, bindings: LookupBindings) -> LookupBindings:
    given: dict[str, Any] = {}
    for part in _PARTS:
        key = getattr(bindings, part)
        if key is None:
            continue
        field = find_field(problems.at(part), table, key)
        if field is None:
            continue
        given[part] = field.id
        if not fits(field, part):
            problems.at(part).add(
                "wrong_type", N_("「{name}」不能用在这里,换一个字段"), field=field, name=field.name
            )
    if bindings.stock is not None:
        stock = next((s for s in app.stocks if bindings.stock in (s.id, s.definition.name)), None)
        if stock is None:
            problems.at("stock").add("unknown_stock", N_("没有这个库存设置,可能已被删除"))
        else:
            given["stock"] = stock.id
    return msgspec.structs.replace(bindings, **given)


def _check_fields(
    problems: Problems, table: Table, keys: tuple[str, ...], types: frozenset[str] | None
) -> tuple[str, ...]:
    if len(keys) > MAX_FIELDS:
        problems.add("too_many_fields", N_("最多选 {limit} 个字段"), limit=MAX_FIELDS)
        return keys
    found: list[Field] = []
    for index, key in enumerate(keys):
        field = find_field(problems.at(index), table, key)
        if field is None:
            continue
        if types is not None and field.type not in types:
            problems.at(index).add("wrong_type", N_("不能用「{name}」来查找"), field=field, name=field.name)
        found.append(field)
    return tuple(dict.fromkeys(field.id for field in found))


def read_definition(problems: Problems, value: Mapping[str, Any]) -> WorkbenchDef:
    """A workbench from JSON. Raises InvalidDefinition."""
    definition = decode(problems, value, WorkbenchDef)
    problems.raise_any()
    return cast(WorkbenchDef, definition)


async def preview(
    system: System,
    actor: Actor,
    table_id: str,
    bindings: Mapping[str, str | None],
    card: tuple[str, ...] = (),
) -> Card | None:
    """The card a workbench with these bindings would show, of the newest record that fills most of them.

    Bindings that do not fit are left out, as a person is still choosing. None while the table is empty.
    """
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    app = catalog.app_of(table)
    require(actor, Operation.BUILD, app.id)
    fitting = LookupBindings(**{"number": "", "waybill": "", **_fitting(app, table, bindings)})
    definition = WorkbenchDef(name="", table=table.id, bindings=fitting, slug="preview", card=card)
    workbench = Workbench(id="", number=0, version=0, position=0.0, app_id=app.id, definition=definition)
    newest = Query(sorts=(Sort("$created_at", True),), limit=PREVIEW_FROM)
    records = (await read.page(system, actor, table.id, newest)).records
    if not records:
        return None
    wanted = [key for key in msgspec.structs.astuple(fitting) if key]
    best = max(
        records, key=lambda record: sum(record.fields.get(key) not in (None, "", []) for key in wanted)
    )
    return await lookup.card_of(system, actor, workbench, best)


def _fitting(app: App, table: Table, bindings: Mapping[str, str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part, key in bindings.items():
        field = table.by_id.get(key or "")
        if field is not None and part in _PARTS and fits(field, part):
            found[part] = field.id
        elif part == "stock" and any(stock.id == key for stock in app.stocks):
            found[part] = str(key)
    return found


def fits(field: Field, part: str) -> bool:
    """Whether a field can play a part of a lookup workbench."""
    return field.type in _PARTS[part] and not (isinstance(field.config, Link) and field.config.many)


async def create(system: System, actor: Actor, app_id: str, definition: WorkbenchDef) -> Workbench:
    """Add a workbench to an app."""
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        definition = _accept(edit, app, definition, None)
        stored = await edit.create("workbench", definition, app=app.number)
        edit.tell(app_id)
        return (await edit.refresh()).workbench(stored.id)


def _accept(edit: Edit, app: App, definition: WorkbenchDef, own: str | None) -> WorkbenchDef:
    problems = Problems()
    definition = check_workbench(problems, edit.catalog, app, definition, own=own)
    problems.raise_any()
    return definition


async def update(
    system: System, actor: Actor, workbench_id: str, changes: Mapping[str, Any], *, version: int | None = None
) -> Workbench:
    """Change a workbench; ``changes`` are the keys of its JSON that change, each as a whole."""
    async with editing(system, actor, workbench_id) as edit:
        workbench = edit.catalog.workbench(workbench_id)
        check_version(workbench, version)
        body = {**msgspec.to_builtins(workbench.definition), **changes}
        definition = read_definition(Problems(), body)
        app = edit.catalog.app(workbench.app_id)
        definition = _accept(edit, app, definition, workbench_id)
        await edit.change(await edit.live(workbench_id, "workbench"), definition)
        edit.tell(app.id, workbench_id)
        return (await edit.refresh()).workbench(workbench_id)


async def delete(system: System, actor: Actor, workbench_id: str) -> None:
    """Put a workbench into the trash; its address answers no more."""
    async with editing(system, actor, workbench_id) as edit:
        workbench = edit.catalog.workbench(workbench_id)
        await edit.trash(await edit.live(workbench_id, "workbench"))
        edit.tell(workbench.app_id, workbench_id)


async def reorder(system: System, actor: Actor, app_id: str, ids: list[str]) -> None:
    """Put the workbenches of an app into this order; those not named follow."""
    async with editing(system, actor, app_id) as edit:
        await edit.reorder("workbench", ids, [w.id for w in edit.catalog.app(app_id).workbenches])
        edit.tell(app_id)
