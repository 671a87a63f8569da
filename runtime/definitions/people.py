"""The people that cells name: a :class:`Directory` per app, compiled into the configuration of fields that hold people.

A cell holds the number of a person, never the name, as a select holds the number of a choice. What a choice is to a
select, a :class:`KnownPerson` is to a member field; people are no part of its definition, though, and never stored with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

C = TypeVar("C", bound=msgspec.Struct)

ME = "$me"
"""In conditions: whoever looks; in defaults: whoever creates the record."""


class KnownPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with an account. ``member``: belongs to the app; ``active``: the account is not switched off;
    ``everywhere``: owns the installation and so reaches the app without belonging to it."""

    number: int
    id: str
    name: str
    email: str
    active: bool = True
    member: bool = True
    everywhere: bool = False

    @property
    def choosable(self) -> bool:
        """Whether cells may newly name this person."""
        return self.member and self.active

    @property
    def gone(self) -> bool:
        """Whether this person can no longer come here."""
        return not (self.active and (self.member or self.everywhere))


class Directory:
    """The people of one app and everybody else a cell may name, in the order of their names."""

    def __init__(self, people: Iterable[KnownPerson] = ()) -> None:
        self.people = tuple(people)
        self.by_number = {person.number: person for person in self.people}
        self.by_id = {person.id: person for person in self.people}

    @property
    def choosable(self) -> list[KnownPerson]:
        """Those that cells may newly name."""
        return [person for person in self.people if person.choosable]


NOBODY = Directory()


def with_people(config: C, people: Directory) -> C:
    """The configuration of a field that holds people, with the directory it reads names from."""
    fresh = msgspec.structs.replace(config)
    fresh.__dict__["people"] = people
    return fresh


def people_of(config: object) -> Directory:
    """The directory of a compiled configuration; :data:`NOBODY` of one that was not compiled."""
    found = getattr(config, "__dict__", {}).get("people", NOBODY)
    assert isinstance(found, Directory)  # noqa: S101
    return found
