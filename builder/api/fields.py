"""``/tables/{table}/fields`` and ``/fields/{field}``, with what a change would do."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from builder import conversions, fields, preview, usage
from builder.api.shapes import (
    Confirmed,
    Json,
    Order,
    RemovalBody,
    UseBody,
    Uses,
    removal_body,
    use_bodies,
)
from builder.convert import Impact
from builder.wire import FieldPatch, FieldSpec, field_json, shown_options
from runtime import fieldtypes
from runtime.access import Operation, require
from runtime.api.common import TheActor, TheSystem, TheTranslator
from runtime.catalog import Field, Table
from runtime.definitions.fields import Choice
from runtime.i18n import Translator
from runtime.system import System


class ExampleBody(msgspec.Struct, frozen=True):
    """One value as people read it, before and after; ``after`` null: it does not fit, the cell becomes empty."""

    before: str
    after: str | None


class ImpactBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would do. ``records``: those that hold something; ``unreadable``: those whose value does not fit.

    ``options``: the configuration with what the values add to it (the choices of a select). ``notes``: in words.
    ``estimated``: the numbers come from a sample.
    """

    records: int
    unreadable: int
    examples: tuple[ExampleBody, ...]
    notes: tuple[str, ...]
    options: Json | None
    estimated: bool = False


class ChoiceUses(msgspec.Struct, frozen=True):
    """Where a choice is used: definitions that name it, and formulas in which its text occurs."""

    records: int
    uses: tuple[UseBody, ...]
    formulas: tuple[UseBody, ...]


class FieldKind(msgspec.Struct, frozen=True, kw_only=True):
    """A type of field: what it is called, what it is for, what conditions and roll-ups may ask of it."""

    name: str
    label: str
    icon: str
    description: str
    readonly: bool
    operators: tuple[str, ...]
    aggregates: tuple[str, ...]


class FieldKinds(msgspec.Struct, frozen=True):
    """All types of fields, in the order of menus."""

    types: tuple[FieldKind, ...]


async def _answer(system: System, field: Field) -> Json:
    catalog = await system.catalogs.current()
    table = catalog.table(field.table_id)
    return field_json(field, table, tables=catalog.app_of(table).tables)


def impact_body(impact: Impact, table: Table, translator: Translator) -> ImpactBody:
    """An impact in the caller's language."""
    return ImpactBody(
        records=impact.records,
        unreadable=impact.unreadable,
        examples=tuple(ExampleBody(example.before, example.after) for example in impact.examples),
        notes=tuple(note.text(translator) for note in impact.notes),
        options=None if impact.config is None else shown_options(table, impact.config),
        estimated=impact.estimated,
    )


@get("/field-types", sync_to_thread=False)
def field_types(translator: TheTranslator) -> FieldKinds:
    """All types of fields."""
    return FieldKinds(
        tuple(
            FieldKind(
                name=kind.name,
                label=translator.gettext(kind.label),
                icon=kind.icon,
                description=translator.gettext(kind.description),
                readonly=kind.readonly,
                operators=kind.operators,
                aggregates=kind.aggregates,
            )
            for kind in fieldtypes.TYPES
        )
    )


@post("/tables/{table:str}/fields")
async def create_field(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[FieldSpec]
) -> Json:
    """Add a field: ``{id, name, type, options, required, unique, default, description, readonly, operators …}``."""
    return await _answer(system, await fields.create(system, actor, table, data))


@get("/fields/{field:str}")
async def read_field(system: TheSystem, actor: TheActor, field: FromPath[str]) -> Json:
    """One field."""
    catalog = await system.catalogs.current()
    found = catalog.field(field)
    require(actor, Operation.LOOK, catalog.table(found.table_id).app_id)
    return await _answer(system, found)


@patch("/fields/{field:str}")
async def update_field(
    system: TheSystem,
    actor: TheActor,
    field: FromPath[str],
    data: JSONBody[FieldPatch],
    version: Annotated[
        int | None, QueryParameter(description="Refuse if the field has moved on since")
    ] = None,
) -> Json:
    """Change a field. Another type converts its values; see ``POST /fields/{field}/preview`` for what that does.

    In a large table the worker does it: the field comes back as it still is, with ``converting``, the id of the job
    (``GET /conversions/{job}``).
    """
    answer = await _answer(system, await fields.update(system, actor, field, data, version=version))
    if data.type is not msgspec.UNSET or data.options is not msgspec.UNSET:
        job = await conversions.running_of(system, field)
        if job is not None:
            return answer | {"converting": job}
    return answer


class NewChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A choice to be added: what it is called."""

    name: str


@post("/fields/{field:str}/options", status_code=HTTP_200_OK)
async def add_choice(
    system: TheSystem, actor: TheActor, field: FromPath[str], data: JSONBody[NewChoice]
) -> Choice:
    """Add one choice to a single or multi select, behind those there are; one of that name is answered as it is.

    Two people may do so at once. States of a state machine are added by changing the field.
    """
    return await fields.add_choice(system, actor, field, data.name)


@post("/fields/{field:str}/preview", status_code=HTTP_200_OK)
async def preview_field(
    system: TheSystem,
    actor: TheActor,
    translator: TheTranslator,
    field: FromPath[str],
    data: JSONBody[FieldPatch],
) -> ImpactBody:
    """What this change would do, in numbers, examples and sentences. Changes nothing."""
    impact = await preview.of_change(system, actor, field, data)
    catalog = await system.catalogs.current()
    return impact_body(impact, catalog.table(catalog.field(field).table_id), translator)


@get("/fields/{field:str}/deletion")
async def field_deletion(
    system: TheSystem, actor: TheActor, translator: TheTranslator, field: FromPath[str]
) -> RemovalBody:
    """What deleting the field would do."""
    return removal_body(await fields.deletion_impact(system, actor, field), translator)


@delete("/fields/{field:str}")
async def delete_field(
    system: TheSystem,
    actor: TheActor,
    field: FromPath[str],
    confirm: Confirmed = False,
    with_inverse: Annotated[bool, QueryParameter(description="Of a link: delete the other end, too")] = False,
) -> None:
    """Put the field into the trash; its values come back with it."""
    await fields.delete(system, actor, field, confirmed=confirm, with_inverse=with_inverse)


@get("/fields/{field:str}/uses")
async def field_uses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, field: FromPath[str]
) -> Uses:
    """Where the field is used."""
    return Uses(use_bodies(await usage.where_used(system, actor, field), translator))


@get("/fields/{field:str}/choices/{choice:int}/uses")
async def choice_uses(
    system: TheSystem, actor: TheActor, translator: TheTranslator, field: FromPath[str], choice: FromPath[int]
) -> ChoiceUses:
    """Where a choice of a select is used, and how many records hold it."""
    found = await usage.where_choice_used(system, actor, field, choice)
    return ChoiceUses(
        found.records, use_bodies(found.uses, translator), use_bodies(found.formulas, translator)
    )


@post("/tables/{table:str}/fields/order", status_code=HTTP_204_NO_CONTENT)
async def order_fields(
    system: TheSystem, actor: TheActor, table: FromPath[str], data: JSONBody[Order]
) -> None:
    """Put the fields of a table into this order."""
    await fields.reorder(system, actor, table, data.ids)


ROUTES = (
    field_types,
    create_field,
    read_field,
    update_field,
    add_choice,
    preview_field,
    field_deletion,
    delete_field,
    field_uses,
    choice_uses,
    order_fields,
)
