"""After a field has changed: what reads it is computed again, what names its choices follows, what no longer fits is
trimmed (views) or refused (everything else)."""

from __future__ import annotations

from typing import Any

import msgspec

from builder import computed as computed_fields
from builder.automation_checks import check_automation, connector_kinds
from builder.automation_checks.choices import CHOICE_DELETED
from builder.configs import check_field
from builder.dashboards import check_dashboard
from builder.edit import Edit
from builder.forms import faults as faults_of_form
from builder.references import Use, all_readers_of, map_structs, uses_of
from builder.stocks import check_stock
from builder.usage import as_problems
from builder.validation import Problems
from builder.views import fitting
from builder.workbenches import check_workbench
from runtime import fieldtypes
from runtime.catalog import App, Catalog, Field
from runtime.definitions.fields import FieldDef, Formula, Lookup, MultiSelect, Rollup, SingleSelect
from runtime.definitions.forms import Question
from runtime.definitions.queries import Condition
from runtime.definitions.states import SetField
from runtime.definitions.step_tests import Compare
from runtime.definitions.values import Assignment, Before, FieldValue, Literal_
from runtime.errors import HuobiaoError, RuleBroken
from runtime.i18n import N_
from runtime.records import computed
from runtime.records.dependents import graph
from runtime.storage import schema
from runtime.storage.indexes.now import make_for_matches


def readers(catalog: Catalog, field: Field) -> list[Field]:
    """Computed fields that depend on ``field``, directly or through others, the nearest first."""
    return all_readers_of(catalog, [field])


async def after_change(edit: Edit, before: Catalog, old: Field, new: Field) -> None:
    """Everything that has to follow when the configuration of a field changed.

    ``before``: the catalog with the field as it was; ``edit.catalog`` has the new one.

    Raises:
        RuleBroken: definitions that use the field would no longer work; ``problems`` lists them.
        InvalidDefinition: computed fields depend on each other in a circle.
    """
    await _follow_choices(edit, old, new)
    await _retype_formulas(edit, new)
    await _trim_views(edit, new)
    await _refuse_broken(edit, before, new)
    graph(edit.catalog)
    await make_for_matches(edit.tx, edit.catalog, [new, *readers(edit.catalog, new)])
    if new.computed:
        await computed.refresh_field(edit.system, edit.tx, new.id)
    for reader in readers(edit.catalog, new):
        await computed.refresh_field(edit.system, edit.tx, reader.id)


async def after_another_zone(edit: Edit, app_id: str) -> None:
    """The app has another time zone: what reads days and hours off a moment is computed again."""
    catalog = await edit.refresh()
    tables = {table.id for table in catalog.app(app_id).tables}
    for one in graph(catalog).order:
        if one.table_id in tables:
            await computed.refresh_field(edit.system, edit.tx, one.id)


async def check(edit: Edit, before: Catalog, new: Field) -> None:
    """Refuse what :func:`after_change` would refuse, for a definition that is only being tried (in a savepoint)."""
    await _retype_formulas(edit, new)
    await _trim_views(edit, new)
    await _refuse_broken(edit, before, new)
    graph(edit.catalog)


async def _follow_choices(edit: Edit, old: Field, new: Field) -> None:
    """Conditions and fixed values name choices by text: rewrite them when a choice got another name."""
    if not isinstance(old.config, SingleSelect | MultiSelect) or not isinstance(
        new.config, SingleSelect | MultiSelect
    ):
        return
    after = {choice.id: choice.name for choice in new.config.choices}
    renamed = {c.name: after[c.id] for c in old.config.choices if c.id in after and after[c.id] != c.name}
    if not renamed:
        return
    app = _app(edit.catalog, new)
    shown = {new.id} | {
        reader.id for reader in readers(edit.catalog, new) if isinstance(reader.config, Lookup | Rollup)
    }
    for use in {use.id: use for use in uses_of(app, shown)}.values():
        stored = await edit.stored(use.id)
        body = map_structs(stored.body, lambda value: rename(value, shown, renamed))
        await edit.change(stored, body)
    own = await edit.live(new.id, "field")
    await edit.change(own, map_structs(own.body, lambda value: rename(value, shown, renamed)))
    await edit.refresh()


def rename(value: Any, fields: set[str], renamed: dict[str, str]) -> Any:
    """A condition or fixed value on one of ``fields`` with the new names of choices."""
    if isinstance(value, Condition | SetField) and value.field in fields:
        return msgspec.structs.replace(value, value=_renamed(value.value, renamed))
    if isinstance(value, Question) and value.field in fields:
        return msgspec.structs.replace(value, default=_renamed(value.default, renamed))
    if isinstance(value, Assignment) and value.field in fields and isinstance(value.value, Literal_):
        return msgspec.structs.replace(value, value=Literal_(_renamed(value.value.value, renamed)))
    if isinstance(value, Compare) and isinstance(value.right, Literal_) and _reads(value.left, fields):
        return msgspec.structs.replace(value, right=Literal_(_renamed(value.right.value, renamed)))
    return value


def _reads(value: Any, fields: set[str]) -> bool:
    return isinstance(value, FieldValue | Before) and value.field in fields


def _renamed(value: Any, renamed: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return [_renamed(item, renamed) for item in value]
    return renamed.get(value, value) if isinstance(value, str) else value


async def _retype_formulas(edit: Edit, changed: Field) -> None:
    """Formulas and roll-ups that read the field are checked again; one whose result has another type gets another column."""
    problems: list[Use] = []
    for reader in readers(edit.catalog, changed):
        field = edit.catalog.field(reader.id)  # an earlier round may have changed it
        if not isinstance(field.config, Formula | Rollup):
            continue
        table = edit.catalog.table(field.table_id)
        config: Formula | Rollup
        try:
            if isinstance(field.config, Formula):
                config = computed_fields.recheck(edit.catalog, table, field.config)
            else:
                config = computed_fields.retyped(edit.catalog, field.config)
        except HuobiaoError:
            problems.append(Use("field", field.id, field.name, "config.source", changed.id, table.name))
            continue
        if config == field.config:
            continue
        if fieldtypes.get(config).sql_type(config) != fieldtypes.get(field.config).sql_type(field.config):
            await schema.drop_column(edit.tx, table.number, field.number)
            sql_type = fieldtypes.get(config).sql_type(config)
            await schema.add_column(edit.tx, table.number, field.number, sql_type or "text")
            if isinstance(config, Formula):
                await schema.add_error_column(edit.tx, table.number, field.number)
        body: FieldDef = msgspec.structs.replace(field.definition, config=config)
        await edit.change(await edit.live(field.id, "field"), body)
        edit.tell(table.id)
        await edit.refresh()
    _refuse(changed, problems)


async def _trim_views(edit: Edit, changed: Field) -> None:
    for use in uses_of(_app(edit.catalog, changed), {changed.id}):
        if use.kind != "view":
            continue
        view = edit.catalog.view(use.id)
        stored = await edit.live(view.id, "view")
        await edit.change(stored, fitting(view.definition, edit.catalog.table(view.table_id)))
    await edit.refresh()


async def _refuse_broken(edit: Edit, before: Catalog, changed: Field) -> None:
    """Refuse when something that worked with the field as it was would not work with it as it is."""
    catalog = edit.catalog
    app = _app(catalog, changed)
    app_before = _app(before, changed)
    kinds = await connector_kinds(edit.system.db, app.number)
    broken = []
    for use in {use.id: use for use in uses_of(app, {changed.id})}.values():
        if faults(catalog, app, use, kinds) and not faults(before, app_before, use, kinds):
            broken.append(use)
    _refuse(changed, broken)


def _refuse(changed: Field, broken: list[Use]) -> None:
    if broken:
        raise RuleBroken(
            N_("「{field}」改成这样以后,有些地方就不能用了,先改好它们"),
            code="breaks_uses",
            field=changed.id,
            field_name=changed.name,
            problems=as_problems(broken, "would_break"),
        )


def faults(catalog: Catalog, app: App, use: Use, connectors: dict[str, str]) -> bool:
    """Whether a definition has problems in the app as given."""
    problems = Problems()
    if use.kind == "automation":
        automation = next((a for a in app.automations if a.id == use.id), None)
        if automation is None or not automation.definition.enabled:
            return False
        check_automation(problems, app, automation.definition, connectors, own=use.id)
    elif use.kind == "dashboard":
        for dashboard in app.dashboards:
            if dashboard.id == use.id:
                check_dashboard(problems, app, dashboard.definition, own=use.id)
    elif use.kind == "workbench":
        for workbench in app.workbenches:
            if workbench.id == use.id:
                check_workbench(problems, catalog, app, workbench.definition, own=use.id)
    elif use.kind == "form":
        return any(faults_of_form(catalog, form)[0] for form in app.forms if form.id == use.id)
    elif use.kind == "stock":
        for stock in app.stocks:
            if stock.id == use.id:
                check_stock(problems, app, stock.definition, own=use.id)
    elif use.kind == "field":
        check_field(problems, catalog, app, use.id)
    # who takes an option off its list has been told who names it; those go on with the options that are left
    return any(problem.code != CHOICE_DELETED for problem in problems.found)


def _app(catalog: Catalog, field: Field) -> App:
    return catalog.app_of(catalog.table(field.table_id))
