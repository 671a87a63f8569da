"""Taking what was filled in: only the form's own fields, once per key, as a record written like any other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from runtime.access import Actor
from runtime.catalog import App, Form
from runtime.errors import InvalidInput, Problem, RecordsRejected, RuleBroken
from runtime.fieldtypes.attachment import FILE_ID
from runtime.forms import links, rates
from runtime.forms.asked import Asked, begun, closed, questions, refuse_closed, require_may_fill
from runtime.forms.conditions import is_empty, meets
from runtime.i18n import N_, Message
from runtime.ids import parse_record_id, record_id
from runtime.records import write
from runtime.records.change import Change, NewRecord, Source
from runtime.storage.database import Tx
from runtime.system import System

MAX_KEY = 100


class Submitted(msgspec.Struct, frozen=True):
    """The record that a submission made; ``repeated``: it had come before, and nothing was made again."""

    record: str
    repeated: bool = False


def actor_of(app: App, form: Form, visitor: Actor | None) -> Actor:
    """Who writes: the member who fills it in, or the form itself; with no more rights than adding records takes."""
    if form.definition.audience == "members" and visitor is not None:
        return Actor(
            kind="person",
            id=visitor.id,
            name=visitor.name,
            person=visitor.person,
            roles={app.id: "editor"},
            language=visitor.language,
            email=visitor.email,
        )
    name = Message(N_("表单「{name}」"), {"name": form.definition.name}).text()
    return Actor(kind="form", id=form.id, name=name, roles={app.id: "editor"})


async def submit(
    system: System,
    secret: str,
    answers: Mapping[str, Any],
    *,
    key: str,
    visitor: Actor | None = None,
    address: str = "",
) -> Submitted:
    """Store the answers (wire values by field id) as a new record; the same ``key`` again gives the same record.

    Whoever could not know that their answers had come, changed them and sent them again, is told; another key stores them.

    Raises:
        NotFound, NotSignedIn, NotAllowed: no such form, or it is not for this visitor.
        RuleBroken: it is closed, over, full, or this person has sent theirs; the key was used for other answers (``key_used``).
        TooOften: too many from this address, or at this form.
        RecordsRejected: answers that are missing or do not fit; ``problems`` name their fields.
    """
    if not 8 <= len(key) <= MAX_KEY:
        raise InvalidInput(N_("这次提交没有编号,刷新页面再试"), code="no_key")
    catalog = await system.catalogs.current()
    app, form, row = await links.find(system, catalog, secret)
    require_may_fill(visitor, app, form)
    await rates.admit(system, form, rates.SUBMIT, address)
    actor = actor_of(app, form, visitor)
    said = _digest(answers)
    async with system.db.transaction() as tx:
        # one submission of a form at a time: its limit holds, and a key that comes twice at once finds the first one's record
        row = await tx.row("SELECT * FROM meta.form WHERE form_id = $1 FOR UPDATE", form.number)
        earlier = await tx.row(
            "SELECT table_id, record_id, digest FROM meta.form_submission WHERE form_id = $1 AND key = $2",
            form.number,
            key,
        )
        if earlier is not None:
            if earlier["digest"] not in (None, said):
                raise RuleBroken(
                    N_(
                        "这一份之前已经交上了,只是没收到回音;交上的是改动以前的内容。要把现在的再交一份,就再点一次提交"
                    ),
                    code="key_used",
                )
            return Submitted(record_id(earlier["table_id"], earlier["record_id"]), repeated=True)
        refuse_closed(await closed(tx, app, form, row, actor.person))
        values = await _values(tx, app, form, actor, answers)
        change = Change(
            table=form.definition.table,
            actor=actor,
            source=Source("form", form.id),
            creates=(NewRecord(values),),
            atomic=True,
        )
        outcome = await write.apply_in(system, tx, change)
        made = outcome.results[0].id
        assert made is not None  # noqa: S101 - atomic: it is stored or raises
        await _note(tx, form, key, actor, made, said)
    return Submitted(made)


def _digest(answers: Mapping[str, Any]) -> str:
    """What is kept of what was said: enough to know the same again."""
    said = {field: value for field, value in answers.items() if value is not None}
    return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()


async def _note(tx: Tx, form: Form, key: str, actor: Actor, made: str, said: str) -> None:
    table, row = parse_record_id(made)
    await tx.execute(
        "INSERT INTO meta.form_submission (form_id, key, person_id, table_id, record_id, digest)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        form.number,
        key,
        actor.person,
        table,
        row,
        said,
    )
    await tx.execute(
        "UPDATE meta.form SET submitted = submitted + 1, submitted_at = now() WHERE form_id = $1", form.number
    )


async def _values(tx: Tx, app: App, form: Form, actor: Actor, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored: of shown questions what was answered, of hidden ones their defaults, of those not asked nothing."""
    values: dict[str, Any] = {}
    given: dict[str, Any] = {}  # what conditions see
    problems: list[Problem] = []
    for one in questions(app, form):
        field = one.field
        if one.question.hidden:
            given[field.id] = begun(one, app)
            if given[field.id] is not None:  # else whatever the table itself puts there
                values[field.id] = given[field.id]
            continue
        if not meets(one.where, given):
            values[field.id] = None
            continue
        value = answers.get(field.id)
        if field.type == "checkbox":
            value = value is True
        given[field.id] = value
        if is_empty(value) or (value is False and one.question.required):
            if one.question.required:
                problems.append(_problem("required", N_("「{field}」必须填写"), one))
            if not field.definition.default_formula:  # left empty, it is worked out
                values[field.id] = False if field.type == "checkbox" else None
            continue
        if field.type == "attachment" and not await _own_files(tx, actor, value):
            problems.append(_problem("no_such_file", N_("「{field}」里的文件已经失效,重新上传一次"), one))
        values[field.id] = value
    if problems:
        raise RecordsRejected(
            N_("有 {count} 处填得不对,什么都没有保存"), count=len(problems), problems=problems
        )
    return values


def _problem(code: str, msgid: str, one: Asked) -> Problem:
    label = one.question.label or one.field.name
    return Problem(code, Message(msgid, {"field": label}), one.field.id, label)


async def _own_files(tx: Tx, actor: Actor, value: Any) -> bool:
    """Whether all files were uploaded through this form (by this member) and belong to no record yet."""
    items = value if isinstance(value, list) else [value]
    ids = {str(item.get("id") if isinstance(item, dict) else item) for item in items}
    if not all(FILE_ID.fullmatch(one) for one in ids):
        return False
    found = await tx.value(
        "SELECT count(*) FROM meta.file WHERE public_id = ANY($1::text[]) AND uploaded_by = $2"
        " AND attached_at IS NULL AND deleted_at IS NULL",
        sorted(ids),
        actor.id,
    )
    return bool(found == len(ids))
