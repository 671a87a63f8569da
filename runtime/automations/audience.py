"""Whom a step means: the people and addresses that its values name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runtime.automations.steps.base import Attempt
from runtime.definitions.people import KnownPerson
from runtime.definitions.values import FieldValue, PersonValue

PEOPLE_FIELDS = frozenset({"member", "created_by", "updated_by"})


async def people_of(attempt: Attempt, value: FieldValue | PersonValue) -> list[KnownPerson]:
    """The people a value names who can still come into the app; none where it is empty, or names no person."""
    known = attempt.app.people
    if isinstance(value, PersonValue):
        found = await attempt.values.json(value)
        ids = [found["id"]] if isinstance(found, dict) else []
    else:
        record = await attempt.reach.follow(value.of, value.via)
        field = record.table.field(value.field) if record is not None else None
        if record is None or field is None or field.type not in PEOPLE_FIELDS:
            return []
        ids = list(_ids(record.wire(field)))
    people = [known.by_id[one] for one in ids if one in known.by_id]
    return [person for person in people if not person.gone]


def _ids(wire: Any) -> Iterable[str]:
    for one in wire if isinstance(wire, list) else [wire]:
        if isinstance(one, dict) and "id" in one:
            yield str(one["id"])


async def with_roles(attempt: Attempt, roles: Iterable[str]) -> list[int]:
    """Numbers of the members of the app who have one of ``roles``."""
    rows = await attempt.tx.fetch(
        "SELECT person_id FROM meta.membership WHERE app_id = $1 AND role = ANY($2::text[])",
        attempt.app.number,
        list(roles),
    )
    return [row["person_id"] for row in rows]


async def addresses_of(attempt: Attempt, value: FieldValue | PersonValue) -> list[str]:
    """The mail addresses a value names: of people, or what stands in a field, several parted by commas or spaces."""
    if isinstance(value, PersonValue):
        return [person.email for person in await people_of(attempt, value)]
    record = await attempt.reach.follow(value.of, value.via)
    if record is None:
        return []
    field = record.table.field(value.field)
    if field.type in PEOPLE_FIELDS:
        return [person.email for person in await people_of(attempt, value)]
    text = record.text(field)
    for mark in (",", ";", ",", ";", "、", "\n"):
        text = text.replace(mark, " ")
    return text.split()
