"""What is asked of the write path, and what it answers. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from runtime.access import Actor
from runtime.errors import Problem

Channel = Literal[
    "ui", "api", "import", "form", "automation", "connector", "undo", "redo", "stock", "template", "system"
]


class Source(msgspec.Struct, frozen=True):
    """Through what a change came: the channel, a reference (run, job, connector id), and how many automations deep."""

    channel: Channel
    ref: str | None = None
    depth: int = 0

    @property
    def brings_back(self) -> bool:
        """Whether the values are some that were stored before: a change taken back, or done again."""
        return self.channel in ("undo", "redo")


class NewRecord(msgspec.Struct, frozen=True):
    """Fields of a record to create, by field id or name, in wire form."""

    fields: Mapping[str, Any] = {}


class Patch(msgspec.Struct, frozen=True):
    """Fields to set in record ``id``. With ``version``, refused when the record has moved on since."""

    id: str
    fields: Mapping[str, Any] = {}
    version: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of changes to one table. A single record is a batch of one.

    ``atomic``: all or nothing. ``typecast``: read values leniently (import, paste), links by name. ``states_as_is``:
    new records may start in any state (history brought in from elsewhere). ``quiet``: automations do not look at it.
    ``change_id``: join an earlier change. ``merging``: the record that others of the change go into; what they hold was
    stored already, so that nothing of it is asked again, and links keep records that lie in the trash.
    """

    table: str
    actor: Actor
    source: Source
    creates: tuple[NewRecord, ...] = ()
    updates: tuple[Patch, ...] = ()
    deletes: tuple[str, ...] = ()
    restores: tuple[str, ...] = ()
    reason: str | None = None
    atomic: bool = False
    typecast: bool = False
    states_as_is: bool = False
    quiet: bool = False
    change_id: int | None = None
    merging: str | None = None


class Result(msgspec.Struct, frozen=True):
    """What became of one record; in the order creates, updates, deletes, restores. ``id`` is None if not created."""

    id: str | None
    version: int
    problems: tuple[Problem, ...] = ()
    changed: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """Results in order, and the number that groups them in the history (0 when nothing was stored).

    ``known``: the records as they are stored, as far as the change itself knows (:class:`runtime.records.known.Known`).
    """

    results: tuple[Result, ...]
    change_id: int
    known: Any = None

    @property
    def stored(self) -> int:
        """How many records were stored."""
        return sum(1 for r in self.results if not r.problems)


class RecordView(msgspec.Struct, frozen=True):
    """A record as a reader gets it; ``fields`` by field id in wire form."""

    id: str
    version: int
    fields: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
