"""All definitions of one version as one value, compiled from the rows they are stored in."""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.catalog.entries import App, Automation, Dashboard, Field, Form, Stock, Table, View, Workbench
from runtime.definitions.automations import AutomationDef
from runtime.definitions.dashboards import DashboardDef
from runtime.definitions.fields import PERSON_TYPES, FieldDef
from runtime.definitions.forms import FormDef
from runtime.definitions.people import Directory, KnownPerson, with_people
from runtime.definitions.stock import StockDef
from runtime.definitions.tables import AppDef, TableDef, ViewDef
from runtime.definitions.workbenches import WorkbenchDef
from runtime.errors import NotFound


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


def compile_rows(version: int, rows: list[Any], people: list[Any]) -> Catalog:
    """The catalog of ``version``: ``rows`` of ``meta.definition`` in their order, ``people`` with the apps they are in."""
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
