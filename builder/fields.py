"""Fields: adding, changing, deleting, ordering them. What a change would do is said by :mod:`builder.preview`."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from builder import columns, conversions, convert, dependents, links, removal, uniques
from builder.choices import read_choices
from builder.configs import PRIMARY_TYPES, Scope, check_rules, read_config
from builder.convert import Impact
from builder.edit import Edit, Stored, editing
from builder.validation import Problems, check_description, check_name
from builder.versions import check_version
from builder.wire import FieldPatch, FieldSpec
from runtime import access
from runtime.access import Actor, Operation
from runtime.catalog import Field, Table
from runtime.definitions.fields import (
    AutoNumber,
    Choice,
    FieldDef,
    Link,
    MultiSelect,
    SingleSelect,
)
from runtime.errors import RuleBroken, TooMuch
from runtime.i18n import N_
from runtime.records import computed
from runtime.records.dependents import graph
from runtime.storage import schema
from runtime.storage.indexes.now import make_for_matches
from runtime.system import System

# PostgreSQL allows 1600 columns, those of fields in the trash and of earlier types included
MAX_FIELDS = 500


async def create(system: System, actor: Actor, table_id: str, spec: FieldSpec) -> Field:
    """Add a field at the end of its table. Links also make the field at the other end; computed fields are computed.

    Raises:
        InvalidDefinition: with all problems by path.
    """
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        stored = await create_in(edit, table, spec, Problems())
        return edit.catalog.field(stored.id)


async def create_in(edit: Edit, table: Table, spec: FieldSpec, problems: Problems) -> Stored:
    """The same inside an open edit; afterwards ``edit.catalog`` has the field. ``problems`` gives the path."""
    if len(table.fields) >= MAX_FIELDS:
        raise TooMuch(N_("一张数据表最多 {limit} 个字段"), code="too_many_fields", limit=MAX_FIELDS)
    scope = Scope(catalog=edit.catalog, app=edit.catalog.app_of(table), table=table)
    definition = read_spec(problems, scope, spec)
    wish = None
    if definition is not None and isinstance(definition.config, Link):
        target = edit.catalog.table(definition.config.table)
        here = problems.at("options")
        wish = links.read_wish(here, target, table, spec.options, default=target.id != table.id)
    problems.raise_any()
    assert definition is not None  # noqa: S101 - None always comes with a problem
    if isinstance(definition.config, Link):
        target = edit.catalog.table(definition.config.table)
        stored, _ = await links.create_pair(edit, table, definition, target, wish)
    else:
        drawn = await edit.draw("field")
        await columns.add(edit, scope.app, table, drawn.number, definition.config)
        stored = await edit.create("field", definition, app=table.app_number, table=table.number, drawn=drawn)
    edit.tell(table.id)
    field = (await edit.refresh()).field(stored.id)
    if definition.unique:
        await columns.set_unique(edit, edit.catalog.table(table.id), field)
    if field.computed:
        graph(edit.catalog)  # refuses a circle
        await make_for_matches(edit.tx, edit.catalog, [field])
        await computed.refresh_field(edit.system, edit.tx, field.id)
    return stored


def read_spec(problems: Problems, scope: Scope, spec: FieldSpec) -> FieldDef | None:
    """The definition that JSON spells, checked; None (with problems) when it spells none."""
    own = scope.old.id if scope.old else None
    taken = [field.name for field in scope.table.fields if field.id != own]
    name = check_name(problems.at("name"), spec.name, taken=taken)
    description = check_description(problems.at("description"), spec.description)
    config = read_config(problems, scope, spec.type, spec.options)
    if config is None:
        return None
    definition = FieldDef(
        name=name,
        config=config,
        description=description,
        required=spec.required,
        unique=spec.unique,
        default=spec.default,
        read_only=spec.read_only,
        validation=spec.validation,
        default_formula=spec.default_formula,
    )
    return check_rules(problems, scope, definition)


def read_patch(problems: Problems, scope: Scope, patch: FieldPatch) -> FieldDef | None:
    """The field as it would be after ``patch``. A new type drops rules that it cannot have, unless they are asked for."""
    assert scope.old is not None  # noqa: S101
    before = scope.old.definition
    name = scope.old.type if patch.type is UNSET else patch.type
    keeps_type = name == scope.old.type
    spec = FieldSpec(
        name=before.name if patch.name is UNSET else patch.name,
        type=name,
        options={} if patch.options is UNSET else patch.options,
        description=before.description if patch.description is UNSET else patch.description,
        required=before.required if patch.required is UNSET else patch.required,
        unique=before.unique if patch.unique is UNSET else patch.unique,
        default=before.default if patch.default is UNSET else patch.default,
        read_only=before.read_only if patch.read_only is UNSET else patch.read_only,
        validation=before.validation if patch.validation is UNSET else patch.validation,
        default_formula=before.default_formula if patch.default_formula is UNSET else patch.default_formula,
    )
    if keeps_type:
        return read_spec(problems, scope, _with_renamed_default(spec, scope, patch))
    attempt = read_spec(Problems(), scope, spec)
    if attempt is None:
        return read_spec(problems, scope, spec)
    return read_spec(problems, scope, _without_misfits(spec, scope, patch))


def _with_renamed_default(spec: FieldSpec, scope: Scope, patch: FieldPatch) -> FieldSpec:
    """A default that names a choice follows the choice when it is renamed."""
    config = scope.old.config if scope.old else None
    if (
        patch.default is not UNSET
        or patch.options is UNSET
        or not isinstance(config, SingleSelect | MultiSelect)
    ):
        return spec
    after = read_config(Problems(), scope, spec.type, spec.options)
    if not isinstance(after, SingleSelect | MultiSelect):
        return spec
    names = {new.id: new for new in after.choices}
    renamed = {
        old.name: names[old.id].name
        for old in config.choices
        if old.id in names and not names[old.id].archived
    }
    default = spec.default
    if isinstance(default, str):
        default = renamed.get(default)
    elif isinstance(default, list | tuple):
        default = [renamed[item] for item in default if item in renamed] or None
    return msgspec.structs.replace(spec, default=default)


def _without_misfits(spec: FieldSpec, scope: Scope, patch: FieldPatch) -> FieldSpec:
    rules = (
        ("required", False),
        ("unique", False),
        ("default", None),
        ("read_only", False),
        ("validation", None),
        ("default_formula", ""),
    )
    for rule, empty in rules:
        if getattr(patch, rule) is not UNSET or getattr(spec, rule) == empty:
            continue
        problems = Problems()
        bare = {**dict(rules), rule: getattr(spec, rule)}
        read_spec(problems, scope, msgspec.structs.replace(spec, **bare))
        if any((problem.path or "").split(".")[0] == rule for problem in problems.found):
            spec = msgspec.structs.replace(spec, **{rule: empty})
    return spec


async def update(
    system: System, actor: Actor, field_id: str, patch: FieldPatch, *, version: int | None = None
) -> Field:
    """Change a field. A type or configuration that values do not fit converts them; originals stay in the trash.

    In a large table that is left to the worker (:mod:`builder.conversions`): the field is returned as it still is.

    Raises:
        InvalidDefinition: with all problems by path.
        RuleBroken: the records do not allow it (values that are not unique, several linked records), or definitions
            that use the field would no longer work; ``problems`` lists them.
    """
    joined = system.db.in_transaction()
    async with editing(system, actor, field_id) as edit:
        field = edit.catalog.field(field_id)
        check_version(field, version)
        table = edit.catalog.table(field.table_id)
        await conversions.refuse_if_running(edit.tx, field)
        problems = Problems()
        scope = Scope(catalog=edit.catalog, app=edit.catalog.app_of(table), table=table, old=field)
        definition = read_patch(problems, scope, patch)
        wish = _wish(problems, scope, definition, patch)
        problems.raise_any()
        assert definition is not None  # noqa: S101 - None always comes with a problem
        _refuse_primary(table, field, definition)
        if not joined and await conversions.in_background(edit, table, field, definition):
            await conversions.begin(edit, table, field, definition, wish)
            return field
        await put(edit, field, definition)
        if wish is not None:
            await links.add_inverse(edit, table, edit.catalog.field(field_id), wish)
            await edit.refresh()
        return edit.catalog.field(field_id)


async def add_choice(system: System, actor: Actor, field_id: str, name: str) -> Choice:
    """Give a select one more choice, as people do while they fill a cell. One that is on the list, or was, is that one.

    Raises:
        InvalidDefinition: it cannot be called so, or there are too many.
        RuleBroken: the field has no choices, or they are states of a state machine.
    """
    async with editing(system, actor, field_id) as edit:
        field = edit.catalog.field(field_id)
        config = field.config
        if not isinstance(config, SingleSelect | MultiSelect):
            raise RuleBroken(N_("「{field}」不是选项字段"), code="no_choices", field=field.name)
        if isinstance(config, SingleSelect) and config.machine is not None:
            raise RuleBroken(
                N_("「{field}」的选项是状态,要在字段设置里加,好写明能从哪里转到哪里"),
                code="states_by_form",
                field=field.name,
            )
        problems = Problems()
        wanted = check_name(problems.at("name"), name)
        problems.raise_any()
        same = [c for c in config.choices if c.name.casefold() == wanted.casefold()]
        if any(not c.archived for c in same):
            return next(c for c in same if not c.archived)
        await conversions.refuse_if_running(edit.tx, field)
        given: list[dict[str, Any]] = [
            {"id": c.id, "name": c.name, "color": c.color} for c in config.choices if not c.archived
        ]
        given.append({"name": wanted, **({"id": same[0].id} if same else {})})
        choices = read_choices(problems, given, config.choices)
        problems.raise_any()
        definition = msgspec.structs.replace(
            field.definition, config=msgspec.structs.replace(config, choices=choices)
        )
        await put(edit, field, definition)
        changed = edit.catalog.field(field_id).config
        assert isinstance(changed, SingleSelect | MultiSelect)  # noqa: S101 - as it was
        return changed.open_by_name[wanted]


def _wish(
    problems: Problems, scope: Scope, definition: FieldDef | None, patch: FieldPatch
) -> links.InverseWish | None:
    """The other end asked for with ``two_way``, if the link has none yet."""
    if definition is None or not isinstance(definition.config, Link) or patch.options is UNSET:
        return None
    if definition.config.inverse is not None or not patch.options.get("two_way"):
        return None
    target = scope.catalog.table(definition.config.table)
    return links.read_wish(problems.at("options"), target, scope.table, patch.options, default=False)


async def put(edit: Edit, field: Field, definition: FieldDef, *, action: str = "change") -> Impact | None:
    """Bring the field, its column, its indexes and everything that reads it in line with ``definition``."""
    catalog_before = edit.catalog
    table = catalog_before.table(field.table_id)
    before = field.definition
    await conversions.refuse_if_running(edit.tx, field)
    impact = None
    _refuse_primary(table, field, definition)
    uniques.refuse_unfit(catalog_before, field, definition.config)
    if columns.same_column(before.config, definition.config):
        await _before_same(edit, field, definition)
        if before.unique and not definition.unique:
            await schema.drop_index(edit.tx, table.number, field.number, unique=True)
        await edit.change(await edit.live(field.id, "field"), definition, action)
    else:
        impact = await convert.carry_out(edit, table, field, definition)
        before = msgspec.structs.replace(before, unique=False)
    edit.tell(table.id)
    catalog = await edit.refresh()
    if uniques.rules_with(catalog, field):
        await uniques.settle(edit, catalog.table(table.id))
    if isinstance(definition.config, AutoNumber) and isinstance(field.config, AutoNumber):
        await _go_on(edit, field, definition.config)
    if definition.unique and not before.unique:
        await columns.set_unique(edit, catalog.table(table.id), catalog.field(field.id))
    if field.config != definition.config:
        await dependents.after_change(edit, catalog_before, field, catalog.field(field.id))
    return impact


async def _go_on(edit: Edit, field: Field, config: AutoNumber) -> None:
    """Numbers of a changed rule begin behind those there are."""
    if config != field.config:
        table = edit.catalog.table(field.table_id)
        await columns.go_on(edit.tx, edit.catalog.app_of(table), table, field.number, config)


def _refuse_primary(table: Table, field: Field, definition: FieldDef) -> None:
    if table.primary is not None and table.primary.id == field.id and definition.type not in PRIMARY_TYPES:
        raise RuleBroken(
            N_("「{field}」是标题字段,不能改成这种类型;先把别的字段设为标题"),
            code="primary_field",
            field=field.id,
            field_name=field.name,
        )


async def _before_same(edit: Edit, field: Field, definition: FieldDef) -> None:
    old, new = field.config, definition.config
    if isinstance(old, Link) and isinstance(new, Link) and old.many and not new.many:
        await links.refuse_many(edit, field)
    if isinstance(new, AutoNumber):
        await schema.create_sequence(edit.tx, field.number)


async def delete(
    system: System, actor: Actor, field_id: str, *, confirmed: bool = False, with_inverse: bool = False
) -> None:
    """Put a field into the trash; its values stay and come back with it.

    Raises:
        RuleBroken: it is the primary field; a rule on the data uses it (``in_use``); or it takes other things along and
            that is not ``confirmed`` (``confirmation_needed``). ``problems`` lists the places.
    """
    async with editing(system, actor, field_id) as edit:
        field = edit.catalog.field(field_id)
        table = edit.catalog.table(field.table_id)
        chosen = [field]
        if with_inverse and isinstance(field.config, Link) and field.config.inverse:
            chosen.append(edit.catalog.field(field.config.inverse))
        plan = removal.plan_fields(edit.catalog, chosen)
        for one in plan.fields:
            home = edit.catalog.table(one.table_id)
            if home.primary is not None and home.primary.id == one.id:
                raise RuleBroken(
                    N_("「{field}」是「{table}」的标题字段,先把别的字段设为标题"),
                    code="primary_field",
                    field=one.id,
                    field_name=one.name,
                    table=home.name,
                )
        plan = await removal.with_drafts(edit.tx, plan)
        removal.refuse(plan, field.name, confirmed=confirmed)
        await removal.carry_out(edit, plan)
        edit.tell(table.id)
        await edit.refresh()


async def deletion_impact(system: System, actor: Actor, field_id: str) -> removal.Removal:
    """What deleting the field would do, in numbers and places."""
    catalog = await system.catalogs.current()
    field = catalog.field(field_id)
    table = catalog.table(field.table_id)
    access.require(actor, Operation.BUILD, table.app_id)
    async with system.db.transaction() as tx:
        plan = await removal.with_drafts(tx, removal.plan_fields(catalog, [field]))
        return await removal.measure(tx, plan, field, table)


async def reorder(system: System, actor: Actor, table_id: str, field_ids: list[str]) -> None:
    """Put the fields of a table into this order; those not named follow."""
    async with editing(system, actor, table_id) as edit:
        table = edit.catalog.table(table_id)
        await edit.reorder("field", field_ids, [field.id for field in table.fields])
        if table.definition.primary is None and table.primary is not None:
            # the title stays with the field it was, not with whichever now comes first
            stored = await edit.live(table_id, "table")
            await edit.change(stored, msgspec.structs.replace(stored.body, primary=table.primary.id))
        edit.tell(table_id)
