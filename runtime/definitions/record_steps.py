"""Steps over records. What they can reach later steps refer to by the step's id: a record (``of``), or a list (``every``)."""

from __future__ import annotations

from typing import Literal

import msgspec

from runtime.definitions.queries import AggregateFunction, Filter, Sort
from runtime.definitions.values import Assignment

MOST_RECORDS = 10_000
"""As many records one step finds, changes or deletes at most."""


class UpdateRecord(msgspec.Struct, frozen=True, tag="update_record", tag_field="kind", omit_defaults=True):
    """Set fields of the record ``of`` (``"trigger"`` or a step's id), of all that the step found (``every``), or of those
    that the link field ``via`` of the record points at.

    Outputs: ``count`` of the records, ``changed``: how many of them differ now.
    """

    set: tuple[Assignment, ...]
    of: str = "trigger"
    every: bool = False
    via: str = ""


class CreateRecord(msgspec.Struct, frozen=True, tag="create_record", tag_field="kind", omit_defaults=True):
    """Create a record in ``table``; later steps can use it by this step's id."""

    table: str
    set: tuple[Assignment, ...] = ()


class FindRecords(msgspec.Struct, frozen=True, tag="find_records", tag_field="kind", omit_defaults=True):
    """Find at most ``limit`` records of ``table``; operands of ``where`` may be values, and one that is empty matches nothing.

    ``others``: the trigger's own record is not among them. Outcomes: ``found``, ``none``. Outputs: ``count``; the first
    record is reached by this step's id, ``records`` lists the ids of all.
    """

    table: str
    where: Filter | None = None
    sorts: tuple[Sort, ...] = ()
    limit: int = 100
    others: bool = False


class UpsertRecord(msgspec.Struct, frozen=True, tag="upsert_record", tag_field="kind", omit_defaults=True):
    """Update the record of ``table`` whose fields hold what ``match`` says (the oldest of several), or create it.

    ``create``: set on a new record only. Outcomes: ``updated``, ``created``, ``empty`` (a value to match by is empty:
    nothing is done). The record is reached by this step's id.
    """

    table: str
    match: tuple[Assignment, ...] = ()
    set: tuple[Assignment, ...] = ()
    create: tuple[Assignment, ...] = ()


class LinkRecord(msgspec.Struct, frozen=True, tag="link_record", tag_field="kind", omit_defaults=True):
    """Let the link field ``link`` of the record ``of`` point at the record whose fields hold what ``match`` says.

    ``missing``: ``create`` makes one that is not there (with ``set``), ``leave`` links nothing. ``keep``: what a link to
    many points at already stays. Outcomes: ``linked``, ``created``, ``none``, ``empty`` (a value to match by is empty).
    The record pointed at is reached by this step's id.
    """

    link: str
    match: tuple[Assignment, ...] = ()
    set: tuple[Assignment, ...] = ()
    of: str = "trigger"
    missing: Literal["create", "leave"] = "create"
    keep: bool = True


class DeleteRecord(msgspec.Struct, frozen=True, tag="delete_record", tag_field="kind", omit_defaults=True):
    """Put records into the trash: which, as :class:`UpdateRecord`. Outcomes: ``deleted``, ``gone`` (there was nothing)."""

    of: str = "trigger"
    every: bool = False
    via: str = ""


class MoveState(msgspec.Struct, frozen=True, tag="move_state", tag_field="kind", omit_defaults=True):
    """Move the state ``field`` of records (which, as :class:`UpdateRecord`) to the choice ``to``.

    Outcomes: ``moved``; ``refused`` (of any of them; the machine's reason is the output ``reason``); ``already`` there.
    """

    field: str
    to: int
    of: str = "trigger"
    every: bool = False
    via: str = ""


class AggregateRecords(msgspec.Struct, frozen=True, tag="aggregate", tag_field="kind", omit_defaults=True):
    """One number over the records of ``table`` that meet ``where``; with ``group`` also the group in which it is greatest.

    Outputs: ``value``, ``count``; ``top`` (the group's name) and ``top_value``.
    """

    table: str
    where: Filter | None = None
    fn: AggregateFunction = "count"
    field: str | None = None
    group: str | None = None
    others: bool = False


RecordStep = (
    UpdateRecord
    | CreateRecord
    | FindRecords
    | UpsertRecord
    | LinkRecord
    | DeleteRecord
    | MoveState
    | AggregateRecords
)
