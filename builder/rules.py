"""Validation rules of fields while they are being edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from builder.validation import Problems, clean_text
from runtime import fieldtypes, formulas
from runtime.catalog import Field, Table
from runtime.definitions.fields import READONLY_TYPES, FieldDef, Validation
from runtime.i18n import N_
from runtime.records import defaults, validation

if TYPE_CHECKING:
    from builder.configs import Scope


def shown(table: Table, field: Field) -> Validation | None:
    """A field's rule as people read it: every field by name."""
    rule = field.definition.validation
    if rule is None:
        return None
    names = {one.id: one.name for one in table.fields} | {validation.OWN: field.name}
    return msgspec.structs.replace(rule, formula=formulas.unbind(rule.formula, names))


def shown_default(table: Table, field: Field) -> str:
    """A field's default formula as people read it: every field by name."""
    source = field.definition.default_formula
    return formulas.unbind(source, {one.id: one.name for one in table.fields}) if source else ""


def check_default_formula(problems: Problems, scope: Scope, definition: FieldDef) -> FieldDef:
    """The default formula as it is stored: fields by id. No circle of defaults, none beside a fixed default."""
    given = definition.default_formula
    if not given.strip():
        return msgspec.structs.replace(definition, default_formula="")
    here = problems.at("default_formula")
    if definition.type in defaults.UNFIT:
        here.add("not_for_type", N_("这种字段不能有默认值"))
        return definition
    if definition.default not in (None, ""):
        here.add("two_defaults", N_("默认值要么是固定的,要么用公式,只留一个"))
    own = scope.old.id if scope.old else ""
    infos = {key: i for key, i in validation.fields_of(scope.table, None).items() if key != own}
    ids = {scope.table.by_id[key].name: key for key in infos}
    try:
        checked = formulas.check(given, infos)
        source = formulas.bind(given, ids)
    except formulas.FormulaRejected as rejected:
        params = {**rejected.message.params, "start": rejected.start, "end": rejected.end}
        here.add(rejected.error_code, rejected.message.msgid, **params)
        return definition
    reads = {
        one.id: sorted(formulas.dependencies(formulas.parse(one.definition.default_formula)))
        for one in scope.table.fields
        if one.definition.default_formula
    }
    reads[own] = sorted(checked.fields)
    if own and (way := defaults.circle(reads, own)):
        names = [definition.name if key == own else scope.table.by_id[key].name for key in way]
        here.add("default_circle", N_("默认值绕成了一圈:{way}"), way=" → ".join(names))
    return msgspec.structs.replace(definition, default_formula=source)


def check_validation(problems: Problems, scope: Scope, definition: FieldDef) -> FieldDef:
    """The rule as it is stored: fields by id, the field itself as ``self``; an empty formula is no rule."""
    rule = definition.validation
    if rule is None or not rule.formula.strip():
        return msgspec.structs.replace(definition, validation=None)
    if definition.type in READONLY_TYPES | {"link"}:
        problems.at("validation").add("not_for_type", N_("这种字段不能设校验规则"))
        return definition
    message = clean_text(rule.message)
    if len(message) > 200:
        problems.at("validation.message").add("text_too_long", N_("最多 {limit} 个字"), limit=200)
    infos = {
        key: info
        for key, info in validation.fields_of(scope.table, None).items()
        if scope.old is None or key != scope.old.id
    }
    kind = fieldtypes.get(definition.config).formula_type(definition.config)
    ids = {scope.table.by_id[key].name: key for key in infos}
    if scope.old is not None:
        ids[scope.old.id] = validation.OWN
    if kind is not None:
        infos[validation.OWN] = formulas.FieldInfo(name=definition.name, type=formulas.ValueType(kind))
        ids[definition.name] = validation.OWN
        if scope.old is not None:
            infos[scope.old.id] = infos[validation.OWN]
    here = problems.at("validation.formula")
    try:
        checked = formulas.check(rule.formula, infos)
        source = formulas.bind(rule.formula, ids)
    except formulas.FormulaRejected as rejected:
        params = {**rejected.message.params, "start": rejected.start, "end": rejected.end}
        here.add(rejected.error_code, rejected.message.msgid, **params)
        return definition
    if checked.type.value not in ("boolean", "blank"):
        here.add(
            "not_yes_or_no",
            N_("校验公式要得出「是」或「否」,如 {example}"),
            example=f"{{{definition.name}}}>0",
        )
    return msgspec.structs.replace(definition, validation=Validation(source, message))
