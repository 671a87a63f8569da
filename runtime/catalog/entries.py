"""What the catalog is made of: every kind of definition with its place, its number in storage and what follows from it."""

from __future__ import annotations

from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from runtime.definitions.automations import AutomationDef, waits_for_records
from runtime.definitions.dashboards import DashboardDef
from runtime.definitions.fields import (
    COLUMNLESS_TYPES,
    COMPUTED_TYPES,
    READONLY_TYPES,
    Choice,
    FieldConfig,
    FieldDef,
    Link,
    MultiSelect,
    SingleSelect,
)
from runtime.definitions.forms import FormDef
from runtime.definitions.people import NOBODY, Directory
from runtime.definitions.states import StateMachine
from runtime.definitions.stock import StockDef
from runtime.definitions.tables import AppDef, TableDef, ViewDef
from runtime.definitions.workbenches import WorkbenchDef
from runtime.errors import NotFound


class Entry(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What every compiled definition has: public ``id``, ``number`` in storage, row ``version``, ``position``."""

    id: str
    number: int
    version: int
    position: float


class Field(Entry, frozen=True, kw_only=True, dict=True):
    """A field in its table."""

    table_id: str
    definition: FieldDef

    def __hash__(self) -> int:
        # definitions may hold lists and dicts, which have no hash; an id is enough and quick
        return hash(self.id)

    @property
    def name(self) -> str:
        return self.definition.name

    @cached_property
    def config(self) -> FieldConfig:
        return self.definition.config

    @cached_property
    def type(self) -> str:
        return self.definition.type

    @cached_property
    def column(self) -> str:
        """The column in the physical table; system fields use the row's own columns."""
        return {
            "created_time": "created_at",
            "updated_time": "updated_at",
            "created_by": "created_by",
            "updated_by": "updated_by",
        }.get(self.type, f"f{self.number}")

    @cached_property
    def stored(self) -> bool:
        """Whether the field has a column of its own."""
        return self.type not in COLUMNLESS_TYPES

    @cached_property
    def computed(self) -> bool:
        return self.type in COMPUTED_TYPES

    @cached_property
    def readonly(self) -> bool:
        """Whether people may never write it."""
        return self.type in READONLY_TYPES

    @property
    def machine(self) -> StateMachine | None:
        """Its state machine, if it has one."""
        return self.config.machine if isinstance(self.config, SingleSelect) else None

    @cached_property
    def since_column(self) -> str:
        """The column that holds since when a record is in its state (timestamptz); there while the field has a machine.

        Only the write path sets it: with every value that the field gets.
        """
        return f"f{self.number}_since"

    @cached_property
    def spent_column(self) -> str:
        """The column with the seconds that a record spent in each state before this one (jsonb), by choice; NULL: not counted
        yet. There while the field has a machine; see :mod:`runtime.storage.stays`.
        """
        return f"f{self.number}_spent"

    @cached_property
    def choices_by_id(self) -> dict[int, Choice]:
        """The options of a select by number; empty for other types."""
        return (
            {c.id: c for c in self.config.choices}
            if isinstance(self.config, SingleSelect | MultiSelect)
            else {}
        )

    @cached_property
    def choices_by_name(self) -> dict[str, Choice]:
        """The options in use by name."""
        return {c.name: c for c in self.choices_by_id.values() if not c.archived}

    @property
    def link_sql(self) -> str:
        """The join table of a link field."""
        assert isinstance(self.config, Link)  # noqa: S101
        return f"data.l{self.config.relation}"

    @property
    def link_near(self) -> str:
        """The join table's column that holds this side's record."""
        assert isinstance(self.config, Link)  # noqa: S101
        return f"{self.config.side}_id"

    @property
    def link_far(self) -> str:
        """The join table's column that holds the record pointed at."""
        return "b_id" if self.link_near == "a_id" else "a_id"


class View(Entry, frozen=True, kw_only=True):
    """A saved view of a table."""

    table_id: str
    definition: ViewDef


class Table(Entry, frozen=True, kw_only=True, dict=True):
    """A table with its fields (in order) and views."""

    app_id: str
    app_number: int
    definition: TableDef
    fields: tuple[Field, ...]
    views: tuple[View, ...]

    @property
    def name(self) -> str:
        return self.definition.name

    @cached_property
    def sql(self) -> str:
        """The physical table."""
        return f"data.t{self.number}"

    @cached_property
    def by_id(self) -> dict[str, Field]:
        return {f.id: f for f in self.fields}

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.fields}

    @cached_property
    def primary(self) -> Field | None:
        """The field that names records; the first one unless another is chosen."""
        chosen = self.by_id.get(self.definition.primary or "")
        return chosen or (self.fields[0] if self.fields else None)

    def field(self, key: str) -> Field:
        """A field by public id or by name.

        Raises:
            NotFound: the table has no such field.
        """
        found = self.by_id.get(key) or self.by_name.get(key)
        if found is None:
            raise NotFound(
                "数据表「{table}」没有字段「{field}」", code="unknown_field", table=self.name, field=key
            )
        return found


class Automation(Entry, frozen=True, kw_only=True):
    app_id: str
    definition: AutomationDef


class Dashboard(Entry, frozen=True, kw_only=True):
    app_id: str
    definition: DashboardDef


class Workbench(Entry, frozen=True, kw_only=True):
    app_id: str
    definition: WorkbenchDef


class Form(Entry, frozen=True, kw_only=True):
    app_id: str
    definition: FormDef


class Stock(Entry, frozen=True, kw_only=True):
    app_id: str
    definition: StockDef


class App(Entry, frozen=True, kw_only=True, dict=True):
    """An app with everything in it, each list in its order. ``people``: whom its cells may name."""

    definition: AppDef
    people: Directory = NOBODY
    tables: tuple[Table, ...]
    automations: tuple[Automation, ...]
    dashboards: tuple[Dashboard, ...]
    workbenches: tuple[Workbench, ...]
    stocks: tuple[Stock, ...]
    forms: tuple[Form, ...] = ()

    @property
    def name(self) -> str:
        return self.definition.name

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone dates are read and shown in."""
        return ZoneInfo(self.definition.time_zone)

    @cached_property
    def waits_for_records(self) -> bool:
        """Whether an automation of the app waits, at some step, until a record meets a condition."""
        return any(waits_for_records(automation.definition.steps) for automation in self.automations)
