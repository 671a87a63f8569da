"""Forms: whether their questions can be asked, and storing them.

A question whose field is in the trash stays where it is, so that it is asked again when the field comes back;
:func:`faults` tells of it, and the page leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from builder.edit import editing
from builder.queries import check_filter, find_field
from builder.transitions import check_value
from builder.validation import Problems, check_name, clean_text, free_name, has_control
from builder.versions import check_version
from builder.wire import decode
from runtime.access import Actor
from runtime.catalog import App, Automation, Catalog, Field, Form, Table
from runtime.definitions.fields import COLORS
from runtime.definitions.forms import OPERATORS, FormDef, Question, without_missing
from runtime.definitions.queries import Condition, Filter
from runtime.definitions.triggers import FormSubmitted
from runtime.errors import Problem
from runtime.forms import links
from runtime.forms.asked import cannot_ask
from runtime.i18n import N_
from runtime.system import System

MOST_QUESTIONS = 200
MOST_SUBMISSIONS = 10_000_000
_LENGTHS = {"title": 120, "description": 5000, "submit": 20, "thanks": 5000, "redirect": 2000}
_QUESTION_LENGTHS = {"label": 200, "help": 1000}
_NO_DEFAULT = frozenset({"link", "attachment", "member"})


def check_form(
    problems: Problems, app: App, definition: FormDef, *, own: str | None = None, kept: Iterable[str] = ()
) -> FormDef:
    """The form as it will be stored: table and fields by id. ``kept``: ids of questions that may be without a field."""
    taken = [form.definition.name for form in app.forms if form.id != own]
    given: dict[str, Any] = {"name": check_name(problems.at("name"), definition.name, taken=taken)}
    for part, most in _LENGTHS.items():
        given[part] = _check_text(problems.at(part), getattr(definition, part), most)
    _check_frame(problems, definition)
    table = next((t for t in app.tables if definition.table in (t.id, t.name)), None)
    if table is None:
        problems.at("table").add("unknown_table", N_("选一张数据表"))
        return msgspec.structs.replace(definition, **given)
    given["table"] = table.id
    given["questions"] = _check_questions(problems.at("questions"), app, table, definition, frozenset(kept))
    return msgspec.structs.replace(definition, **given)


def _check_text(problems: Problems, text: str, most: int) -> str:
    cleaned = clean_text(text)
    if len(cleaned) > most:
        problems.add("text_too_long", N_("最多 {limit} 个字"), limit=most)
    if has_control(cleaned, lines=True):
        problems.add("text_not_printable", N_("这里有看不见的控制字符,重新输入一遍"))
    return cleaned


def _check_frame(problems: Problems, definition: FormDef) -> None:
    if definition.color not in COLORS:
        problems.at("color").add("bad_color", N_("没有「{color}」这种颜色"), color=definition.color[:20])
    if definition.after == "redirect" and not _is_https(definition.redirect):
        problems.at("redirect").add("bad_redirect", N_("填一个 https:// 开头的完整网址"))
    if definition.closes_at is not None and definition.closes_at.utcoffset() is None:
        problems.at("closes_at").add("bad_moment", N_("截止时间要带时区"))
    if definition.limit is not None and not 1 <= definition.limit <= MOST_SUBMISSIONS:
        problems.at("limit").add("out_of_range", N_("份数从 1 到 {most}"), most=MOST_SUBMISSIONS)
    if definition.once and definition.audience != "members":
        problems.at("once").add("once_for_members", N_("每人一次只能用在成员填的表单上,外面的人分不清谁是谁"))


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and bool(parts.hostname)
        and not any(char.isspace() for char in address.strip())
    )


def _check_questions(
    problems: Problems, app: App, table: Table, definition: FormDef, kept: frozenset[str]
) -> tuple[Question, ...]:
    if len(definition.questions) > MOST_QUESTIONS:
        problems.add("too_many_questions", N_("最多 {limit} 道题"), limit=MOST_QUESTIONS)
        return definition.questions
    found: list[Question] = []
    earlier: dict[str, Field] = {}
    seen: set[str] = set()
    for index, question in enumerate(definition.questions):
        here = problems.at(index)
        missing = question.field in kept and question.field not in table.by_id
        field = None if missing else find_field(here.at("field"), table, question.field)
        key = question.field if field is None else field.id
        if key in seen:
            here.at("field").add("twice", N_("「{name}」已经在表单里了"), name=field.name if field else key)
        seen.add(key)
        if field is None:
            found.append(question)
            continue
        texts = {
            part: _check_text(here.at(part), getattr(question, part), most)
            for part, most in _QUESTION_LENGTHS.items()
        }
        where = _check_where(here.at("where"), table, question.where, earlier, kept)
        _check_question(here, app, definition, question, field)
        found.append(msgspec.structs.replace(question, field=field.id, where=where, **texts))
        if not question.hidden:
            earlier[field.id] = field
    if not earlier and not any(key in kept for key in seen):
        problems.add("no_questions", N_("表单里至少要有一道题"))
    _check_required(problems, table, found)
    return tuple(found)


def _check_question(problems: Problems, app: App, form: FormDef, question: Question, field: Field) -> None:
    if cannot_ask(app, form, field):
        sentence = (
            N_("「{name}」是成员字段,外面的人看不到成员名单,只能用在成员填的表单上")
            if field.type == "member"
            else N_("「{name}」由系统填写或设为只读,不能放进表单")
        )
        problems.at("field").add("cannot_ask", sentence, field=field, name=field.name)
    if question.default not in (None, "", []):
        if field.type in _NO_DEFAULT:
            problems.at("default").add(
                "no_default", N_("「{name}」在表单里不能预先填好"), field=field, name=field.name
            )
        else:
            check_value(problems.at("default"), app, field, question.default)
    elif question.hidden and question.required:
        problems.at("default").add(
            "hidden_required", N_("「{name}」不显示又必填,要给它一个值"), field=field, name=field.name
        )


def _check_where(
    problems: Problems, table: Table, where: Filter | None, earlier: Mapping[str, Field], kept: frozenset[str]
) -> Filter | None:
    """The condition by ids; what it asks of fields in the trash stays."""
    if where is None:
        return None
    gone = {key for key in _asked(where) if key in kept and key not in table.by_id}
    there = without_missing(where, {key for key in _asked(where) if key not in gone}) if gone else where
    checked = check_filter(problems, table, there, viewed=False)
    for condition in _conditions(checked):
        field = earlier.get(condition.field)
        if field is None:
            if condition.field in table.by_id:
                problems.add(
                    "not_before", N_("条件只能看前面显示出来的题,「{name}」不在前面"), name=table.by_id[condition.field].name
                )  # fmt: skip
        elif condition.op not in OPERATORS.get(field.type, ()):
            problems.add(
                "bad_operator", N_("「{name}」在表单里不能这样比较,换一种"), field=field, name=field.name
            )
    return where if gone else checked


def _conditions(where: Filter | None) -> list[Condition]:
    if where is None:
        return []
    if isinstance(where, Condition):
        return [where]
    return [one for item in where.items for one in _conditions(item)]


def _asked(where: Filter) -> set[str]:
    return {condition.field for condition in _conditions(where)}


def _check_required(problems: Problems, table: Table, questions: list[Question]) -> None:
    """What the table wants filled must always come with a submission."""
    asked = {question.field: (index, question) for index, question in enumerate(questions)}
    for field in table.fields:
        own = field.definition
        if not own.required or field.readonly or own.default is not None or own.default_formula:
            continue
        if field.type == "checkbox" or field.machine is not None:
            continue
        index, question = asked.get(field.id, (-1, None))
        if question is None:
            problems.add(
                "required_missing",
                N_("「{name}」在数据表里必须填写,表单里要有它"),
                field=field,
                name=field.name,
            )
        elif question.where is not None:
            problems.at(index).at("where").add(
                "required_sometimes",
                N_("「{name}」在数据表里必须填写,不能只在有的时候问"),
                field=field,
                name=field.name,
            )


def faults(catalog: Catalog, form: Form) -> tuple[list[Problem], list[str]]:
    """What is wrong with a stored form today, and the ids of its questions whose fields are gone."""
    app = catalog.app(form.app_id)
    table = next((t for t in app.tables if t.id == form.definition.table), None)
    problems = Problems()
    check_form(problems, app, form.definition, own=form.id, kept=_kept(form.definition))
    missing = (
        [] if table is None else [q.field for q in form.definition.questions if q.field not in table.by_id]
    )
    return list(problems.found), missing


def _kept(definition: FormDef) -> frozenset[str]:
    named = {question.field for question in definition.questions}
    return frozenset(named.union(*(_asked(q.where) for q in definition.questions if q.where is not None)))


def first_questions(app: App, table: Table) -> tuple[Question, ...]:
    """What a new form asks: everything that anybody can fill in."""
    plain = FormDef(name="", table=table.id, audience="link")
    return tuple(
        Question(field.id, required=field.definition.required)
        for field in table.fields
        if not cannot_ask(app, plain, field, choose=False)
    )


def read_definition(problems: Problems, value: Mapping[str, Any]) -> FormDef:
    """A form from JSON. Raises InvalidDefinition."""
    definition = decode(problems, value, FormDef)
    problems.raise_any()
    return cast(FormDef, definition)


async def create(system: System, actor: Actor, app_id: str, definition: FormDef) -> Form:
    """Add a form to an app; without questions it asks all that can be filled in. Its address is made with it."""
    async with editing(system, actor, app_id) as edit:
        app = edit.catalog.app(app_id)
        table = next((t for t in app.tables if definition.table in (t.id, t.name)), None)
        if table is not None and not definition.questions:
            definition = msgspec.structs.replace(definition, questions=first_questions(app, table))
        problems = Problems()
        definition = check_form(problems, app, definition)
        problems.raise_any()
        stored = await edit.create("form", definition, app=app.number)
        edit.tell(app_id)
        made = (await edit.refresh()).form(stored.id)
        await links.read(system, actor, made.id)
        return made


async def update(
    system: System, actor: Actor, form_id: str, changes: Mapping[str, Any], *, version: int | None = None
) -> Form:
    """Change a form; ``changes`` are the keys of its JSON that change, each as a whole."""
    async with editing(system, actor, form_id) as edit:
        form = edit.catalog.form(form_id)
        check_version(form, version)
        body = {**msgspec.to_builtins(form.definition), **changes}
        definition = read_definition(Problems(), body)
        problems = Problems()
        app = edit.catalog.app(form.app_id)
        definition = check_form(problems, app, definition, own=form_id, kept=_kept(form.definition))
        problems.raise_any()
        await edit.change(await edit.live(form_id, "form"), definition)
        edit.tell(app.id, form_id)
        return (await edit.refresh()).form(form_id)


async def duplicate(system: System, actor: Actor, form_id: str) -> Form:
    """Make a copy, with an address of its own and switched off until somebody opens it."""
    async with editing(system, actor, form_id) as edit:
        form = edit.catalog.form(form_id)
        app = edit.catalog.app(form.app_id)
        name = free_name(form.definition.name, [one.definition.name for one in app.forms])
        stored = await edit.create(
            "form", msgspec.structs.replace(form.definition, name=name, open=False), app=app.number
        )
        edit.tell(app.id)
        made = (await edit.refresh()).form(stored.id)
        await links.read(system, actor, made.id)
        return made


async def delete(system: System, actor: Actor, form_id: str) -> None:
    """Put a form into the trash: its address answers no more, automations that wait for it are switched off."""
    async with editing(system, actor, form_id) as edit:
        form = edit.catalog.form(form_id)
        for automation in waiting_for(edit.catalog.app(form.app_id), form_id):
            body = msgspec.structs.replace(automation.definition, enabled=False)
            await edit.change(await edit.live(automation.id, "automation"), body)
        await edit.trash(await edit.live(form_id, "form"))
        edit.tell(form.app_id, form_id)


def waiting_for(app: App, form_id: str) -> list[Automation]:
    """Enabled automations that start when the form is submitted."""
    return [
        one
        for one in app.automations
        if one.definition.enabled
        and isinstance(one.definition.trigger, FormSubmitted)
        and one.definition.trigger.form == form_id
    ]


async def reorder(system: System, actor: Actor, app_id: str, ids: list[str]) -> None:
    """Put the forms of an app into this order; those not named follow."""
    async with editing(system, actor, app_id) as edit:
        await edit.reorder("form", ids, [form.id for form in edit.catalog.app(app_id).forms])
        edit.tell(app_id)
