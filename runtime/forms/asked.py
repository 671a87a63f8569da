"""What a form asks of whom: its questions as they are today, and whether it is open to this visitor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from runtime.access import Actor, Operation, allowed
from runtime.catalog import App, Field, Form, Table
from runtime.definitions.fields import (
    Attachment,
    Cascade,
    FieldConfig,
    Link,
    MultiSelect,
    SingleSelect,
)
from runtime.definitions.forms import OPERATORS, FormDef, Question, without_missing
from runtime.definitions.people import people_of
from runtime.definitions.queries import Filter
from runtime.errors import NotAllowed, NotSignedIn, RuleBroken
from runtime.i18n import N_
from runtime.storage.database import Database, Row, Tx

Closed = Literal["closed", "over", "full", "once"]
"""Why a form takes nothing: switched off, its time is over, it has all it wants, this person has sent theirs."""

CLOSED_WORDS: dict[Closed, str] = {
    "closed": N_("这个表单现在不收了"),
    "over": N_("这个表单已经过了截止时间,不再收了"),
    "full": N_("这个表单已经收满,不再收了"),
    "once": N_("你已经交过了,每人只能交一次"),
}


class Asked(msgspec.Struct, frozen=True):
    """A question with its field; ``where`` without what asks of questions that are no longer there."""

    question: Question
    field: Field
    where: Filter | None


def cannot_ask(app: App, form: FormDef, field: Field, *, choose: bool = True) -> bool:
    """Whether nobody can fill this field in a form: computed, kept by the system, or not for strangers."""
    managed = {key for stock in app.stocks for key in stock.definition.managed}
    return (
        field.type not in OPERATORS
        or field.readonly
        or field.definition.read_only
        or field.id in managed
        or (field.type == "link" and not choose)
        or (field.type == "member" and form.audience != "members")
    )


def questions(app: App, form: Form) -> list[Asked]:
    """The questions that can be asked today, hidden ones included, in order."""
    table = table_of(app, form)
    if table is None:
        return []
    found: list[Asked] = []
    known: set[str] = set()
    for question in form.definition.questions:
        field = table.by_id.get(question.field)
        if field is None or cannot_ask(app, form.definition, field, choose=question.choose):
            continue
        found.append(Asked(question, field, without_missing(question.where, known)))
        known.add(field.id)
    return found


def table_of(app: App, form: Form) -> Table | None:
    """The table of a form; None when it is in the trash."""
    return next((table for table in app.tables if table.id == form.definition.table), None)


def require_may_fill(actor: Actor | None, app: App, form: Form) -> None:
    """Refuse who is not meant.

    Raises:
        NotSignedIn: it is for members, and nobody is signed in.
        NotAllowed: it is for members, and this person is none.
    """
    if form.definition.audience == "link":
        return
    if actor is None:
        raise NotSignedIn()
    if not allowed(actor, Operation.LOOK, app.id):
        raise NotAllowed(
            N_("这个表单只给应用「{app}」的成员填。要填的话,请联系应用的所有者"), code="not_a_member", app=app.name
        )  # fmt: skip


async def closed(
    db: Database | Tx, app: App, form: Form, row: Row, person: int | None, now: datetime | None = None
) -> Closed | None:
    """Why the form takes nothing from this person now; None: it does. ``row``: of ``meta.form``."""
    definition = form.definition
    if not definition.open or not any(not one.question.hidden for one in questions(app, form)):
        return "closed"
    if definition.closes_at is not None and definition.closes_at <= (now or datetime.now(UTC)):
        return "over"
    if definition.limit is not None and row["submitted"] >= definition.limit:
        return "full"
    if definition.once and person is not None:
        sent = await db.value(
            "SELECT 1 FROM meta.form_submission WHERE form_id = $1 AND person_id = $2 LIMIT 1",
            form.number,
            person,
        )
        if sent is not None:
            return "once"
    return None


def refuse_closed(why: Closed | None) -> None:
    """Raise what :func:`closed` found. Raises RuleBroken."""
    if why is not None:
        raise RuleBroken(CLOSED_WORDS[why], code=f"form_{why}")


def begun(asked: Asked, app: App, now: datetime | None = None) -> Any:
    """What a question begins with, in wire form: its own default, else the field's; None: nothing."""
    default = asked.question.default
    if default is None and asked.field.type != "member":
        default = asked.field.definition.default
    if default == "$now" and asked.field.type in ("date", "datetime"):
        moment = (now or datetime.now(UTC)).astimezone(app.zone)
        return moment.date().isoformat() if asked.field.type == "date" else moment.isoformat("T", "minutes")
    return default


def shown_options(app: App, field: Field) -> dict[str, Any]:
    """Of a field's settings, what is needed to fill it in: nothing of moves, limits, formulas or other tables."""
    config: FieldConfig = field.config
    if isinstance(config, SingleSelect | MultiSelect):
        machine = config.machine if isinstance(config, SingleSelect) else None
        return {
            "choices": [
                {"id": one.id, "name": one.name, "color": one.color}
                for one in config.choices
                if not one.archived and (machine is None or not machine.initial or one.id in machine.initial)
            ]
        }
    if isinstance(config, Cascade):
        tree = [msgspec.to_builtins(node) for node in config.tree if not node.archived]
        return {"tree": tree, "any_level": config.any_level}
    if isinstance(config, Link):
        return {"many": config.many}
    options: dict[str, Any] = {key: getattr(config, key) for key in config.__struct_fields__}
    if isinstance(config, Attachment):
        options["kinds"] = list(config.kinds)
    if field.type == "member":
        people = people_of(config).choosable
        options["people"] = [{"id": one.id, "name": one.name} for one in people]
    return options


def question_json(app: App, asked: Asked) -> dict[str, Any]:
    """A question as a page shows it."""
    question, field = asked.question, asked.field
    return {
        "id": field.id,
        "type": field.type,
        "label": question.label or field.name,
        "help": question.help,
        "required": question.required or field.definition.required,
        "where": None if asked.where is None else msgspec.to_builtins(asked.where),
        "options": shown_options(app, field),
        "value": begun(asked, app),
    }
