"""Attachments on the write path: ids become files of the app, and files learn whether a record holds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.catalog import Field
from runtime.definitions.fields import Attachment
from runtime.errors import InvalidInput
from runtime.fieldtypes.attachment import read, written
from runtime.files import names
from runtime.files.shelf import check_kind
from runtime.i18n import N_, Message
from runtime.records.work import Item, Work


def _changed(work: Work) -> Iterator[tuple[Item, Field]]:
    """Every cell of attachments that is to be written, of items that are good so far."""
    fields = [field for field in work.table.fields if field.type == "attachment"]
    if not fields:
        return
    for item in work.of("create", "update"):
        for field in fields:
            if field in item.values:
                yield item, field


def _ids(stored: Any) -> set[str]:
    return {file["id"] for file in read(stored)}


async def resolve(work: Work) -> None:
    """Fill in what the cells' files are, and refuse those that are not the app's, or that a field does not take.

    Files that come in are locked, so that housekeeping does not remove them meanwhile.
    """
    cells = list(_changed(work))
    wanted = {id_ for item, field in cells for id_ in _ids(item.values[field])}
    if not wanted:
        return
    known = await _known(work, wanted)
    for item, field in cells:
        before = {file["id"]: file for file in read(item.old(field))}
        files = [_complete(work, item, field, given, before, known) for given in read(item.values[field])]
        _check_number(item, field, len(files), len(before))
        item.values[field] = written([file for file in files if file is not None])


async def _known(work: Work, wanted: set[str]) -> dict[str, Any]:
    rows = await work.tx.fetch(
        "SELECT * FROM meta.file WHERE public_id = ANY($1::text[]) AND app_id = $2 AND deleted_at IS NULL"
        " ORDER BY id FOR NO KEY UPDATE",
        sorted(wanted),
        work.app.number,
    )
    return {row["public_id"]: row for row in rows}


def _complete(
    work: Work, item: Item, field: Field, given: dict[str, Any], before: dict[str, Any], known: dict[str, Any]
) -> dict[str, Any] | None:
    """The file as it is stored in the cell; None after a refusal."""
    row = known.get(given["id"])
    fresh = row is not None and row["attached_at"] is None
    if row is None or (fresh and row["table_id"] != work.table.number):
        if given["id"] in before and row is None:
            return dict(before[given["id"]])  # what the cell has already stays, whatever became of the file
        message = Message(
            N_("附件「{name}」不在这个应用里,或已经清理掉,重新上传一次"),
            {"name": given.get("name") or given["id"]},
        )
        item.refuse("no_such_file", message, field)
        return None
    name = names.clean(given.get("name") or "") or before.get(given["id"], row)["name"]
    if given["id"] not in before:
        try:
            check_kind(field, name, row["media_type"])
        except InvalidInput as refused:
            item.refuse(refused.error_code, refused.message, field)
            return None
    return {
        "id": given["id"],
        "name": name,
        "size": row["size"],
        "type": row["media_type"],
        "width": row["width"],
        "height": row["height"],
    }


def _check_number(item: Item, field: Field, count: int, before: int) -> None:
    assert isinstance(field.config, Attachment)  # noqa: S101
    if count > field.config.max_files and count > before:
        message = Message(
            N_("「{field}」最多放 {max} 个文件,现在有 {count} 个"),
            {"field": field.name, "max": field.config.max_files, "count": count},
        )
        item.refuse("too_many_files", message, field)


async def note(work: Work) -> None:
    """Say which files records hold now, and which one of them let go of: after the rows are stored."""
    added: set[str] = set()
    removed: set[str] = set()
    for item, field in _changed(work):
        now, before = _ids(item.values[field]), _ids(item.old(field))
        added |= now - before
        removed |= before - now
    if added:
        await work.tx.execute(
            "UPDATE meta.file SET attached_at = coalesce(attached_at, $2), loose_at = NULL"
            " WHERE public_id = ANY($1::text[])",
            sorted(added),
            work.context.now,
        )
    if removed - added:
        await work.tx.execute(
            "UPDATE meta.file SET loose_at = $2 WHERE public_id = ANY($1::text[]) AND deleted_at IS NULL",
            sorted(removed - added),
            work.context.now,
        )
