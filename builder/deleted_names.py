"""Problems about fields that are in the trash call them by their names, not by their ids."""

from __future__ import annotations

import msgspec

from builder.validation import Problems
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Tx


async def name_deleted(db: Database | Tx, problems: Problems) -> None:
    """Say of each unknown field that is in the trash what it was called, and what can be done about it."""
    asked = {
        str(problem.message.params["name"])
        for problem in problems.found
        if problem.code == "unknown_field" and "name" in problem.message.params
    }
    if not asked:
        return
    rows = await db.fetch(
        "SELECT public_id, body ->> 'name' AS name FROM meta.definition"
        " WHERE public_id = ANY($1::text[]) AND kind = 'field' AND deleted_at IS NOT NULL",
        list(asked),
    )
    names = {row["public_id"]: row["name"] for row in rows}
    for index, problem in enumerate(problems.found):
        name = problem.message.params.get("name")
        if problem.code == "unknown_field" and name in names:
            message = Message(N_("「{name}」已被删除:换一个字段,或从回收站恢复它"), {"name": names[name]})
            problems.found[index] = msgspec.structs.replace(problem, message=message)
