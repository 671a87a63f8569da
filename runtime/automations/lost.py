"""What automations name and is deleted: in a run that fails over it the same words as in the editor."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from runtime.automations.notes import Failure
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Tx

_CODES = frozenset({"unknown_field", "unknown_table", "unknown_automation", "not_found", "formula_error"})
"""Codes of failures that may come from something deleted."""
_ID = re.compile(r"\b(fld|tbl|frm|stk|aut)[0-9A-Za-z]{14}\b")
_KINDS = {"fld": "field", "tbl": "table", "frm": "form", "stk": "stock", "aut": "automation"}
_IN_TRASH = {
    "field": N_("「{name}」已被删除:换一个字段,或从回收站恢复它"),
    "table": N_("数据表「{name}」已被删除:换一张,或从回收站恢复它"),
    "form": N_("表单「{name}」已被删除:换一个,或从回收站恢复它"),
    "stock": N_("库存设置「{name}」已被删除:换一个,或从回收站恢复它"),
    "automation": N_("自动化「{name}」已被删除:换一个,或从回收站恢复它"),
}
_FOR_GOOD = {
    "field": N_("这里用的字段已被删除:换一个"),
    "table": N_("这里用的数据表已被删除:换一张"),
    "form": N_("这里用的表单已被删除:换一个"),
    "stock": N_("这里用的库存设置已被删除:换一个"),
    "automation": N_("这里用的自动化已被删除:换一个"),
}


async def words(db: Database | Tx, ids: list[str]) -> dict[str, Message]:
    """What is to be said of those of ``ids`` (of fields, tables, forms, stocks, automations) that are deleted."""
    known = [one for one in dict.fromkeys(ids) if _ID.fullmatch(one)]
    if not known:
        return {}
    rows = await db.fetch(
        "SELECT public_id, deleted_at IS NOT NULL AS deleted, body ->> 'name' AS name FROM meta.definition"
        " WHERE public_id = ANY($1::text[])",
        known,
    )
    found = {row["public_id"]: row for row in rows}
    said = {}
    for one in known:
        kind, row = _KINDS[one[:3]], found.get(one)
        if row is None:
            said[one] = Message(_FOR_GOOD[kind])
        elif row["deleted"]:
            said[one] = Message(_IN_TRASH[kind], {"name": row["name"]})
    return said


async def explained(db: Database | Tx, failure: Failure, config: Any) -> Failure:
    """The failure of a step, or of a trigger's condition; where ``config`` names something deleted, it says that."""
    if failure.code not in _CODES:
        return failure
    ids = [found.group() for found in _ID.finditer(msgspec.json.encode(config).decode())]
    said = await words(db, ids)
    if not said:
        return failure
    return msgspec.structs.replace(failure, message=next(iter(said.values())), problems=())
