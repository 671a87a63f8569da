"""The catalog: every definition, compiled into one immutable value, cached by version.

``CatalogStore.current()`` costs one tiny query; only when a definition has changed is anything read again. Whoever
changes definitions calls :func:`bump` in the same transaction, and every process sees the change with its next call.
"""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from runtime.definitions.automations import AutomationDef, waits_for_records
from runtime.definitions.dashboards import DashboardDef
from runtime.definitions.fields import (
    COLUMNLESS_TYPES,
    COMPUTED_TYPES,
    PERSON_TYPES,
    READONLY_TYPES,
    Choice,
    FieldConfig,
    FieldDef,
    Link,
    MultiSelect,
    SingleSelect,
)
from runtime.definitions.forms import FormDef
from runtime.definitions.people import NOBODY, Directory, KnownPerson, with_people
from runtime.definitions.states import StateMachine
from runtime.definitions.stock import StockDef
from runtime.definitions.tables import AppDef, TableDef, ViewDef
from runtime.definitions.workbenches import WorkbenchDef
from runtime.errors import NotFound

if TYPE_CHECKING:
    from runtime.storage.database import Database, Tx


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


class Catalog:
    """All definitions of one version. Look-ups raise :class:`NotFound`."""

    def __init__(self, version: int, apps: tuple[App, ...]) -> None:
        self.version = version
        self.apps = apps
        self._entries: dict[str, Any] = {}
        self._tables: dict[int, Table] = {}
        for app in apps:
            self._entries[app.id] = app
            for group in (app.automations, app.dashboards, app.workbenches, app.forms, app.stocks):
                self._entries.update({entry.id: entry for entry in group})
            for table in app.tables:
                self._entries[table.id] = table
                self._tables[table.number] = table
                self._entries.update({entry.id: entry for entry in (*table.fields, *table.views)})

    def _get(self, public_id: str, kind: type[Any]) -> Any:
        entry = self._entries.get(public_id)
        if not isinstance(entry, kind):
            raise NotFound()
        return entry

    def app(self, public_id: str) -> App:
        return self._get(public_id, App)  # type: ignore[no-any-return]

    def table(self, public_id: str) -> Table:
        return self._get(public_id, Table)  # type: ignore[no-any-return]

    def field(self, public_id: str) -> Field:
        return self._get(public_id, Field)  # type: ignore[no-any-return]

    def view(self, public_id: str) -> View:
        return self._get(public_id, View)  # type: ignore[no-any-return]

    def automation(self, public_id: str) -> Automation:
        return self._get(public_id, Automation)  # type: ignore[no-any-return]

    def dashboard(self, public_id: str) -> Dashboard:
        return self._get(public_id, Dashboard)  # type: ignore[no-any-return]

    def workbench(self, public_id: str) -> Workbench:
        return self._get(public_id, Workbench)  # type: ignore[no-any-return]

    def form(self, public_id: str) -> Form:
        return self._get(public_id, Form)  # type: ignore[no-any-return]

    def stock(self, public_id: str) -> Stock:
        return self._get(public_id, Stock)  # type: ignore[no-any-return]

    def table_by_number(self, number: int) -> Table:
        """The table stored as ``data.t<number>``."""
        table = self._tables.get(number)
        if table is None:
            raise NotFound()
        return table

    def app_of(self, table: Table) -> App:
        return self.app(table.app_id)

    def workbench_by_slug(self, slug: str) -> Workbench:
        """The workbench that lives at ``/w/<slug>``."""
        for app in self.apps:
            for workbench in app.workbenches:
                if workbench.definition.slug == slug:
                    return workbench
        raise NotFound()


_BODY: dict[str, type[Any]] = {
    "app": AppDef,
    "table": TableDef,
    "field": FieldDef,
    "view": ViewDef,
    "automation": AutomationDef,
    "dashboard": DashboardDef,
    "workbench": WorkbenchDef,
    "form": FormDef,
    "stock": StockDef,
}
KINDS = tuple(_BODY)


def decode_body(kind: str, body: str | bytes) -> Any:
    """The Struct stored in a row of ``meta.definition``."""
    return msgspec.json.decode(body, type=_BODY[kind])


# application_name of connections that build indexes, which a change of definitions does not wait for
INDEX_BUILDER = "huobiao indexes"

# which version this task has seen to be the newest, and when: (store, version, moment)
_SEEN: ContextVar[tuple[int, int, float] | None] = ContextVar("catalog_seen", default=None)
# a request's own work takes less; what looks again later (a live channel, a job) asks again
_SEEN_SECONDS = 0.5


class CatalogStore:
    """Holds the newest catalog of this process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._catalog: Catalog | None = None
        self._loading = asyncio.Lock()

    def seen(self, version: int) -> None:
        """Remember, for this task and a moment, that ``version`` is the newest: another statement has just read it."""
        _SEEN.set((id(self), version, time.monotonic()))

    async def current(self) -> Catalog:
        """The catalog of the newest committed version (inside a transaction: as that transaction sees it).

        Of the version that the task saw a moment ago (when it looked up who asks), if it did.
        """
        seen = _SEEN.get()
        if (
            seen is not None
            and seen[0] == id(self)
            and time.monotonic() - seen[2] < _SEEN_SECONDS
            and self._catalog is not None
            and self._catalog.version >= seen[1]
            and not self._db.in_transaction()
        ):
            return self._catalog
        version = await self._db.value("SELECT version FROM meta.catalog_state")
        catalog = self._catalog
        if catalog is not None and catalog.version == version:
            return catalog
        if self._db.in_transaction():
            # may hold changes that are not committed, or may be rolled back: never cached
            return await self._load(version)
        async with self._loading:
            if self._catalog is None or self._catalog.version < version:
                self._catalog = await self._load(version)
            return self._catalog

    async def at(self, version: int) -> Catalog:
        """The catalog of ``version``, which a statement of the caller's transaction has just read as the newest."""
        catalog = self._catalog
        return catalog if catalog is not None and catalog.version == version else await self.current()

    async def locked(self, tx: Tx) -> Catalog:
        """The catalog for writing records: no definition can change until ``tx`` ends."""
        if tx.definitions is None:
            await self._lock(tx, 0)
        return await self._of_locked(tx)

    async def locked_for_changes(self, tx: Tx, count: int) -> tuple[Catalog, list[int]]:
        """The same, with numbers for ``count`` changes, in one statement."""
        if tx.definitions is None or len(tx.numbers) < count:
            await self._lock(tx, count)
        numbers, tx.numbers = tx.numbers[:count], tx.numbers[count:]
        return await self._of_locked(tx), numbers

    async def _lock(self, tx: Tx, count: int) -> None:
        # a small count stands in the text, so that the statement is planned once, not each time anew
        if count <= _FEW:
            row = await tx.row(f"SELECT {lock_and_draw(count)}")
        else:
            row = await tx.row(f"SELECT {lock_and_draw('$1')}", count)
        assert row is not None  # noqa: S101 - a SELECT without FROM has a row
        took_lock(tx, row)

    async def _of_locked(self, tx: Tx) -> Catalog:
        version = tx.definitions
        assert version is not None  # noqa: S101 - it has been locked
        catalog = self._catalog
        if catalog is not None and catalog.version == version:
            self.seen(version)
            return catalog
        return await self._load(version)

    async def _load(self, version: int) -> Catalog:
        rows = await self._db.fetch(
            "SELECT id, public_id, kind, app_id, table_id, position, version, body FROM meta.definition"
            " WHERE deleted_at IS NULL ORDER BY position, id"
        )
        people = await self._db.fetch(
            "SELECT p.id, p.public_id, p.name, p.email, p.active, p.is_owner,"
            " (SELECT array_agg(m.app_id) FROM meta.membership m WHERE m.person_id = p.id) AS apps"
            " FROM meta.person p ORDER BY p.name, p.id"
        )
        # a new version may come with other columns, which statements prepared before do not know of
        await self._db.forget_statements()
        return _compile(version, rows, people)


_FEW = 4


def lock_and_draw(count: int | str) -> str:
    """SQL: what to select to hold all definitions still and draw ``count`` numbers of changes, for :func:`took_lock`."""
    drawn = f"SELECT nextval('meta.change_number') FROM generate_series(1, {count})"
    return f"meta.lock_catalog() AS version, ARRAY({drawn}) AS numbers"


def took_lock(tx: Tx, row: Any) -> None:
    """``tx`` holds all definitions still, and has drawn numbers, as ``row`` says."""
    tx.definitions = row["version"]
    tx.numbers += row["numbers"]


async def bump(tx: Tx) -> int:
    """Declare that definitions, or the people of apps, changed in ``tx``; waits for writers under way.

    Returns the new version.

    Call it first thing: it is also the lock that keeps two changes of definitions apart.
    """
    _SEEN.set(None)
    tx.definitions = None
    await tx.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = $1"
        " AND datname = current_database()",
        INDEX_BUILDER,
    )
    await tx.execute("SELECT pg_advisory_xact_lock(7001)")
    return int(await tx.value("UPDATE meta.catalog_state SET version = version + 1 RETURNING version"))


def _directory(people: list[Any], app: int) -> Directory:
    return Directory(
        KnownPerson(
            number=row["id"],
            id=row["public_id"],
            name=row["name"],
            email=row["email"],
            active=row["active"],
            member=app in (row["apps"] or ()),
            everywhere=row["is_owner"],
        )
        for row in people
    )


def _compile(version: int, rows: list[Any], people: list[Any]) -> Catalog:
    public = {row["id"]: row["public_id"] for row in rows}
    by_kind: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for row in rows:
        by_kind[row["kind"]].append(row)

    def common(row: Any) -> dict[str, Any]:
        return {
            "id": row["public_id"],
            "number": row["id"],
            "version": row["version"],
            "position": row["position"],
            "definition": decode_body(row["kind"], row["body"]),
        }

    directories = {row["id"]: _directory(people, row["id"]) for row in by_kind["app"]}

    def knowing(definition: FieldDef, app: int) -> FieldDef:
        if definition.type not in PERSON_TYPES or app not in directories:
            return definition
        return msgspec.structs.replace(definition, config=with_people(definition.config, directories[app]))

    fields: dict[int, list[Field]] = {}
    for row in by_kind["field"]:
        if row["table_id"] in public:
            parts = common(row)
            parts["definition"] = knowing(parts["definition"], row["app_id"])
            fields.setdefault(row["table_id"], []).append(Field(table_id=public[row["table_id"]], **parts))
    views: dict[int, list[View]] = {}
    for row in by_kind["view"]:
        if row["table_id"] in public:
            views.setdefault(row["table_id"], []).append(
                View(table_id=public[row["table_id"]], **common(row))
            )

    def inside(kind: str, app_number: int) -> list[Any]:
        return [row for row in by_kind[kind] if row["app_id"] == app_number]

    apps = []
    for row in by_kind["app"]:
        owner = {"app_id": row["public_id"]}
        number = row["id"]
        tables = tuple(
            Table(
                **owner,
                app_number=number,
                fields=tuple(fields.get(r["id"], ())),
                views=tuple(views.get(r["id"], ())),
                **common(r),
            )
            for r in inside("table", number)
        )
        apps.append(
            App(
                **common(row),
                people=directories[number],
                tables=tables,
                automations=tuple(Automation(**owner, **common(r)) for r in inside("automation", number)),
                dashboards=tuple(Dashboard(**owner, **common(r)) for r in inside("dashboard", number)),
                workbenches=tuple(Workbench(**owner, **common(r)) for r in inside("workbench", number)),
                forms=tuple(Form(**owner, **common(r)) for r in inside("form", number)),
                stocks=tuple(Stock(**owner, **common(r)) for r in inside("stock", number)),
            )
        )
    return Catalog(version, tuple(apps))
