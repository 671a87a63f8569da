"""The write path's working state: one :class:`Item` per record of a change, filled step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.states import Transition
from runtime.errors import Problem
from runtime.fieldtypes import Context
from runtime.i18n import N_, Message
from runtime.records.change import Change, NewRecord, Patch
from runtime.storage.database import Tx
from runtime.system import System

Action = Literal["create", "update", "delete", "restore", "press"]


@dataclass(slots=True)
class Item:
    """One record on its way: what is there (``row``, ``before``), what is to be stored (``values``, ``links``)."""

    index: int
    action: Action
    change: Change
    """What it belongs to: several changes may be stored in one transaction."""
    asked: NewRecord | Patch | None = None
    change_id: int = 0
    row_id: int = 0
    version: int = 0
    row: Any = None
    values: dict[Field, Any] = field(default_factory=dict)
    """New stored values of fields with a column."""
    links: dict[Field, list[int]] = field(default_factory=dict)
    """New row numbers pointed at, per link field."""
    old_links: dict[Field, list[int]] = field(default_factory=dict)
    moves: list[tuple[Field, int | None, int, Transition | None]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    history_id: int = 0
    automation: str | None = None
    """What a pressed button runs."""

    def refuse(self, code: str, message: Message, about: Field | None = None) -> None:
        """Note a problem; a record with one is not stored."""
        self.problems.append(
            Problem(
                code,
                message,
                field=about.id if about else None,
                field_name=about.name if about else None,
                path=str(self.index),
            )
        )

    def stand_back(self) -> None:
        """Keep it out of a transaction that others share: it is to be stored again alone."""
        self.refuse("again", Message(N_("这条记录要单独再保存一次")))

    def old(self, about: Field) -> Any:
        """The stored value before the change."""
        return None if self.row is None else self.row[about.column]

    def current(self, about: Field) -> Any:
        """The stored value as it will be."""
        return self.values[about] if about in self.values else self.old(about)


@dataclass
class Work:
    """A change being carried out, or several of the same kind together (:mod:`runtime.records.together`)."""

    system: System
    tx: Tx
    catalog: Catalog
    app: App
    table: Table
    changes: Sequence[Change]
    context: Context
    items: list[Item]
    managed: bool = False
    """Whether fields that only reservations may write are writable (the caller is ``runtime.records.stock``)."""
    alone: bool = False
    """Whether the transaction holds nothing but this change: an error may end it as a whole."""
    outbox: bool = False
    """Whether automations were left something to look at."""
    block: Any = None
    """The new records side by side, as stored (:class:`runtime.records.columns.Block`), where they are many."""
    inner: list[Any] = field(default_factory=list)
    """Events of what the effects of its moves did."""
    also_touched: set[int] = field(default_factory=set)
    """Further records of this table that lost a link to a record of this change."""
    let_go: dict[Field, list[tuple[int, int]]] = field(default_factory=dict)
    """The pairs that they lost: their rows and what they were linked to, per link field."""
    seen: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)
    """Computed fields that somebody waits for and that changed: their values before, by row."""

    @property
    def change(self) -> Change:
        """The change; of several, the first: who sent them, and how, is the same for all of them."""
        return self.changes[0]

    @property
    def together(self) -> bool:
        """Whether several callers share the transaction: none of them may make the others wait."""
        return len(self.changes) > 1

    @property
    def good(self) -> list[Item]:
        """Items without a problem."""
        return [item for item in self.items if not item.problems]

    def of(self, *actions: Action) -> list[Item]:
        """Good items of these actions."""
        return [item for item in self.items if item.action in actions and not item.problems]
