"""Values of a definition made real: wire values for fields, text for messages, JSON for webhooks, plain ones to reckon with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from runtime import fieldtypes, formulas
from runtime.automations.moments import as_moment, shifted
from runtime.automations.notes import is_message, load_message
from runtime.automations.reach import Reach, Snapshot
from runtime.automations.runs import Trigger
from runtime.catalog import Field, Table
from runtime.definitions.fields import DateTime, Link
from runtime.definitions.people import NOBODY, Directory, KnownPerson
from runtime.definitions.values import (
    Before,
    FieldValue,
    FormulaValue,
    FoundRecords,
    Literal_,
    Now,
    PersonValue,
    RecordUrl,
    Shifted,
    StepOutput,
    TextValue,
    Value,
)
from runtime.errors import InvalidInput
from runtime.fieldtypes import BadValue, Context, get_by_name
from runtime.fieldtypes.number import wire_number
from runtime.formulas import FormulaError
from runtime.i18n import N_
from runtime.storage.computed import formula_fields

Escape = Callable[[str], str]
ITSELF = "$id"
"""As the field of a :class:`FieldValue`: the record itself, to be linked to or named."""
CREATED, UPDATED = "$created_at", "$updated_at"

_NUMBERS = frozenset({"number", "currency", "percent", "rating", "progress", "duration", "rollup"})
_TEXTS = frozenset({"text", "long_text", "email", "url", "phone", "barcode", "location", "json"})
_PEOPLE = frozenset({"member", "created_by", "updated_by"})


class Values:
    """Renders values for one step. ``base_url`` is where people open the product; ``trigger``: what began the run."""

    def __init__(
        self,
        reach: Reach,
        context: Context,
        base_url: str,
        trigger: Trigger | None = None,
        people: Directory = NOBODY,
    ) -> None:
        self.reach, self.context, self.base_url = reach, context, base_url
        self.trigger, self.people = trigger or Trigger(), people

    # ---- into fields ----

    async def wire(self, value: Value, target: Field) -> Any:
        """What to write into ``target``; the write path reads it leniently (``typecast``).

        Values of the same type go over as they are, others as text: a date into a text field reads as it is shown.
        """
        if isinstance(value, Literal_):
            return value.value
        if isinstance(value, FieldValue):
            return await self._field_wire(value, target)
        if isinstance(value, Before):
            return await self._before_wire(value, target)
        if isinstance(value, PersonValue):
            person = await self._person(value)
            if target.type == "member":
                return None if person is None or isinstance(person, str) else {"id": person.id}
            return person if person is None or isinstance(person, str) else person.name
        if isinstance(value, FoundRecords):
            ids = self.reach.record_ids(value.step)
            return [{"id": one} for one in ids] if isinstance(target.config, Link) else len(ids)
        if isinstance(value, TextValue | RecordUrl):
            return await self.text(value) or None
        found = await self.plain(value)
        if isinstance(found, FormulaError):
            raise InvalidInput(
                N_("给「{field}」的公式算不出来:{error}"),
                code="formula_error",
                field=target.id,
                field_name=target.name,
                error=str(found),
            )
        return self._to_wire(found, target)

    async def _field_wire(self, value: FieldValue, target: Field) -> Any:
        record = await self._record(value)
        if record is None:
            return None
        if value.field == ITSELF:
            return [{"id": record.id}] if isinstance(target.config, Link) else record.title
        if value.field == CREATED:
            return self._to_wire(record.created_at, target)
        source = record.table.field(value.field)
        if source.type in _PEOPLE and target.type == "member":
            return record.wire(source)
        return record.wire(source) if _same_kind(source, target) else record.text(source) or None

    async def _before_wire(self, value: Before, target: Field) -> Any:
        source, stored = await self._before(value)
        if stored is None:
            return None
        if isinstance(source.config, Link):
            return [{"id": one} for one in stored] if _same_kind(source, target) else None
        kind = fieldtypes.get(source.config)
        if _same_kind(source, target):
            return kind.to_wire(source.config, stored)
        return kind.to_text(source.config, stored, self.context) or None

    def _to_wire(self, found: Any, target: Field) -> Any:
        if isinstance(found, bool) or found is None:
            return found
        if isinstance(found, Decimal):
            return wire_number(found)
        if isinstance(found, datetime):
            return moment_text(found, self.context) if target.type in _TEXTS else found.isoformat()
        if isinstance(found, date):
            return found.isoformat()
        if isinstance(found, tuple):
            return list(found) if target.type in ("multi_select", "link") else "、".join(map(str, found))
        return found

    # ---- into conditions ----

    async def operand(self, value: Value, target: Field | None) -> Any:
        """What a condition compares a field with (None: a moment of the record's own). None where it is empty."""
        if isinstance(value, FieldValue) and target is not None and isinstance(target.config, Link):
            record = await self._record(value)
            if record is None:
                return None
            if value.field == ITSELF:
                return [record.id]
            source = record.table.field(value.field)
            return (record.linked(source) or None) if source.type == "link" else record.text(source) or None
        if isinstance(value, FoundRecords):
            return self.reach.record_ids(value.step) or None
        if target is None:
            found = await self.plain(value)
            return found.isoformat() if isinstance(found, date | datetime) else found
        wire = await self.wire(value, target)
        if target.type == "link" and isinstance(wire, list):
            wire = [one["id"] if isinstance(one, dict) else one for one in wire]
        return None if wire in (None, "", []) else wire

    # ---- as JSON ----

    async def json(self, value: Value) -> Any:
        """What a webhook gets: numbers as numbers, dates in ISO 8601, links as lists of ``{id, name}``."""
        if isinstance(value, Literal_):
            return value.value
        if isinstance(value, FieldValue):
            record = await self._record(value)
            if record is None:
                return None
            if value.field == CREATED:
                return record.created_at.isoformat()
            return record.id if value.field == ITSELF else record.wire(record.table.field(value.field))
        if isinstance(value, PersonValue):
            person = await self._person(value)
            return {"id": person.id, "name": person.name} if isinstance(person, KnownPerson) else person
        if isinstance(value, FoundRecords):
            return self.reach.record_ids(value.step)
        if isinstance(value, StepOutput):
            return _said(self.reach.output(value.step, value.key))
        if isinstance(value, TextValue | RecordUrl):
            return await self.text(value)
        found = await self.plain(value)
        if isinstance(found, Decimal):
            return wire_number(found)
        if isinstance(found, tuple):
            return list(found)
        return (
            {"error": str(found)}
            if isinstance(found, FormulaError)
            else found.isoformat()
            if isinstance(found, date)
            else found
        )

    # ---- as text ----

    async def text(self, value: Value | str, escape: Escape = str) -> str:
        """What a person reads. ``escape`` makes what comes from records harmless; the author's own words stay."""
        if isinstance(value, str):
            return value
        if isinstance(value, Literal_):
            return "" if value.value is None else str(value.value)
        if isinstance(value, TextValue):
            return "".join([await self.text(part, escape) for part in value.parts])
        if isinstance(value, FieldValue):
            record = await self._record(value)
            if record is None:
                return ""
            if value.field == CREATED:
                return moment_text(record.created_at, self.context)
            return escape(
                record.title if value.field == ITSELF else record.text(record.table.field(value.field))
            )
        if isinstance(value, Before):
            source, stored = await self._before(value)
            if stored is None or isinstance(source.config, Link):
                return ""
            return escape(fieldtypes.get(source.config).to_text(source.config, stored, self.context))
        if isinstance(value, RecordUrl):
            return self.url(await self.reach.part(value.of))
        return escape(self.said(await self.plain(value)))

    def said(self, found: Any) -> str:
        """A plain value as a person reads it."""
        if found is None:
            return ""
        if isinstance(found, bool):
            return "是" if found else "否"
        if isinstance(found, datetime):
            return moment_text(found, self.context)
        if isinstance(found, Decimal):
            return str(wire_number(found))
        return "、".join(map(str, found)) if isinstance(found, tuple) else str(found)

    # ---- plain ----

    async def plain(self, value: Value) -> Any:
        """The value as formulas see it: Decimal, str, bool, date, aware datetime, tuple, None; or a ``FormulaError``."""
        if isinstance(value, Literal_):
            return _typed(value.value)
        if isinstance(value, Now):
            return self.context.now
        if isinstance(value, FieldValue):
            record = await self._record(value)
            if record is None:
                return None
            if value.field == CREATED:
                return record.created_at
            return (
                record.title or None
                if value.field == ITSELF
                else record.plain(record.table.field(value.field))
            )
        if isinstance(value, StepOutput):
            return _typed(_said(self.reach.output(value.step, value.key)))
        if isinstance(value, Before):
            source, stored = await self._before(value)
            if stored is None or isinstance(source.config, Link):
                return None
            return fieldtypes.get(source.config).formula_value(source.config, stored)
        if isinstance(value, PersonValue):
            person = await self._person(value)
            return person.name if isinstance(person, KnownPerson) else person
        if isinstance(value, FoundRecords):
            return Decimal(len(self.reach.record_ids(value.step)))
        if isinstance(value, Shifted):
            return shifted(await self.plain(value.base), value.amount, value.unit, self.context)
        if isinstance(value, FormulaValue):
            return await self.formula(value)
        return await self.text(value) or None

    async def formula(self, value: FormulaValue) -> Any:
        """What a formula gives; a ``FormulaError`` where it has no answer, also where a field is gone."""
        record = await self.reach.record(value.of) if reads_record(value) else None
        infos = formula_infos(record.table if record else None)
        named = {key: await self.plain(inner) for key, inner in value.names.items()}
        for key, found in named.items():
            kind = value.types.get(key) or type_of_plain(found)
            infos[key] = formulas.FieldInfo(name=key, type=formulas.ValueType(kind))
            named[key] = self._as_type(found, kind)
        checked = formulas.check(value.source, infos, allow_missing=True)
        values = {
            key: named[key] if key in named else record.plain(record.table.by_id[key])  # type: ignore[union-attr]
            for key in checked.fields
        }
        if record is not None:
            values |= {
                "$record_id": record.id,
                "$created_time": record.created_at,
                "$created_by": record.person("creator").partition("|")[2],
            }
        return formulas.evaluate(checked, values, now=self.context.now, zone=self.context.zone)

    def _as_type(self, found: Any, kind: str) -> Any:
        """A plain value as one of the type that a formula was checked with; an error where it is none."""
        if found is None or isinstance(found, FormulaError):
            return found
        try:
            if kind == "number":
                return found if isinstance(found, Decimal) else Decimal(str(found).strip())
            if kind in ("date", "datetime"):
                return as_moment(found, self.context)
        except (InvalidOperation, InvalidInput):
            return FormulaError("#VALUE!")
        if kind == "list":
            return found if isinstance(found, tuple) else (self.said(found),)
        return self.said(found) if kind == "text" else found

    async def _before(self, value: Before) -> tuple[Field, Any]:
        """A field of the trigger's record and what it held, stored; of a link the ids."""
        field = self.reach.catalog.field(value.field)
        # a field that the change did not touch held what it holds
        if field.id not in self.trigger.before and field.id not in self.trigger.after:
            record = await self.reach.record("trigger")
            return field, record.linked(field) if field.type == "link" else record.stored(field)
        given = self.trigger.before.get(field.id)
        if isinstance(field.config, Link):
            return field, [one for one in given or () if isinstance(one, str)]
        try:
            return field, fieldtypes.get(field.config).from_history(field.config, given)
        except (BadValue, ValueError, TypeError):  # the field was of another type then
            return field, None

    async def _person(self, value: PersonValue) -> KnownPerson | str | None:
        """Somebody with an account, or the name of an automation, import …"""
        if value.who == "actor":
            return self.people.by_id.get(self.trigger.actor) or self.trigger.by or None
        stored = (await self.reach.part(value.of)).person(value.who)
        public_id, _, name = stored.partition("|")
        return self.people.by_id.get(public_id) or name or None

    async def _record(self, value: FieldValue) -> Snapshot | None:
        """The record whose field (or itself) is meant; None where a link on the way to it is empty."""
        of_row = value.field in (ITSELF, CREATED)
        return await self.reach.follow(value.of, value.via, () if of_row else None)

    def url(self, record: Snapshot) -> str:
        """The address of a record's page."""
        return record_url(self.base_url, record.table.id, record.id)


def record_path(table_id: str, record_id: str) -> str:
    """The address of a record's page within the product."""
    return f"/t/{table_id}?{urlencode({'record': record_id})}"


def merge_path(table_id: str, records: Sequence[str]) -> str:
    """The address within the product where records are compared, to be merged into one."""
    return f"/t/{table_id}?{urlencode({'merge': ','.join(records)}, safe=',')}"


def record_url(base_url: str, table_id: str, record_id: str) -> str:
    """The address of a record's page."""
    return f"{base_url}/t/{table_id}?{urlencode({'record': record_id})}"


def moment_text(moment: datetime, context: Context) -> str:
    """A moment in the app's zone, as date-time fields show it."""
    config = DateTime()
    return get_by_name("datetime").to_text(config, moment, context)


def formula_infos(table: Table | None) -> dict[str, formulas.FieldInfo]:
    """What a formula may read of a record of ``table``."""
    return {} if table is None else formula_fields(table)


def reads_record(value: FormulaValue) -> bool:
    """Whether a formula needs its record at all."""
    keys = formulas.dependencies(formulas.parse(value.source))
    return any(key not in value.names for key in keys)


def type_of_plain(found: Any) -> str:
    """The type that a formula takes a plain value for."""
    if isinstance(found, FormulaError):
        return "text"
    for kind, name in (
        (bool, "boolean"),
        (int | float | Decimal, "number"),
        (datetime, "datetime"),
        (date, "date"),
        (tuple | list, "list"),
    ):
        if isinstance(found, kind):
            return name
    return "text"


def _same_kind(source: Field, target: Field) -> bool:
    if isinstance(target.config, Link) and isinstance(source.config, Link):
        return target.config.table == source.config.table
    if source.type in _NUMBERS and target.type in _NUMBERS:
        return True
    return source.type == target.type


def _typed(value: Any) -> Any:
    """JSON as a plain value."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name") or value.get("id") or "")
    return value


def _said(stored: Any) -> Any:
    """A stored output for use: sentences in Chinese, the language of the data."""
    return load_message(stored).text() if is_message(stored) else stored
