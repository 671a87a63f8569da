"""What builders have made: definitions with their history, connectors, settings, and the counters of ids."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, BigSerial, DoublePrecision, Integer, Serial, Text, Timestamptz
from piccolo.table import Table


class Definition(Table, schema="meta"):
    """Any definition: ``kind`` is app, table, field, view, automation, dashboard, workbench, form or
    stock.

    ``id`` names its physical table (``data.t<id>``), column (``f<id>``) or join table (``data.l<id>``).
    """

    id: Serial
    public_id = Text(unique=True)
    kind = Text()
    app_id = Integer(null=True, default=None, index=True)
    table_id = Integer(null=True, default=None)
    position = DoublePrecision(default=0.0)
    body = JSONB()
    version = Integer(default=1)
    created_at = Timestamptz()
    created_by = Integer(null=True, default=None)
    updated_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)


class DefinitionChange(Table, schema="meta", tablename="definition_change"):
    """What was changed in a definition, by whom: bodies before and after."""

    id: BigSerial
    definition_id = Integer(index=True)
    app_id = Integer(null=True, default=None)
    at = Timestamptz()
    person_id = Integer(null=True, default=None)
    action = Text()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)


class CatalogState(Table, schema="meta", tablename="catalog_state"):
    """One row: the number of the newest committed change of any definition."""

    id: Serial
    version = BigInt()


class Connector(Table, schema="meta"):
    """A way to an outside system. ``secrets`` is encrypted JSON."""

    id: Serial
    public_id = Text(unique=True)
    app_id = Integer(index=True)
    kind = Text()
    name = Text()
    config = JSONB()
    secrets = Text()
    status = Text(default="ok")
    status_message = JSONB(null=True, default=None)
    created_at = Timestamptz()
    deleted_at = Timestamptz(null=True, default=None)
    per_minute = Integer(null=True, default=None)
    paused_at = Timestamptz(null=True, default=None)
    paused_by = Text(null=True, default=None)


class Setting(Table, schema="meta"):
    """Instance-wide settings changed in the browser."""

    id: Serial
    key = Text(unique=True)
    value = JSONB()


class Counter(Table, schema="meta"):
    """The last number drawn of an auto number that restarts, per period."""

    id: Serial
    field_id = Integer()
    scope = Text()
    value = BigInt()
