"""What a field shows, as SQL over its row ``t``: its column, or what goes by the clock or by people's names right now.

Those last have a column that holds nothing; who wants to keep what they show has to work it out.
"""

from __future__ import annotations

from piccolo.querystring import QueryString

from builder.columns import LONG_SECONDS
from runtime.catalog import Catalog, Field, Table
from runtime.fieldtypes import Context
from runtime.storage.computed import expression, read_time
from runtime.storage.database import Tx, compiled


def value_of(catalog: Catalog, context: Context, field: Field) -> QueryString:
    """The value of a field that has a column (no link)."""
    if field.id in read_time(catalog):
        return expression(catalog, context, field)[0]
    return QueryString(f"t.{field.column}")


def written_with(catalog: Catalog, field: Field) -> str:
    """The column that is written when the value becomes another one, as far as a record tells."""
    return "updated_at" if field.id in read_time(catalog) else field.column


async def keep(tx: Tx, catalog: Catalog, context: Context, table: Table, field: Field) -> None:
    """Store what the field shows in its column, if it does not stand there anyway."""
    if field.id not in read_time(catalog):
        return
    text, args = compiled(
        QueryString(f"UPDATE {table.sql} t SET {field.column} = {{}}", value_of(catalog, context, field)), ()
    )
    await tx.connection.execute(text, *args, timeout=LONG_SECONDS)
