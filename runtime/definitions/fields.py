"""Fields: a name, a few common properties, and the configuration of its type (a tagged union by ``type``)."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from runtime.definitions.matching import Match, Pair
from runtime.definitions.queries import AggregateFunction, Filter, Sort
from runtime.definitions.states import StateMachine

COLORS = (
    "red",
    "orange",
    "amber",
    "lime",
    "green",
    "teal",
    "cyan",
    "blue",
    "indigo",
    "violet",
    "pink",
    "grey",
)


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """An option of a select. ``id`` is its number within the field and what is stored; it is never used again."""

    id: int
    name: str
    color: str = "grey"
    archived: bool = False


class _Config(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True):
    pass


class Text(_Config, frozen=True, tag="text"):
    """One line, at most ``max_length`` characters."""

    max_length: int = 1000


class LongText(_Config, frozen=True, tag="long_text"):
    """Several lines; with ``markdown`` they are shown as formatted text (never as HTML)."""

    max_length: int = 100_000
    markdown: bool = False


class Email(_Config, frozen=True, tag="email"):
    """An e-mail address."""


class Url(_Config, frozen=True, tag="url"):
    """A web address."""


class Phone(_Config, frozen=True, tag="phone"):
    """``mainland``: an 11-digit mobile number of mainland China; ``international``: any number, kept in E.164.

    ``country``: where an international number is taken to be from that does not say (ISO 3166, two letters).
    """

    format: Literal["mainland", "international"] = "mainland"
    country: str = "CN"


class Barcode(_Config, frozen=True, tag="barcode"):
    """A text shown as a code of this ``format``."""

    format: Literal["qr", "code128", "ean13"] = "qr"


class Location(_Config, frozen=True, tag="location"):
    """An address: province, city, district and, with ``detail``, street and number."""

    detail: bool = True


class Json(_Config, frozen=True, tag="json"):
    """Any JSON value."""


FileKind = Literal["image", "pdf", "document", "text", "audio", "video", "archive", "other"]


class Attachment(_Config, frozen=True, tag="attachment"):
    """Files. ``kinds``: which may be added, any when empty; at most ``max_files`` of at most ``max_size_mb`` each."""

    kinds: tuple[FileKind, ...] = ()
    max_files: int = 100
    max_size_mb: int | None = None


class Number(_Config, frozen=True, tag="number"):
    """An exact decimal, shown with ``decimals`` places (0 = whole numbers only) and ``unit``."""

    decimals: int = 0
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    thousands: bool = False


class Currency(_Config, frozen=True, tag="currency"):
    """An exact amount of money with ``decimals`` places; ``currency`` is an ISO 4217 code."""

    currency: str = "CNY"
    decimals: int = 2


class Percent(_Config, frozen=True, tag="percent"):
    """A share; 0.125 is shown as 12.5 %."""

    decimals: int = 1


class Rating(_Config, frozen=True, tag="rating"):
    """A whole number from 1 to ``maximum`` (at most 10), shown as so many of an icon in a colour."""

    maximum: int = 5
    icon: Literal["star", "heart", "thumbs-up", "flame", "flag"] = "star"
    color: str = "amber"


class Progress(_Config, frozen=True, tag="progress"):
    """A number from ``start`` to ``end``, shown as a bar."""

    start: float = 0
    end: float = 100
    decimals: int = 0
    color: str = "blue"


class Duration(_Config, frozen=True, tag="duration"):
    """A length of time in whole seconds."""

    format: Literal["h:mm", "h:mm:ss", "words"] = "h:mm"


class Checkbox(_Config, frozen=True, tag="checkbox"):
    """Yes or no; an empty cell is no."""


class Date(_Config, frozen=True, tag="date"):
    """A calendar day."""


class DateTime(_Config, frozen=True, tag="datetime"):
    """A moment, shown in the workspace's time zone."""

    seconds: bool = False


class _Choices(_Config, frozen=True, dict=True):
    choices: tuple[Choice, ...] = ()

    @cached_property
    def by_id(self) -> dict[int, Choice]:
        """The choices by number, those taken off the list included."""
        return {choice.id: choice for choice in self.choices}

    @cached_property
    def open_by_name(self) -> dict[str, Choice]:
        """The choices one may choose by name; the first where two are called the same."""
        return {choice.name: choice for choice in reversed(self.choices) if not choice.archived}


class SingleSelect(_Choices, frozen=True, tag="single_select"):
    """One of ``choices``; with ``machine`` it is a state machine."""

    machine: StateMachine | None = None


class MultiSelect(_Choices, frozen=True, tag="multi_select"):
    """Any of ``choices``."""


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A choice in a tree: its number is what is stored, ``parent`` the number of the one it lies under."""

    id: int
    name: str
    parent: int | None = None
    archived: bool = False


class Cascade(_Config, frozen=True, tag="cascade"):
    """One node of ``tree``, chosen level by level; ``any_level``: branches may be chosen as well as leaves."""

    tree: tuple[Node, ...] = ()
    any_level: bool = False


class Case(msgspec.Struct, frozen=True):
    """What an auto number writes for one value of another field: a choice by its number, anything else by its text."""

    value: int | str
    text: str


class Segment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of an auto number: fixed ``text``, the ``date`` of creation (strftime format), the ``sequence``, or what
    stands for the value of ``field`` in the same record when it is created.

    Of a ``field``: the text of its case; without a case ``other`` (None: the value itself, as people read it), for an
    empty cell ``empty``. ``separate``: each text that comes out has a sequence of its own.
    """

    kind: Literal["text", "date", "sequence", "field"]
    text: str = ""
    width: int = 4
    field: str = ""
    cases: tuple[Case, ...] = ()
    other: str | None = None
    empty: str = ""
    separate: bool = False


class AutoNumber(_Config, frozen=True, tag="auto_number"):
    """Numbers records as they are created. ``restart`` begins the sequence again every day, month or year."""

    segments: tuple[Segment, ...] = (Segment("sequence", width=1),)
    restart: Literal["never", "day", "month", "year"] = "never"


class Link(_Config, frozen=True, tag="link"):
    """Points at records of ``table``. ``many``: may hold several. ``inverse``: the field at the other end, if two-way.

    Only records that meet ``where`` and agree with the record that points (``pairs``; links agree where they share a
    record) can be newly pointed at. The pairs of records live in a join table named by ``relation`` (the number of the
    definition that made it); ``side`` tells which of its two columns is ours.
    """

    table: str
    many: bool = True
    inverse: str | None = None
    relation: int = 0
    side: Literal["a", "b"] = "a"
    where: Filter | None = None
    pairs: tuple[Pair, ...] = ()


class Lookup(_Config, frozen=True, tag="lookup"):
    """The values of ``field`` in the records that ``link`` (a link field of this table) points at, or that ``match``.

    Of those that meet ``where``, in the order of ``sorts`` (else that of the link, or of creation): ``take`` all that are
    filled (at most ``limit``; 0: every one), or only the first or last of them.
    """

    link: str | None = None
    field: str = ""
    where: Filter | None = None
    match: Match | None = None
    sorts: tuple[Sort, ...] = ()
    take: Literal["all", "first", "last"] = "all"
    limit: int = 0


RollupFunction = AggregateFunction | Literal["share_filled", "first", "last", "list", "list_unique"]


class Rollup(_Config, frozen=True, tag="rollup"):
    """One value over the linked or matching records (those that meet ``where``); ``field`` is needed for all but ``count``.

    ``share_filled``: the filled among all; ``first``/``last``: of the filled ones, in the order of ``sorts``; ``list`` and
    ``list_unique``: all of them as text. ``result`` is the type of the value.
    """

    link: str | None = None
    fn: RollupFunction = "count"
    field: str | None = None
    where: Filter | None = None
    match: Match | None = None
    sorts: tuple[Sort, ...] = ()
    result: Literal["text", "number", "boolean", "date", "datetime"] = "number"


class Formula(_Config, frozen=True, tag="formula"):
    """A calculation over the same record. ``source`` names fields by id; ``result`` is the type it was checked to have.

    A number is shown with at most ``decimals`` places; ``percent``: as a share, 0.125 as 12.5 %.
    """

    source: str
    result: Literal["text", "number", "boolean", "date", "datetime"] = "text"
    decimals: int = 2
    percent: bool = False


class StateTime(_Config, frozen=True, tag="state_time"):
    """How a record stands in the state machine of the single select ``field`` of its table.

    ``shows``: since when it is in its state; for how long; until when it may be (the state's limit); whether it is past
    that; or how long it was in state ``state`` (a choice's number) in all.
    """

    field: str = ""
    shows: Literal["entered_at", "time_in_state", "due_at", "late", "time_spent"] = "time_in_state"
    state: int | None = None


class CreatedTime(_Config, frozen=True, tag="created_time"):
    """When the record was created."""


class UpdatedTime(_Config, frozen=True, tag="updated_time"):
    """When the record was last changed."""


class Member(_Config, frozen=True, tag="member", dict=True):
    """People of the app; ``many``: may hold several."""

    many: bool = False


class Button(_Config, frozen=True, tag="button"):
    """Pressed, it runs ``automation`` (one that waits for a button) for its record, where that meets ``where``.

    ``label``: what stands on it, the field's name when empty; ``confirm``: what is asked before, if anything.
    """

    automation: str = ""
    label: str = ""
    icon: Literal["zap", "play", "send", "check", "bell", "truck", "printer", "refresh-cw"] = "zap"
    color: str = "blue"
    confirm: str = ""
    where: Filter | None = None


class CreatedBy(_Config, frozen=True, tag="created_by", dict=True):
    """Who created the record."""


class UpdatedBy(_Config, frozen=True, tag="updated_by", dict=True):
    """Who changed the record last."""


FieldConfig = (
    Text | LongText | Email | Url | Phone | Barcode | Json | Location | Attachment | Number | Currency | Percent | Rating | Progress | Duration | Checkbox | Date | DateTime
    | SingleSelect | MultiSelect | Cascade | AutoNumber | Link | Lookup | Rollup | Formula | StateTime
    | CreatedTime | UpdatedTime | CreatedBy | UpdatedBy | Member | Button
)  # fmt: skip


class Validation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a filled value must fulfil: ``formula`` gives yes. It names fields by id and the field's own value ``self``.

    ``message`` is what people read where it does not; empty: a general sentence.
    """

    formula: str
    message: str = ""


class FieldDef(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of a table, without its place in storage (that is :class:`runtime.catalog.Field`).

    ``read_only``: people, programs and imports cannot write it; automations, moves of states, connectors and its default can.
    ``default_formula``: in place of ``default``, worked out when a record is created; it names fields by id.
    """

    name: str
    config: FieldConfig
    description: str = ""
    required: bool = False
    unique: bool = False
    default: Any = None
    read_only: bool = False
    validation: Validation | None = None
    default_formula: str = ""

    @property
    def type(self) -> str:
        """The type's name, e.g. ``single_select``."""
        return type_name(self.config)


def type_name(config: FieldConfig) -> str:
    """The ``type`` tag of a configuration."""
    tag = type(config).__struct_config__.tag
    return str(tag)


COMPUTED_TYPES = frozenset({"lookup", "rollup", "formula", "state_time"})
PERSON_TYPES = frozenset({"member", "created_by", "updated_by"})
SYSTEM_TYPES = frozenset({"created_time", "updated_time", "created_by", "updated_by"})
# these have no column of their own
COLUMNLESS_TYPES = SYSTEM_TYPES | {"link", "button"}
READONLY_TYPES = COMPUTED_TYPES | SYSTEM_TYPES | {"auto_number", "button"}
