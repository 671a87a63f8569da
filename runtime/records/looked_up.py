"""Look-ups of attachments: a column holds the names of the files, which serve conditions and formulas; what is shown of a
page of records is the files themselves, asked for with one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from piccolo.querystring import QueryString

from runtime import fieldtypes
from runtime.access import hidden_fields
from runtime.catalog import Catalog, Field
from runtime.definitions.fields import Lookup
from runtime.fieldtypes.attachment import MOST_FILES, read
from runtime.storage.computed import looked_up_files
from runtime.storage.rollups import target_of

if TYPE_CHECKING:
    from runtime.records.read import Reader

Files = dict[str, dict[int, list[dict[str, Any]]]]
"""Files in wire form by the look-up's id and the record's number; a record without files is missing."""


def source_of(catalog: Catalog, field: Field) -> Field | None:
    """The attachment field whose files a look-up shows; None for everything else."""
    if not isinstance(field.config, Lookup):
        return None
    target = target_of(catalog, field.config.link, field.config.match)
    source = target.by_id.get(field.config.field) if target is not None else None
    return source if source is not None and source.type == "attachment" else None


async def files_of(reader: Reader, rows: Sequence[Any], fields: Sequence[Field]) -> Files:
    """The files that look-ups among ``fields`` bring to ``rows``, at most a hundred a cell; nothing that is hidden."""
    asked: list[tuple[Field, Field]] = []
    for field in fields:
        source = source_of(reader.catalog, field)
        if source is not None and source.id not in hidden_fields(
            reader.actor, reader.catalog.table(source.table_id)
        ):
            asked.append((field, source))
    if not asked or not rows:
        return {}
    worth = [looked_up_files(reader.catalog, reader.context, field) for field, _ in asked]
    columns = ", ".join(f"{{}} AS {field.column}" for field, _ in asked)
    found = await reader.system.db.fetch(
        QueryString(
            f"SELECT t.id, {columns} FROM {{}} t WHERE t.id = ANY({{}})",
            *worth,
            reader.compiler.source,
            [row["id"] for row in rows],
        )
    )
    files: Files = {}
    for field, source in asked:
        kind = fieldtypes.get(source.config)
        files[field.id] = {
            row["id"]: kind.to_wire(source.config, row[field.column])[:MOST_FILES]
            for row in found
            if read(row[field.column])
        }
    return files
