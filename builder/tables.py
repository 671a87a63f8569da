"""Tables: making one with its fields in one go, renaming, deleting, ordering them, choosing the primary field."""

from __future__ import annotations

import msgspec

from builder import columns, fields, removal, uniques, views
from builder.configs import PRIMARY_TYPES
from builder.edit import Edit, editing
from builder.names import default_name
from builder.validation import Problems, check_description, check_icon, check_name, clean_text
from builder.wire import FieldSpec, patched
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import Table
from runtime.definitions.tables import TableDef, UniqueRule
from runtime.errors import RuleBroken, TooMuch
from runtime.i18n import N_
from runtime.storage import schema
from runtime.system import System

MAX_TABLES = 200


class TableSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A table to be made with its fields. ``primary``: name of the field that names records; ``fields`` None: one text;
    ``unique``: combinations that may not repeat, fields by name."""

    name: str
    icon: str = "table"
    description: str = ""
    record_noun: str = ""
    primary: str | None = None
    fields: tuple[FieldSpec, ...] | None = None
    unique: tuple[UniqueRule, ...] = ()


class TablePatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a table; what is left out stays. ``primary``: id or name of a field;
    ``unique``: all rules over several fields as they are to be, fields by id or name."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    icon: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    record_noun: str | msgspec.UnsetType = msgspec.UNSET
    primary: str | msgspec.UnsetType = msgspec.UNSET
    unique: tuple[UniqueRule, ...] | msgspec.UnsetType = msgspec.UNSET


def check_table(problems: Problems, definition: TableDef, taken: list[str]) -> TableDef:
    """The table as it will be stored."""
    noun = clean_text(definition.record_noun)
    return msgspec.structs.replace(
        definition,
        name=check_name(problems.at("name"), definition.name, taken=taken),
        icon=check_icon(problems.at("icon"), definition.icon),
        description=check_description(problems.at("description"), definition.description),
        record_noun=check_name(problems.at("record_noun"), noun) if noun else "",
    )


async def create(system: System, actor: Actor, app_id: str, spec: TableSpec) -> Table:
    """Make a table with its fields and a first view of everything.

    Later fields may name earlier ones (look-ups their link, formulas their fields). The first field that can name
    records is the primary one unless ``spec.primary`` names another.

    Raises:
        InvalidDefinition: with all problems by path (``fields.2.options.choices.0.name``); nothing is made.
    """
    specs = spec.fields
    if specs is None:
        specs = (FieldSpec(name=default_name("primary_field", actor.language)),)
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        if len(app.tables) >= MAX_TABLES:
            raise TooMuch(N_("一个应用最多 {limit} 张数据表"), code="too_many_tables", limit=MAX_TABLES)
        problems = Problems()
        definition = TableDef(
            name=spec.name, icon=spec.icon, description=spec.description, record_noun=spec.record_noun
        )
        definition = check_table(problems, definition, [table.name for table in app.tables])
        _check_specs(problems, specs)
        problems.raise_any()
        drawn = await edit.draw("table")
        await schema.create_table(edit.tx, drawn.number)
        stored = await edit.create("table", definition, app=app.number, drawn=drawn)
        await edit.refresh()
        for index, field in enumerate(specs):
            table = edit.catalog.table(stored.id)
            await fields.create_in(edit, table, field, Problems().at("fields").at(index))
        table = edit.catalog.table(stored.id)
        chosen = _choose_primary(problems.at("primary"), table, spec.primary)
        rules = uniques.check_rules(problems.at("unique"), table, spec.unique)
        problems.raise_any()
        await edit.change(stored, msgspec.structs.replace(stored.body, primary=chosen, unique=rules))
        await views.create_default(edit, table)
        edit.tell(app_id, stored.id)
        made = (await edit.refresh()).table(stored.id)
        if rules:
            await uniques.settle(edit, made)
        return made


def _check_specs(problems: Problems, specs: tuple[FieldSpec, ...]) -> None:
    """Names first, for the whole list; what else may be wrong is found field by field."""
    here = problems.at("fields")
    if not specs:
        here.add("no_fields", N_("数据表至少要有一个字段"))
    if len(specs) > fields.MAX_FIELDS:
        here.add("too_many_fields", N_("一张数据表最多 {limit} 个字段"), limit=fields.MAX_FIELDS)
    taken: list[str] = []
    for index, spec in enumerate(specs):
        taken.append(check_name(here.at(index).at("name"), spec.name, taken=taken))


def _choose_primary(problems: Problems, table: Table, wanted: str | None) -> str | None:
    if wanted is not None:
        field = table.by_id.get(wanted) or table.by_name.get(wanted)
        if field is None:
            problems.add(
                "unknown_field",
                N_("数据表「{table}」里没有字段「{name}」,可能已被删除"),
                table=table.name,
                name=wanted[:80],
            )
            return None
        if field.type not in PRIMARY_TYPES:
            problems.add("wrong_type", N_("「{name}」这种字段不能当标题"), field=field, name=field.name)
        return field.id
    return next((field.id for field in table.fields if field.type in PRIMARY_TYPES), None)


async def update(system: System, actor: Actor, table_id: str, patch: TablePatch) -> Table:
    """Change name, icon, words, the primary field, or what may not repeat.

    Raises:
        InvalidDefinition: with all problems by path (``unique.1``).
        Duplicate: live records stand against a new rule; examples are its ``problems``.
    """
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        problems = Problems()
        taken = [t.name for t in edit.catalog.app_of(table).tables if t.id != table_id]
        body = check_table(problems, patched(table.definition, patch), taken)
        if patch.primary is not msgspec.UNSET:
            body = msgspec.structs.replace(
                body, primary=_choose_primary(problems.at("primary"), table, patch.primary)
            )
        body = msgspec.structs.replace(
            body, unique=uniques.check_rules(problems.at("unique"), table, body.unique)
        )
        problems.raise_any()
        await edit.change(await edit.live(table_id, "table"), body)
        edit.tell(table_id, table.app_id)
        if body.unique != table.definition.unique:
            await uniques.settle(edit, (await edit.refresh()).table(table_id))
        if body.primary != table.definition.primary:
            _tell_linking(edit, table)
        return (await edit.refresh()).table(table_id)


def _tell_linking(edit: Edit, table: Table) -> None:
    """Tables that show records of this one by name."""
    for other in edit.catalog.app_of(table).tables:
        if any(getattr(field.config, "table", None) == table.id for field in other.fields):
            edit.tell(other.id)


async def deletion_impact(system: System, actor: Actor, table_id: str) -> removal.Removal:
    """What deleting the table would do, in numbers and places."""
    catalog = await system.catalogs.current()
    table = catalog.table(table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    async with system.db.transaction() as tx:
        plan = await removal.with_drafts(tx, removal.plan_table(catalog, table))
        records = await columns.count_records(tx, table)
        return msgspec.structs.replace(plan.removal, records=records)


async def delete(system: System, actor: Actor, table_id: str, *, confirmed: bool = False) -> None:
    """Put a table into the trash; records, fields and views come back with it.

    Raises:
        RuleBroken: a rule on the data uses it (``in_use``), or it takes other things along and that is not
            ``confirmed`` (``confirmation_needed``). ``problems`` lists the places.
    """
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        plan = await removal.with_drafts(edit.tx, removal.plan_table(edit.catalog, table))
        _refuse_primaries(edit, plan)
        removal.refuse(plan, table.name, confirmed=confirmed)
        await removal.carry_out(edit, plan)
        await edit.refresh()


def _refuse_primaries(edit: Edit, plan: removal.Plan) -> None:
    for field in plan.fields:
        home = edit.catalog.table(field.table_id)
        if home.primary is not None and home.primary.id == field.id:
            raise RuleBroken(
                N_("「{field}」是「{table}」的标题字段,先把别的字段设为标题"),
                code="primary_field",
                field=field.id,
                field_name=field.name,
                table=home.name,
            )


async def reorder(system: System, actor: Actor, app_id: str, table_ids: list[str]) -> None:
    """Put the tables of an app into this order; those not named follow."""
    async with editing(system, actor, app_id) as edit:
        await edit.reorder("table", table_ids, [table.id for table in edit.catalog.app(app_id).tables])
        edit.tell(app_id)
