"""An app as a template: every definition with symbolic ids, so that it installs anywhere. Records stay at home.

The law: exporting an app and installing the result gives the same app (names, fields, rules, views, automations,
dashboards); only ids differ. Connectors go along without their settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from builder import auto_numbers, connectors, rules
from builder.computed import shown
from builder.wire import complete, options_of, states_shown
from runtime.access import Actor, Operation, require
from runtime.catalog import App, Field, Form, Table
from runtime.definitions.fields import (
    AutoNumber,
    FieldConfig,
    Formula,
    Link,
    Member,
    MultiSelect,
    SingleSelect,
    StateTime,
)
from runtime.definitions.forms import without_missing
from runtime.definitions.people import ME
from runtime.definitions.states import StateMachine
from runtime.system import System
from templates_market.binding import plain


class _Keys:
    """Keys made of names: readable, unique within their list."""

    def __init__(self) -> None:
        self._taken: dict[str, set[str]] = {}

    def make(self, space: str, name: str) -> str:
        taken = self._taken.setdefault(space, set())
        base = re.sub(r"[^\w-]+", "_", name).strip("_") or "x"
        key = next(k for k in (base, *(f"{base}_{n}" for n in range(2, 10_000))) if k not in taken)
        taken.add(key)
        return key


_PERSON = re.compile(r"usr[0-9A-Za-z]{14}")


class Exporter:
    """Collects what an app says. ``symbols``: symbol by public id; ``choices``: new numbers of a select's choices."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.symbols: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.choices: dict[str, dict[int, int]] = {}
        names = _Keys()
        for table in app.tables:
            key = self.keys[table.id] = names.make("tables", table.name)
            self.symbols[table.id] = f"@{key}"
            for field in table.fields:
                field_key = self.keys[field.id] = names.make(table.id, field.name)
                self.symbols[field.id] = f"@{key}.{field_key}"
                used = [c.id for c in field.choices_by_id.values() if not c.archived]
                self.choices[field.id] = {old: new for new, old in enumerate(used, 1)}
        self._name(names, "stocks", app.stocks)
        self._name(names, "automations", app.automations)
        self._name(names, "dashboards", app.dashboards)
        self._name(names, "workbenches", app.workbenches)
        self._name(names, "forms", app.forms)

    def _name(self, names: _Keys, space: str, entries: Iterable[Any]) -> None:
        for entry in entries:
            key = self.keys[entry.id] = names.make(space, entry.definition.name)
            self.symbols[entry.id] = f"@{space}/{key}"

    def symbolic(self, value: Any) -> Any:
        """``value`` with ids as symbols and the choice numbers of moves renumbered; conditions on people drop out."""
        if isinstance(value, str):
            return self.symbols.get(value, value)
        if isinstance(value, list | tuple):
            return [self.symbolic(item) for item in value if not _asks_for_people(item)]
        if isinstance(value, dict):
            if _asks_for_people(value):  # nobody there knows them: every record, until somebody chooses anew
                return {"kind": "group"}
            plain_value = {self.symbolic(key): self.symbolic(item) for key, item in value.items()}
            if value.get("kind") == "state_moved":
                numbers = self.choices.get(value.get("field", ""), {})
                for side in ("sources", "targets"):
                    plain_value[side] = [numbers[n] for n in value.get(side, ()) if n in numbers]
            return _without_addressees(plain_value)
        return value

    def table(self, table: Table) -> dict[str, Any]:
        """One table with its fields and views."""
        fields = {self.keys[f.id]: self.field(table, f) for f in table.fields if not _is_far_end(f)}
        primary = table.primary
        unique = [[self.keys[key] for key in rule.fields] for rule in table.definition.unique]
        return {
            "name": table.name,
            "icon": table.definition.icon,
            "description": table.definition.description,
            "record_noun": table.definition.record_noun,
            **({"primary": self.keys[primary.id]} if primary else {}),
            **({"unique": unique} if unique else {}),
            "order": [self.keys[f.id] for f in table.fields],
            "fields": fields,
            "views": {
                f"view{n}": self.symbolic(msgspec.to_builtins(v.definition))
                for n, v in enumerate(table.views, 1)
            },
        }

    def field(self, table: Table, field: Field) -> dict[str, Any]:
        """One field in the form the installer reads."""
        definition, config = field.definition, field.config
        said: dict[str, Any] = {"name": field.name, "type": field.type}
        for rule in ("description", "required", "unique", "read_only"):
            if getattr(definition, rule):
                said[rule] = getattr(definition, rule)
        if isinstance(config, Member):
            if ME in (definition.default if isinstance(definition.default, list) else [definition.default]):
                said["default"] = ME
        elif definition.default is not None:
            said["default"] = definition.default
        if (validation := rules.shown(table, field)) is not None:
            said["validation"] = msgspec.to_builtins(validation)
        if source := rules.shown_default(table, field):
            said["default_formula"] = source
        options = options_of(config)
        options.pop("inverse", None)
        machine = self.shown_machine(table, options.pop("machine", None), config)
        if isinstance(config, StateTime) and config.state is not None:
            options["state"] = self.choices.get(config.field, {}).get(config.state)
        if isinstance(config, SingleSelect | MultiSelect):
            numbers = self.choices[field.id]
            options["choices"] = [
                {"id": numbers[c.id], "name": c.name, "color": c.color}
                for c in config.choices
                if c.id in numbers
            ]
        if isinstance(config, Formula):
            options["source"] = shown(table, config.source, self.app.tables)
        if isinstance(config, AutoNumber):
            options = auto_numbers.by_name(table, options)
        said |= self.symbolic(options)
        if isinstance(config, Link) and config.inverse in self.keys:
            far = next(f for t in self.app.tables for f in t.fields if f.id == config.inverse)
            many = isinstance(far.config, Link) and far.config.many
            said["inverse"] = {"key": self.keys[far.id], "name": far.name, "many": many}
        if machine:
            said["machine"] = self.machine(field, machine)
        return said

    def shown_machine(self, table: Table, machine: Any, config: FieldConfig) -> Any:
        """A machine without people, its formulas with the names of their fields."""
        if not isinstance(config, SingleSelect) or config.machine is None:
            return machine
        return complete(states_shown(table, _without_people(config.machine), self.app.tables))

    def machine(self, field: Field, machine: Mapping[str, Any]) -> dict[str, Any]:
        """A state machine with renumbered choices."""
        numbers = self.choices[field.id]
        return {
            "initial": [numbers[n] for n in machine["initial"] if n in numbers],
            "states": [
                {**s, "choice": numbers[s["choice"]]} for s in machine["states"] if s["choice"] in numbers
            ],
            "transitions": [
                {**self.symbolic(t), "source": numbers[t["source"]], "target": numbers[t["target"]]}
                for t in machine["transitions"]
                if t["source"] in numbers and t["target"] in numbers
            ],
        }

    def stock(self, definition: Any) -> dict[str, Any]:
        """A stock definition with renumbered choices."""
        said: dict[str, Any] = self.symbolic(msgspec.to_builtins(definition))
        numbers = self.choices.get(definition.line_status, {})
        for part in ("unreserved", "reserved_choice", "consumed", "backordered", "expired"):
            if said.get(part) is not None:
                said[part] = numbers.get(said[part], said[part])
        return said

    def form(self, form: Form) -> dict[str, Any]:
        """A form without its closing time, and without questions whose fields are gone."""
        definition = form.definition
        table = next((t for t in self.app.tables if t.id == definition.table), None)
        known = set() if table is None else set(table.by_id)
        questions = tuple(
            msgspec.structs.replace(one, where=without_missing(one.where, known))
            for one in definition.questions
            if one.field in known
        )
        kept = msgspec.structs.replace(definition, questions=questions, closes_at=None)
        said: dict[str, Any] = self.symbolic(msgspec.to_builtins(kept))
        return said


def _without_people(machine: StateMachine) -> StateMachine:
    """Moves of named people become those of the app's owners: a template knows nobody."""
    return msgspec.structs.replace(
        machine,
        transitions=tuple(
            msgspec.structs.replace(one, members=(), roles=one.roles or ("owner",)) if one.members else one
            for one in machine.transitions
        ),
    )


def _without_addressees(value: dict[str, Any]) -> dict[str, Any]:
    """A step that tells named people or addresses tells the owners, or whoever set it off: a template knows nobody."""
    if value.get("kind") == "notify" and value.get("people"):
        others = value.get("roles") or value.get("values")
        return {**value, "people": [], **({} if others else {"roles": ["owner"]})}
    if value.get("kind") == "send_email" and value.get("to"):
        others = value.get("values")
        return {**value, "to": [], **({} if others else {"values": [{"kind": "person", "who": "actor"}]})}
    if value.get("kind") == "http_request" and value.get("answer"):  # examples come from a real answer
        return {**value, "answer": [{**one, "example": ""} for one in value["answer"]]}
    return value


def _asks_for_people(value: Any) -> bool:
    """Whether it is a condition that names people, who are only known here."""
    if not isinstance(value, dict) or value.get("kind") != "condition":
        return False
    named = value.get("value")
    return any(
        _PERSON.fullmatch(str(one.get("id") if isinstance(one, dict) else one))
        for one in (named if isinstance(named, list) else [named])
    )


def _is_far_end(field: Field) -> bool:
    """Whether a link is told from its other end."""
    return isinstance(field.config, Link) and field.config.inverse is not None and field.config.side == "b"


async def export_app(system: System, actor: Actor, app_id: str) -> dict[str, Any]:
    """The template of an app, as the content of a ``template.yaml``."""
    require(actor, Operation.BUILD, app_id)
    app = (await system.catalogs.current()).app(app_id)
    exporter = Exporter(app)
    names = _Keys()
    links = {}
    for info in await connectors.list_of(system, actor, app_id):
        key = names.make("connectors", info.name)
        exporter.symbols[info.id] = f"@connectors/{key}"
        links[key] = {"kind": info.kind, "name": info.name}
    text = {"zh": app.name, "en": app.name}
    look = app.definition
    summary = look.description or app.name
    return {
        "slug": plain(app.name) or "app",
        "version": "1.0.0",
        "kind": "app",
        "category": "orders",
        "icon": look.icon,
        "color": look.color,
        "name": text,
        "summary": {"zh": summary, "en": summary},
        "description": {"zh": look.description, "en": look.description},
        "app": {k: v for k, v in msgspec.to_builtins(look).items() if k != "template"},
        "tables": {exporter.keys[t.id]: exporter.table(t) for t in app.tables},
        "stocks": {exporter.keys[s.id]: exporter.stock(s.definition) for s in app.stocks},
        "connectors": links,
        "forms": {exporter.keys[f.id]: exporter.form(f) for f in app.forms},
        **{
            space: {
                exporter.keys[e.id]: exporter.symbolic(msgspec.to_builtins(e.definition)) for e in entries
            }
            for space, entries in (
                ("automations", app.automations),
                ("dashboards", app.dashboards),
                ("workbenches", app.workbenches),
            )
        },
    }


def write(template: Mapping[str, Any], folder: Path) -> Path:
    """Write ``template.yaml`` into ``folder`` (made if need be); returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "template.yaml"
    path.write_text(
        yaml.safe_dump(dict(template), allow_unicode=True, sort_keys=False, width=120), encoding="utf-8"
    )
    return path
