"""The configuration of a field: from the JSON a form or a program sends to a checked value of the vocabulary."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec

from builder import computed, rules, states
from builder.auto_numbers import check_auto_number
from builder.cascades import read_tree
from builder.choices import read_choices
from builder.link_limits import check_limit
from builder.links import read_link
from builder.queries import check_filter
from builder.validation import Problems, clean_text, has_control
from builder.wire import decode_config, options_of
from runtime import fieldtypes
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.automations import ButtonPressed
from runtime.definitions.fields import (
    COLORS,
    COLUMNLESS_TYPES,
    COMPUTED_TYPES,
    PERSON_TYPES,
    READONLY_TYPES,
    Attachment,
    AutoNumber,
    Button,
    Cascade,
    Choice,
    Currency,
    FieldConfig,
    FieldDef,
    Link,
    LongText,
    MultiSelect,
    Number,
    Percent,
    Phone,
    Progress,
    Rating,
    SingleSelect,
    Text,
    type_name,
)
from runtime.definitions.people import ME, with_people
from runtime.fieldtypes import BadValue, Context
from runtime.fieldtypes.attachment import MOST_FILES
from runtime.fieldtypes.phone import COUNTRIES
from runtime.i18n import N_, Message

LINK_EXTRAS = frozenset({"two_way", "inverse_name", "inverse_many"})
UNIQUE_TYPES = frozenset(
    {
        "text",
        "email",
        "url",
        "phone",
        "barcode",
        "number",
        "currency",
        "duration",
        "date",
        "datetime",
        "auto_number",
    }
)
PRIMARY_TYPES = frozenset(
    {
        "text", "long_text", "email", "url", "phone", "barcode", "location", "number", "currency", "percent", "duration", "date", "datetime",
        "single_select", "auto_number", "formula",
    }
)  # fmt: skip
# an index entry of PostgreSQL holds 2704 bytes; 500 characters of four bytes fit
UNIQUE_LENGTH = 500
_CURRENCY = re.compile(r"[A-Z]{3}")
_DEFAULT_NOW = "$now"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Where a configuration is checked: the catalog, the table it stands in, and the field as it was, if it exists."""

    catalog: Catalog
    app: App
    table: Table
    old: Field | None = None


def read_config(
    problems: Problems, scope: Scope, type_name_: str, options: dict[str, Any]
) -> FieldConfig | None:
    """The configuration that ``type`` and ``options`` spell, checked; None (with problems) when they spell none.

    For a field that keeps its type, options left out keep their values.
    """
    here = problems.at("options")
    if scope.old is not None and scope.old.type != type_name_ and "button" in (scope.old.type, type_name_):
        problems.at("type").add("not_convertible", N_("按钮不存内容,不能和别的类型互换;请另建一个字段"))
        return None
    same = scope.old is not None and scope.old.type == type_name_
    if same and scope.old is not None:
        options = {**options_of(scope.old.config), **options}
    if type_name_ == "link":
        return read_link(here, scope.catalog, scope.app, scope.table, options, scope.old)
    if not _known_options(problems, type_name_, options):
        return None
    if type_name_ in ("single_select", "multi_select"):
        return _read_select(problems, scope, type_name_, options)
    if type_name_ == "cascade":
        before = scope.old.config.tree if scope.old and isinstance(scope.old.config, Cascade) else ()
        nodes = read_tree(here.at("tree"), options.get("tree", []), before)
        options = {**options, "tree": msgspec.to_builtins(nodes)}
    if type_name_ in COMPUTED_TYPES:
        options = computed.with_ids(here, scope.catalog, scope.app, scope.table, type_name_, options)
    config = decode_config(problems, type_name_, options)
    if config is None:
        return None
    return check_config(here, scope, config)


def _known_options(problems: Problems, name: str, options: dict[str, Any]) -> bool:
    if name not in _OPTIONS:
        decode_config(problems, name, {})
        return False
    unknown = [key for key in options if key not in _OPTIONS[name]]
    for key in unknown:
        problems.at("options").at(key).add(
            "unknown_option",
            N_("「{type}」字段没有「{key}」这个设置"),
            type=Message(fieldtypes.get_by_name(name).label),
            key=key[:40],
        )
    return not unknown


def _names_of(config: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(config.__struct_fields__)


_OPTIONS: dict[str, frozenset[str]] = {
    str(kind.__struct_config__.tag): _names_of(kind) for kind in FieldConfig.__args__
}


def check_config(problems: Problems, scope: Scope, config: FieldConfig) -> FieldConfig:
    """The configuration as it will be stored; selects and links have their own readers."""
    if type_name(config) in PERSON_TYPES:
        return with_people(config, scope.app.people)
    checker = _CHECKERS.get(type_name(config))
    return config if checker is None else checker(problems, scope, config)


def _read_select(
    problems: Problems, scope: Scope, name: str, options: dict[str, Any]
) -> SingleSelect | MultiSelect | None:
    here = problems.at("options")
    before: tuple[Choice, ...] = ()
    if scope.old is not None and isinstance(scope.old.config, SingleSelect | MultiSelect):
        before = scope.old.config.choices
    choices = read_choices(here.at("choices"), options.get("choices", msgspec.to_builtins(before)), before)
    given = {**options, "choices": msgspec.to_builtins(choices)}
    if name == "single_select":
        given["machine"] = states.number_choices(options.get("machine"), choices)
    config = decode_config(problems, name, given)
    if isinstance(config, SingleSelect) and config.machine is not None:
        own = scope.old.id if scope.old else None
        machine = states.check_machine(
            here.at("machine"), scope.app, scope.table, choices, config.machine, own, scope.catalog
        )
        config = msgspec.structs.replace(config, machine=machine)
    return config  # type: ignore[return-value]


def _text(problems: Problems, scope: Scope, config: Text | LongText) -> Text | LongText:
    limit = 1000 if isinstance(config, Text) else 100_000
    if not 1 <= config.max_length <= limit:
        problems.at("max_length").add(
            "out_of_range", N_("字数上限应在 {low} 到 {high} 之间"), low=1, high=limit
        )
    return config


def _number(problems: Problems, scope: Scope, config: Number) -> Number:
    _decimals(problems, config.decimals, 10)
    unit = clean_text(config.unit)
    if len(unit) > 20 or has_control(unit):
        problems.at("unit").add("unit_too_long", N_("单位最多 {limit} 个字"), limit=20)
    if config.minimum is not None and config.maximum is not None and config.minimum > config.maximum:
        problems.at("minimum").add("minimum_above_maximum", N_("最小值不能大于最大值"))
    return msgspec.structs.replace(config, unit=unit)


def _currency(problems: Problems, scope: Scope, config: Currency) -> Currency:
    _decimals(problems, config.decimals, 4)
    code = config.currency.strip().upper()
    if not _CURRENCY.fullmatch(code):
        problems.at("currency").add("bad_currency", N_("币种要填三个字母的代码,如 CNY"))
    return msgspec.structs.replace(config, currency=code)


def _phone(problems: Problems, scope: Scope, config: Phone) -> Phone:
    country = config.country.strip().upper()
    if country not in COUNTRIES:
        problems.at("country").add(
            "bad_country", N_("没有「{country}」这个国家或地区"), country=config.country[:20]
        )
    return msgspec.structs.replace(config, country=country)


def _percent(problems: Problems, scope: Scope, config: Percent) -> Percent:
    _decimals(problems, config.decimals, 8)
    return config


def _decimals(problems: Problems, decimals: int, limit: int) -> None:
    if not 0 <= decimals <= limit:
        problems.at("decimals").add(
            "out_of_range", N_("小数位数应在 {low} 到 {high} 之间"), low=0, high=limit
        )


def _auto_number(problems: Problems, scope: Scope, config: AutoNumber) -> AutoNumber:
    return check_auto_number(problems, scope.table, config)


def _rating(problems: Problems, scope: Scope, config: Rating) -> Rating:
    if not 1 <= config.maximum <= 10:
        problems.at("maximum").add("out_of_range", N_("最高分应在 {low} 到 {high} 之间"), low=1, high=10)
    _color(problems, config.color)
    return config


def _progress(problems: Problems, scope: Scope, config: Progress) -> Progress:
    _decimals(problems, config.decimals, 4)
    if not (math.isfinite(config.start) and math.isfinite(config.end) and config.start < config.end):
        problems.at("end").add("end_before_start", N_("终点要大于起点"))
    if max(abs(config.start), abs(config.end)) > 1e12:
        problems.at("end").add("out_of_range", N_("起点和终点最多 12 位数"))
    _color(problems, config.color)
    return config


def _color(problems: Problems, color: str) -> None:
    if color not in COLORS:
        problems.at("color").add("bad_color", N_("没有「{color}」这种颜色"), color=color[:40])


def _attachment(problems: Problems, scope: Scope, config: Attachment) -> Attachment:
    if not 1 <= config.max_files <= MOST_FILES:
        problems.at("max_files").add(
            "out_of_range", N_("文件个数应在 {low} 到 {high} 之间"), low=1, high=MOST_FILES
        )
    if config.max_size_mb is not None and not 1 <= config.max_size_mb <= 4096:
        problems.at("max_size_mb").add(
            "out_of_range", N_("单个文件的上限应在 {low} 到 {high} MB 之间"), low=1, high=4096
        )
    return msgspec.structs.replace(config, kinds=tuple(dict.fromkeys(config.kinds)))


def _button(problems: Problems, scope: Scope, config: Button) -> Button:
    """The automation is one of this app that waits for a button of this table; none yet is fine."""
    label, confirm = clean_text(config.label), clean_text(config.confirm)
    for key, text, limit in (("label", label, 40), ("confirm", confirm, 200)):
        if len(text) > limit or has_control(text):
            problems.at(key).add("text_too_long", N_("最多 {limit} 个字"), limit=limit)
    _color(problems, config.color)
    old = scope.old.config if scope.old is not None else None
    if config.automation and config.automation != getattr(old, "automation", None):
        found = next((a for a in scope.app.automations if a.id == config.automation), None)
        trigger = found.definition.trigger if found is not None else None
        if not isinstance(trigger, ButtonPressed) or trigger.table != scope.table.id:
            problems.at("automation").add("unknown_automation", N_("选一个由这张表的按钮触发的自动化"))
    where = check_filter(problems.at("where"), scope.table, config.where)
    return msgspec.structs.replace(config, label=label, confirm=confirm, where=where)


def _link(problems: Problems, scope: Scope, config: Link) -> Link:
    return check_limit(problems, scope.table, scope.catalog.table(config.table), config)


_CHECKERS: dict[str, Callable[[Problems, Scope, Any], Any]] = {
    "attachment": _attachment,
    "text": _text,
    "long_text": _text,
    "number": _number,
    "currency": _currency,
    "percent": _percent,
    "phone": _phone,
    "rating": _rating,
    "progress": _progress,
    "button": _button,
    "auto_number": _auto_number,
    "link": _link,
    "lookup": computed.check_lookup,
    "rollup": computed.check_rollup,
    "formula": computed.check_formula,
    "state_time": computed.check_state_time,
}


def check_field(problems: Problems, catalog: Catalog, app: App, field_id: str) -> None:
    """Whether a stored field's configuration is still sound in this catalog (fields it reads, its state machine)."""
    table = next(t for t in app.tables if field_id in t.by_id)
    field = table.by_id[field_id]
    here = problems.at("options")
    scope = Scope(catalog=catalog, app=app, table=table, old=field)
    check_config(here, scope, field.config)
    rules.check_validation(here, scope, field.definition)
    rules.check_default_formula(here, scope, field.definition)
    if isinstance(field.config, SingleSelect) and field.config.machine is not None:
        states.check_machine(
            here.at("machine"), app, table, field.config.choices, field.config.machine, field.id, catalog
        )


def check_rules(problems: Problems, scope: Scope, definition: FieldDef) -> FieldDef:
    """Required, unique and default against the type; the definition as it will be stored."""
    name = definition.type
    if definition.required and name in READONLY_TYPES | {"checkbox"}:
        problems.at("required").add("not_for_type", N_("这种字段不能设为必填"))
    if definition.unique:
        if name not in UNIQUE_TYPES:
            problems.at("unique").add("not_for_type", N_("这种字段不能设为唯一"))
        elif isinstance(definition.config, Text) and definition.config.max_length > UNIQUE_LENGTH:
            shorter = msgspec.structs.replace(definition.config, max_length=UNIQUE_LENGTH)
            definition = msgspec.structs.replace(definition, config=shorter)
    if definition.read_only and name in READONLY_TYPES:
        problems.at("read_only").add("not_for_type", N_("这种字段本来就由系统填写"))
    definition = rules.check_validation(problems, scope, definition)
    definition = rules.check_default_formula(problems, scope, definition)
    if definition.default is not None and definition.default != "":
        _check_default(problems.at("default"), scope, definition)
    else:
        definition = msgspec.structs.replace(definition, default=None)
    return definition


def _check_default(problems: Problems, scope: Scope, definition: FieldDef) -> None:
    if definition.type in READONLY_TYPES | {"link", "attachment"}:
        problems.add("not_for_type", N_("这种字段不能有默认值"))
        return
    if definition.unique:
        problems.add("default_of_unique", N_("唯一的字段不能有默认值,不然第二条就重复了"))
        return
    if definition.default == _DEFAULT_NOW and definition.type in ("date", "datetime"):
        return
    default = definition.default
    if definition.type == "member":  # whoever creates the record is known only then
        default = [one for one in (default if isinstance(default, list) else [default]) if one != ME]
    try:
        stored = fieldtypes.get(definition.config).parse(
            definition.config, default, Context(zone=scope.app.zone)
        )
    except BadValue as bad:
        problems.add(bad.code, bad.message.msgid, **bad.message.params)
        return
    machine = definition.config.machine if isinstance(definition.config, SingleSelect) else None
    if machine is not None and stored not in machine.initial:
        problems.add("bad_initial_state", N_("默认值应是起始状态之一"))


def has_column(config: FieldConfig) -> bool:
    """Whether the field has a column of its own."""
    return type_name(config) not in COLUMNLESS_TYPES
