"""Installing templates: everything or nothing, in one transaction, through the builder like any other edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from builder import (
    apps,
    automations,
    connectors,
    dashboards,
    fields,
    forms,
    stocks,
    tables,
    views,
    workbenches,
)
from builder.wire import FieldPatch, FieldSpec
from runtime.access import Actor, Operation, require
from runtime.catalog import App, Catalog, Workbench
from runtime.definitions.automations import AutomationDef
from runtime.definitions.dashboards import DashboardDef
from runtime.definitions.fields import Validation
from runtime.definitions.forms import FormDef
from runtime.definitions.stock import StockDef
from runtime.definitions.tables import AppDef, UniqueRule, ViewDef
from runtime.definitions.workbenches import LookupBindings, WorkbenchDef
from runtime.errors import InvalidInput
from runtime.i18n import N_
from runtime.system import System
from templates_market import binding, samples
from templates_market.package import Template
from templates_market.symbols import Symbols

_LATER = ("link", "lookup", "rollup", "formula", "state_time")
_LIMIT = ("where", "pairs")
_OF_BUTTON = ("automation", "where")
_AFTERWARDS = ("machine", "inverse", "validation", "default_formula")
_COMMON = ("name", "type", "description", "required", "unique", "default", "read_only")


class Installed(msgspec.Struct, frozen=True):
    """What an installation made: the app (new or bound to), and the workbench for a workbench template."""

    app: str
    app_name: str
    workbench: str | None = None
    slug: str | None = None
    records: int = 0


async def install_app(
    system: System, actor: Actor, template: Template, *, name: str = "", with_records: bool = True
) -> Installed:
    """Install an app template under ``name`` (the template's own when empty).

    Raises:
        InvalidInput: the template is bound to a table instead.
        InvalidDefinition: the template contradicts itself; nothing was installed.
    """
    if template.kind != "app":
        raise InvalidInput(N_("这个模板要绑定到已有的数据表"), code="needs_binding")
    async with system.db.transaction():
        definition = msgspec.convert({**template.app, "template": template.slug}, AppDef)
        definition = msgspec.structs.replace(definition, name=name.strip() or definition.name)
        app = await apps.create(system, actor, definition)
        owner = apps.owner_of(actor, app)
        symbols = Symbols()
        await _tables(system, owner, app, template, symbols)
        await _rest(system, owner, app, template, symbols)
        count = await samples.load(system, owner, template, symbols) if with_records else 0
    return Installed(app.id, app.name, records=count)


async def _tables(system: System, actor: Actor, app: App, template: Template, symbols: Symbols) -> None:
    """Tables with their plain fields, then links, then stocks, then what is computed, then state machines and order."""
    for key, table in template.tables.items():
        plain = [f for f in table["fields"].items() if not _is_late(f[1])]
        spec = tables.TableSpec(
            name=table["name"],
            icon=table.get("icon", "table"),
            description=table.get("description", ""),
            record_noun=table.get("record_noun", ""),
            fields=tuple(_spec(_without_run(given), {}) for _, given in plain),
        )
        made = await tables.create(system, actor, app.id, spec)
        symbols.put(f"@{key}", made.id)
        for field_key, given in plain:
            symbols.put(f"@{key}.{field_key}", made.field(given["name"]).id)
    for kinds in (("auto_number", "link"), ("lookup", "rollup", "formula", "state_time")):
        late = [
            LateField(key, field_key, given)
            for key, table in template.tables.items()
            for field_key, given in table["fields"].items()
            if given["type"] in kinds and _is_late(given)
        ]
        for one in in_order(late):
            await _late_field(system, actor, one.table, one.key, one.given, symbols)
    for key, stock in template.stocks.items():
        made_stock = await stocks.create(
            system, actor, app.id, msgspec.convert(symbols.resolve(stock), StockDef)
        )
        symbols.put(f"@stocks/{key}", made_stock.id)
    for key, table in template.tables.items():
        await _finish_table(system, actor, key, table, symbols)


class LateField(NamedTuple):
    """A field that reads others: made when they are there. ``table`` and ``key`` are keys of the template."""

    table: str
    key: str
    given: Mapping[str, Any]

    def reads(self, other: LateField) -> bool:
        """Whether ``other`` has to be there first: named by its symbol, or in a formula as people call it."""
        if f"@{other.table}.{other.key}" in _texts(self.given):
            return True
        source = str(self.given.get("source", "")) if self.given["type"] == "formula" else ""
        name = other.given["name"]
        return (self.table == other.table and f"{{{name}}}" in source) or f".{name}}}" in source


def in_order(fields: Sequence[LateField]) -> list[LateField]:
    """Those first that are read by others; what reads itself in a circle stays as it stands and is refused."""
    left, found = list(fields), []
    while left:
        ready = [one for one in left if not any(one.reads(other) for other in left if other is not one)]
        found.append(ready[0] if ready else left[0])
        left.remove(found[-1])
    return found


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return set().union(*(_texts(item) for item in items))


def _without_run(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """A button without what it runs and where it is shown: its automation is not there yet."""
    if given["type"] != "button":
        return given
    return {key: value for key, value in given.items() if key not in _OF_BUTTON}


async def _buttons(system: System, actor: Actor, template: Template, symbols: Symbols) -> None:
    for key, table in template.tables.items():
        for field_key, given in table["fields"].items():
            if given["type"] == "button":
                options = {part: symbols.resolve(given[part]) for part in _OF_BUTTON if given.get(part)}
                await fields.update(
                    system, actor, symbols.get(f"@{key}.{field_key}"), FieldPatch(options=options)
                )


def _is_late(given: Mapping[str, Any]) -> bool:
    """Whether a field can only be made when the others of its table are there."""
    return given["type"] in _LATER or any(part.get("field") for part in given.get("segments", ()))


def _spec(given: Mapping[str, Any], more: Mapping[str, Any]) -> FieldSpec:
    options = {k: v for k, v in given.items() if k not in (*_COMMON, *_AFTERWARDS)}
    common = {k: given[k] for k in _COMMON if k in given}
    return FieldSpec(**common, options={**options, **more})


async def _late_field(
    system: System, actor: Actor, key: str, field_key: str, given: Mapping[str, Any], symbols: Symbols
) -> None:
    inverse = given.get("inverse")
    more: dict[str, Any] = {}
    if given["type"] == "link":
        given = {
            k: v for k, v in given.items() if k not in _LIMIT
        }  # which may read links that are not there yet
        more = {"two_way": inverse is not None}
        if inverse:
            more |= {"inverse_name": inverse["name"], "inverse_many": inverse.get("many", True)}
    spec = _spec(symbols.resolve(given), more)
    made = await fields.create(system, actor, symbols.get(f"@{key}"), spec)
    symbols.put(f"@{key}.{field_key}", made.id)
    if inverse:
        far_key = str(given["table"]).removeprefix("@")
        assert isinstance(inverse, Mapping)  # noqa: S101
        symbols.put(f"@{far_key}.{inverse['key']}", getattr(made.config, "inverse", None) or "")


async def _finish_table(
    system: System, actor: Actor, key: str, table: Mapping[str, Any], symbols: Symbols
) -> None:
    table_id = symbols.get(f"@{key}")
    for field_key, given in table["fields"].items():
        if given.get("machine"):
            patch = FieldPatch(options={"machine": symbols.resolve(given["machine"])})
            await fields.update(system, actor, symbols.get(f"@{key}.{field_key}"), patch)
        if given["type"] == "link" and any(given.get(part) for part in _LIMIT):
            limit = {part: symbols.resolve(given[part]) for part in _LIMIT if given.get(part)}
            await fields.update(system, actor, symbols.get(f"@{key}.{field_key}"), FieldPatch(options=limit))
        if given.get("default_formula"):
            await fields.update(
                system,
                actor,
                symbols.get(f"@{key}.{field_key}"),
                FieldPatch(default_formula=given["default_formula"]),
            )
        if given.get("validation"):
            rule = msgspec.convert(given["validation"], Validation)
            await fields.update(
                system, actor, symbols.get(f"@{key}.{field_key}"), FieldPatch(validation=rule)
            )
    order = table.get("order") or table["fields"]
    await fields.reorder(system, actor, table_id, [symbols.get(f"@{key}.{k}") for k in order])
    if table.get("primary"):
        primary = symbols.get(f"@{key}.{table['primary']}")
        await tables.update(system, actor, table_id, tables.TablePatch(primary=primary))
    if table.get("unique"):
        rules = tuple(UniqueRule(tuple(symbols.get(f"@{key}.{k}") for k in rule)) for rule in table["unique"])
        await tables.update(system, actor, table_id, tables.TablePatch(unique=rules))
    wanted = table.get("views") or {}
    for position, view in enumerate(wanted.values()):
        definition = msgspec.convert(symbols.resolve(view), ViewDef)
        existing = (await system.catalogs.current()).table(table_id).views
        if position == 0 and existing:
            changes = {k: getattr(definition, k) for k in definition.__struct_fields__}
            await views.update(system, actor, existing[0].id, views.ViewPatch(**changes))
        else:
            await views.create(system, actor, table_id, definition)


async def _rest(system: System, actor: Actor, app: App, template: Template, symbols: Symbols) -> None:
    """Connectors (without their secrets), forms, automations, dashboards, workbenches."""
    for key, connector in template.connectors.items():
        made = await connectors.create_placeholder(
            system, actor, app.id, kind=connector["kind"], name=connector["name"]
        )
        symbols.put(f"@connectors/{key}", made)
    for key, form in template.forms.items():
        asks = msgspec.convert(symbols.resolve(form), FormDef)
        symbols.put(f"@forms/{key}", (await forms.create(system, actor, app.id, asks)).id)
    for key, automation in template.automations.items():
        definition = msgspec.convert(symbols.resolve(automation), AutomationDef)
        symbols.put(f"@automations/{key}", (await automations.create(system, actor, app.id, definition)).id)
    await _buttons(system, actor, template, symbols)
    for key, dashboard in template.dashboards.items():
        board = msgspec.convert(symbols.resolve(dashboard), DashboardDef)
        symbols.put(f"@dashboards/{key}", (await dashboards.create(system, actor, app.id, board)).id)
    for key, workbench in template.workbenches.items():
        bench = msgspec.convert(symbols.resolve(workbench), WorkbenchDef)
        symbols.put(f"@workbenches/{key}", (await workbenches.create(system, actor, app.id, bench)).id)


async def install_workbench(
    system: System,
    actor: Actor,
    template: Template,
    table_id: str,
    *,
    bindings: dict[str, str | None] | None = None,
    name: str = "",
    roles: tuple[str, ...] | None = None,
    scan: bool = True,
) -> Installed:
    """Bind a workbench template to a table.

    ``bindings``: part → field id (None leaves an optional part out); parts not named are guessed. ``roles``: who may
    use it; ``scan``: whether scanning is allowed.

    Raises:
        InvalidDefinition: a required part has no field, or a field cannot play its part.
    """
    if template.kind != "workbench":
        raise InvalidInput(N_("这个模板是一个完整的应用,不需要绑定"), code="no_binding")
    async with system.db.transaction():
        catalog = await system.catalogs.current()
        table = catalog.table(table_id)
        app = catalog.app_of(table)
        require(actor, Operation.BUILD, app.id)
        chosen = binding.check(app, catalog, table, template, bindings or {})
        parts = {k: v for k, v in chosen.items() if k in LookupBindings.__struct_fields__}
        shown = [
            f.id for f in table.fields if f.id not in parts.values() and f.type not in ("link", "long_text")
        ]
        definition = WorkbenchDef(
            name=name.strip() or str(template.workbench.get("name") or template.name.zh),
            table=table.id,
            bindings=LookupBindings(**parts),
            slug=_free_slug(catalog, template.slug),
            search=tuple(parts[p] for p in ("waybill", "number", "phone") if p in parts),
            card=tuple(shown[:8]),
            scan=scan,
        )
        if roles is not None:
            definition = msgspec.structs.replace(definition, roles=roles)
        made: Workbench = await workbenches.create(system, actor, app.id, definition)
    return Installed(app.id, app.name, made.id, made.definition.slug)


def _free_slug(catalog: Catalog, wanted: str) -> str:
    """``wanted``, or with a number behind it where a workbench already lives there."""
    taken = {w.definition.slug for app in catalog.apps for w in app.workbenches}
    return next(s for s in (wanted, *(f"{wanted}-{n}" for n in range(2, 1000))) if s not in taken)
