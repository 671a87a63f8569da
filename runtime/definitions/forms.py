"""Forms: pages on which people who need not know the table add records to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from runtime.definitions.queries import Condition, Filter, Group

Audience = Literal["members", "link"]
"""Who may fill a form: the members of its app, signed in; or anyone who has its address."""

ANSWERED = ("is_empty", "is_not_empty")
_TEXTS = ("is", "is_not", "contains", "not_contains", "starts_with", "ends_with", *ANSWERED)
_NUMBERS = ("eq", "ne", "gt", "ge", "lt", "le", "between", *ANSWERED)
OPERATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("text", "long_text", "email", "url", "phone", "barcode"), _TEXTS),
    **dict.fromkeys(("number", "currency", "percent", "rating", "progress", "duration"), _NUMBERS),
    "single_select": ("is", "is_not", "is_any_of", "is_none_of", *ANSWERED),
    "multi_select": ("is_any_of", "has_all_of", "is_none_of", *ANSWERED),
    "checkbox": ("is",),
    "date": ("on", "before", "after", "between", *ANSWERED),
    "datetime": ANSWERED,
    "cascade": ANSWERED,
    "location": ANSWERED,
    "attachment": ANSWERED,
    "link": ANSWERED,
    "member": ANSWERED,
    "json": ANSWERED,
}
"""What a question's condition can ask of an earlier answer, by its type: what browser and server can both tell from the
answers alone. The keys are also the types that people can fill in."""


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field as a form asks for it.

    ``label``: what it is called there (empty: the field's name). ``default``: what it begins with (wire form), and what a
    ``hidden`` one is always stored with. ``where``: it is asked only when answers given before it meet this; what is not
    asked is stored empty. ``choose``: of a link, records may be looked up by their names; else it is not asked.
    """

    field: str
    label: str = ""
    help: str = ""
    required: bool = False
    hidden: bool = False
    default: Any = None
    where: Filter | None = None
    choose: bool = False


class FormDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A form on ``table``; ``questions`` in the order in which they are asked.

    ``name``: what its builders call it; ``title``: what stands on it (empty: the name). ``description``, ``thanks``: texts in
    Markdown. ``after``: what follows a submission: ``thanks``, or the address ``redirect`` (https). ``again``: another one can be
    filled in at once. ``closes_at``: it is closed from then on; ``limit``: how many submissions it takes; ``once``: every member
    can submit one. Its address is a secret, which is kept beside the definition (:mod:`runtime.forms.links`).
    """

    name: str
    table: str
    questions: tuple[Question, ...] = ()
    title: str = ""
    description: str = ""
    color: str = "teal"
    submit: str = ""
    after: Literal["thanks", "redirect"] = "thanks"
    thanks: str = ""
    again: bool = True
    redirect: str = ""
    audience: Audience = "members"
    open: bool = True
    closes_at: datetime | None = None
    limit: int | None = None
    once: bool = False


def without_missing(where: Filter | None, known: frozenset[str] | set[str]) -> Filter | None:
    """A question's condition without what it asks of questions that are not there any more; None when nothing is left."""
    if where is None:
        return None
    if isinstance(where, Condition):
        return where if where.field in known else None
    items = tuple(left for item in where.items if (left := without_missing(item, known)) is not None)
    return Group(where.conjunction, items) if items else None
