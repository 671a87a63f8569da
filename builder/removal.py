"""Taking fields and tables away without leaving anything broken behind.

A :class:`Removal` is worked out first and can be shown: computed fields that cannot be without them go into the trash
together with them; views and dashboards lose the parts that need them; automations that mention them are switched off;
workbenches that cannot work without them, and forms of a table, go into the trash; a form keeps the question of a field that is
gone, marked as such, and asks it no more. State machines and stock definitions are rules on the
data: they are never weakened in passing, so they (and
validation rules) *block* until somebody changes them. All that is done in one
transaction and comes back in one piece (:mod:`builder.restoring`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from builder import columns, links, uniques, views
from builder.draft_uses import uses_in_drafts
from builder.edit import Edit
from builder.references import Use, all_readers_of, mentioned, mentions, prune_filter, uses_of
from builder.usage import as_problems, describe
from runtime.catalog import App, Automation, Catalog, Dashboard, Field, Form, Table, View, Workbench
from runtime.definitions.dashboards import DashboardDef, ListWidget
from runtime.definitions.fields import Button, Link
from runtime.definitions.triggers import trigger_table
from runtime.definitions.workbenches import WorkbenchDef
from runtime.errors import RuleBroken
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Tx

_OPTIONAL_BINDINGS = ("phone", "remark", "status", "customer", "stock")


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What a deletion does. ``records``: live records of the table; ``filled``: those that hold something in the field.

    ``together``: fields, automations, workbenches, forms that go into the trash with it. ``trimmed``: views, dashboards
    and forms that lose a part. ``switched_off``: automations. ``one_way``: links at the other end that stay as one-way links.
    ``blocked``: state machines and stock definitions that have to be changed first. ``drafts``: of automations, that will
    have to name something else before they are published.
    """

    records: int = 0
    filled: int = 0
    together: tuple[Use, ...] = ()
    trimmed: tuple[Use, ...] = ()
    switched_off: tuple[Use, ...] = ()
    one_way: tuple[Use, ...] = ()
    blocked: tuple[Use, ...] = ()
    drafts: tuple[Use, ...] = ()

    @property
    def harmless(self) -> bool:
        """Whether nothing but the thing itself goes (views are trimmed without asking)."""
        return not (self.together or self.switched_off or self.blocked or self.drafts) and not any(
            use.kind != "view" for use in self.trimmed
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A removal with the catalog's entries it concerns."""

    app: App
    fields: tuple[Field, ...]
    table: Table | None
    removal: Removal
    automations_off: tuple[Automation, ...] = ()
    automations_gone: tuple[Automation, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    workbenches_cut: tuple[Workbench, ...] = ()
    workbenches_gone: tuple[Workbench, ...] = ()
    forms_gone: tuple[Form, ...] = ()
    views: tuple[View, ...] = ()
    buttons: tuple[Field, ...] = ()
    tables: tuple[Table, ...] = ()

    @property
    def lost(self) -> set[str]:
        """Ids that nothing may mention afterwards."""
        ids = {field.id for field in self.fields}
        if self.table is not None:
            ids |= {self.table.id, *(field.id for field in self.table.fields)}
        return ids


def plan_fields(catalog: Catalog, fields: Iterable[Field]) -> Plan:
    """The plan of deleting ``fields`` of one table."""
    chosen = list(fields)
    app = catalog.app_of(catalog.table(chosen[0].table_id))
    return _plan(catalog, app, [*chosen, *all_readers_of(catalog, chosen)], len(chosen), None)


def plan_table(catalog: Catalog, table: Table) -> Plan:
    """The plan of deleting a table: links that point at it go as well."""
    app = catalog.app_of(table)
    pointing = [
        field
        for other in app.tables
        if other.id != table.id
        for field in other.fields
        if isinstance(field.config, Link) and field.config.table == table.id
    ]
    readers = [f for f in all_readers_of(catalog, [*pointing, *table.fields]) if f.table_id != table.id]
    return _plan(catalog, app, list({f.id: f for f in (*pointing, *readers)}.values()), 0, table)


def _plan(catalog: Catalog, app: App, fields: list[Field], own: int, table: Table | None) -> Plan:
    """``own``: how many of ``fields`` are those asked for; the others go together with them."""
    lost = {f.id for f in fields} | ({table.id, *(f.id for f in table.fields)} if table else set())
    inside = {table.id, *(v.id for v in table.views)} if table else set()
    uses = [use for use in uses_of(app, lost) if use.id not in inside]
    by_id: dict[str, list[Use]] = {}
    for use in uses:
        by_id.setdefault(use.id, []).append(use)
    gone_automations = [
        a for a in app.automations if table is not None and trigger_table(a.definition.trigger) == table.id
    ]
    gone_workbenches = [
        w for w in app.workbenches if w.id in by_id and _cannot_do_without(w.definition, lost)
    ]
    gone_forms = [f for f in app.forms if table is not None and f.definition.table == table.id]
    marked_forms = [f for f in app.forms if f.id in by_id and f not in gone_forms]
    off = [a for a in app.automations if a.id in by_id and a not in gone_automations and a.definition.enabled]
    cut_views = [v for t in app.tables for v in t.views if v.id in by_id]
    taken = {f.id for f in fields}
    cut_buttons = [
        f for t in app.tables for f in t.fields if f.id in by_id and f.type == "button" and f.id not in taken
    ]
    trimmed_buttons = {button.id for button in cut_buttons}
    cut_dashboards = [d for d in app.dashboards if d.id in by_id]
    cut_tables = [t for t in app.tables if t.id in by_id]
    cut_workbenches = [w for w in app.workbenches if w.id in by_id and w not in gone_workbenches]
    names = {t.id: t.name for t in app.tables}
    together = [Use("field", f.id, f.name, "", f.id, names.get(f.table_id)) for f in fields[own:]]
    together += [by_id[entry.id][0] for entry in (*gone_automations, *gone_workbenches, *gone_forms)]
    trimmed = [
        by_id[entry.id][0]
        for entry in (*cut_tables, *cut_buttons, *cut_views, *cut_dashboards, *cut_workbenches, *marked_forms)
    ]
    return Plan(
        app=app,
        fields=tuple(fields),
        table=table,
        removal=Removal(
            together=tuple(together),
            trimmed=tuple(trimmed),
            switched_off=tuple(by_id[a.id][0] for a in off),
            one_way=tuple(_left_alone(catalog, fields, lost, names)),
            blocked=tuple(_blocked([use for use in uses if use.id not in trimmed_buttons])),
        ),
        automations_off=tuple(off),
        automations_gone=tuple(gone_automations),
        dashboards=tuple(cut_dashboards),
        workbenches_cut=tuple(cut_workbenches),
        workbenches_gone=tuple(gone_workbenches),
        forms_gone=tuple(gone_forms),
        views=tuple(cut_views),
        buttons=tuple(cut_buttons),
        tables=tuple(cut_tables),
    )


def _blocked(uses: list[Use]) -> list[Use]:
    seen: dict[tuple[str, bool], Use] = {}
    for use in uses:
        if use.kind == "stock" or use.machine or _is_rule(use):
            seen.setdefault((use.id, use.machine), use)
    return list(seen.values())


def _is_rule(use: Use) -> bool:
    """Whether the place is a rule of a field: what values must fulfil, what stands in its auto number, which records a
    link may point at (conditions of computed fields are no such place: they go together with what they read)."""
    places = ("config.segments.", "config.where", "config.pairs.")
    return use.path in ("validation.formula", "default_formula") or (
        use.kind == "field" and use.path.startswith(places)
    )


def _left_alone(catalog: Catalog, fields: list[Field], lost: set[str], names: dict[str, str]) -> list[Use]:
    found = []
    for field in fields:
        inverse = field.config.inverse if isinstance(field.config, Link) else None
        if inverse is not None and inverse not in lost:
            other = catalog.field(inverse)
            found.append(
                Use("field", other.id, other.name, "config.inverse", field.id, names.get(other.table_id))
            )
    return found


def _cannot_do_without(definition: WorkbenchDef, lost: set[str]) -> bool:
    bindings = definition.bindings
    return bool({definition.table, bindings.number, bindings.waybill} & lost)


async def with_drafts(db: Database | Tx, plan: Plan) -> Plan:
    """The plan, with the drafts of automations that mention what will be gone."""
    gone = {automation.id for automation in plan.automations_gone}
    found: dict[str, Use] = {}
    for use in await uses_in_drafts(db, plan.app, plan.lost):
        if use.id not in gone:
            found.setdefault(use.id, use)
    return msgspec.structs.replace(
        plan, removal=msgspec.structs.replace(plan.removal, drafts=tuple(found.values()))
    )


async def measure(edit_or_db: Any, plan: Plan, field: Field | None, table: Table) -> Removal:
    """The plan's removal with its numbers of records."""
    records = await columns.count_records(edit_or_db, table)
    countable = field is not None and (field.stored or field.type == "link")
    filled = await columns.count_filled(edit_or_db, table, field) if field is not None and countable else 0
    return msgspec.structs.replace(plan.removal, records=records, filled=filled)


def refuse(plan: Plan, name: str, *, confirmed: bool) -> None:
    """Refuse what is blocked, and what has not been confirmed though it takes other things along.

    Raises:
        RuleBroken: ``in_use`` (blocked) or ``confirmation_needed``; each use is one of ``problems``.
    """
    removal = plan.removal
    if removal.blocked:
        raise RuleBroken(
            N_("「{name}」正被用着,先在这些地方换掉它"),
            code="in_use",
            problems=as_problems(list(removal.blocked)),
            name=name,
        )
    if not confirmed and not removal.harmless:
        uses = [
            *removal.together,
            *removal.switched_off,
            *(u for u in removal.trimmed if u.kind != "view"),
            *removal.drafts,
        ]
        raise RuleBroken(
            N_("删除「{name}」会影响别的地方,确认之后再删"),
            code="confirmation_needed",
            problems=as_problems(uses, "affected"),
            name=name,
        )


def sentences(removal: Removal) -> list[Message]:
    """The removal in words, for a confirmation."""
    lines = []
    for msgid, uses in (
        (N_("{what} 会一起进回收站"), removal.together),
        (N_("{what} 会去掉用到它的部分"), removal.trimmed),
        (N_("{what} 会停用"), removal.switched_off),
        (N_("{what} 里会标出要换的地方"), removal.drafts),
        (N_("{what} 会留下,变成单向关联"), removal.one_way),
        (N_("{what} 要先换掉它才能删除"), removal.blocked),
    ):
        lines += [Message(msgid, {"what": describe(use)}) for use in uses]
    return lines


async def carry_out(edit: Edit, plan: Plan) -> None:
    """Put everything of the plan into the trash, and trim what is left."""
    lost = plan.lost
    for trimmed in plan.tables:
        stored = await edit.live(trimmed.id, "table")
        await edit.change(stored, uniques.without(stored.body, lost))
    for view in plan.views:
        table = edit.catalog.table(view.table_id)
        cut = views.prune(view.definition, table, lambda key: key in lost)
        await edit.change(await edit.live(view.id, "view"), cut)
    for button in plan.buttons:
        table = edit.catalog.table(button.table_id)
        if isinstance(button.config, Button) and table is not plan.table:
            where = prune_filter(button.config.where, lambda condition: condition.field not in lost)
            config = msgspec.structs.replace(button.config, where=where)
            await edit.change(
                await edit.live(button.id, "field"), msgspec.structs.replace(button.definition, config=config)
            )
            edit.tell(table.id)
    for automation in plan.automations_off:
        body = msgspec.structs.replace(automation.definition, enabled=False)
        await edit.change(await edit.live(automation.id, "automation"), body)
    for dashboard in plan.dashboards:
        stored = await edit.live(dashboard.id, "dashboard")
        await edit.change(stored, trim_dashboard(dashboard.definition, lost))
    for workbench in plan.workbenches_cut:
        stored = await edit.live(workbench.id, "workbench")
        await edit.change(stored, trim_workbench(workbench.definition, lost))
    for gone in (*plan.automations_gone, *plan.workbenches_gone, *plan.forms_gone):
        await edit.trash(await edit.stored(gone.id))
    for field in plan.fields:
        await trash_field(edit, field, keep_inverse=lost)
    if plan.table is not None:
        await edit.trash(await edit.live(plan.table.id, "table"))
        edit.tell(plan.table.id)
    edit.tell(plan.app.id, *(field.table_id for field in plan.fields))


async def trash_field(edit: Edit, field: Field, *, keep_inverse: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Put one field into the trash: its column stays, its indexes go, its inverse goes on alone."""
    table = edit.catalog.table(field.table_id)
    await columns.drop_indexes(edit.tx, table.number, field.number)
    if isinstance(field.config, Link) and field.config.inverse not in keep_inverse:
        await links.part(edit, field.config.inverse)
    await edit.trash(await edit.live(field.id, "field"))


def trim_dashboard(definition: DashboardDef, lost: set[str]) -> DashboardDef:
    """The dashboard without widgets that need what is lost; lists only lose the column."""
    widgets = []
    for widget in definition.widgets:
        config = widget.config
        if isinstance(config, ListWidget) and config.table not in lost:
            left = tuple(key for key in config.fields if key not in lost)
            config = msgspec.structs.replace(config, fields=left) if left else config
        if not mentioned(config) & lost:
            widgets.append(msgspec.structs.replace(widget, config=config))
    return msgspec.structs.replace(definition, widgets=tuple(widgets))


def trim_workbench(definition: WorkbenchDef, lost: set[str]) -> WorkbenchDef:
    """The workbench without optional parts that need what is lost."""
    empty = {part: None for part in _OPTIONAL_BINDINGS if getattr(definition.bindings, part) in lost}
    return msgspec.structs.replace(
        definition,
        bindings=msgspec.structs.replace(definition.bindings, **empty),
        search=tuple(key for key in definition.search if key not in lost),
        card=tuple(key for key in definition.card if key not in lost),
    )


def first_path(definition: Any, wanted: set[str]) -> str:
    """Where in a definition one of ``wanted`` is mentioned first; empty when nowhere."""
    return next((path for path, found in mentions(definition) if found in wanted), "")
