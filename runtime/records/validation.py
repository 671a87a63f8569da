"""Validation rules: a formula per field that must give yes before a record is stored."""

from __future__ import annotations

from typing import Any

from runtime import fieldtypes, formulas
from runtime.catalog import Field, Table
from runtime.definitions.fields import Validation
from runtime.i18n import N_, Message
from runtime.records.work import Item, Work
from runtime.storage.computed import formula_fields

OWN = "self"
"""The key by which a rule names its own field, which may not have an id yet when the rule is written."""

_CACHE = "_validation_rules"


def fields_of(table: Table, own: Field | None) -> dict[str, formulas.FieldInfo]:
    """What a rule may read: the fields of the table that are filled in, by id; its own one as :data:`OWN`.

    Computed values are not among them: they follow from what is being checked and are known only afterwards.
    """
    infos = {key: info for key, info in formula_fields(table).items() if not table.by_id[key].readonly}
    if own is not None and own.id in infos:
        infos[OWN] = infos[own.id]
    return infos


def check(work: Work) -> None:
    """Refuse records that break a rule of a field that is filled and, with what its rule reads, touched by the change."""
    rules = _rules(work.table)
    if not rules:
        return
    for item in work.of("create", "update"):
        for field, rule, checked in rules:
            if item.action == "update" and not _touched(work.table, item, field, checked):
                continue
            if _value(item, field) is None:
                continue
            read = {key: field if key == OWN else work.table.by_id[key] for key in checked.fields}
            values = {key: _value(item, one) for key, one in read.items()}
            answer = formulas.evaluate(checked, values, now=work.context.now, zone=work.context.zone)
            if answer is not True:
                item.refuse("validation", _message(field, rule), field)


def _rules(table: Table) -> list[tuple[Field, Validation, formulas.CheckedFormula]]:
    """The rules of a table, understood once for each version of its definition."""
    known: list[tuple[Field, Validation, formulas.CheckedFormula]] | None = table.__dict__.get(_CACHE)
    if known is None:
        known = [
            (one, rule, formulas.check(rule.formula, fields_of(table, one), allow_missing=True))
            for one in table.fields
            if (rule := one.definition.validation) is not None
        ]
        table.__dict__[_CACHE] = known
    return known


def _touched(table: Table, item: Item, field: Field, checked: formulas.CheckedFormula) -> bool:
    if field in item.values:
        return True
    return any(key != OWN and table.by_id[key] in item.values for key in checked.fields)


def _value(item: Item, field: Field) -> Any:
    stored = item.current(field)
    return None if stored is None else fieldtypes.get(field.config).formula_value(field.config, stored)


def _message(field: Field, rule: Validation) -> Message:
    if rule.message:
        return Message(N_("「{field}」:{message}"), {"field": field.name, "message": rule.message})
    return Message(N_("「{field}」不符合这个字段的校验规则"), {"field": field.name})
