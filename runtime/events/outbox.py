"""The outbox: changes of records that automations have not looked at yet.

``records.history`` writes a row in the transaction of the change, if an enabled automation watches the table. The relay
takes rows away in the transaction that stores the runs they start: a change is looked at once, whatever crashes when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from runtime.storage.database import Tx

Action = Literal["create", "update", "delete", "restore", "press"]


class Payload(msgspec.Struct, frozen=True):
    """What ``records.history`` notes of a change; values by field id, in the form of the history.

    ``actor``: the public id of the person whose change it is, "" for anybody else's. ``indirect``: nobody wrote the
    record; what is told of it followed from another one's change (``links``: links that were made or undone there).
    ``met``: it began to meet the condition that ``automation`` waits for.
    Of a pressed button: the ``automation`` it runs, and the name of who pressed it (``by``). Of a submitted form (the channel
    ``form``, whose id is the ``source``): the name of the member who submitted it, if it was one, and when (``at``).
    """

    action: Action
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    channel: str = ""
    source: str | None = None
    depth: int = 0
    states_as_is: bool = False
    automation: str | None = None
    by: str = ""
    at: str = ""
    actor: str = ""
    indirect: bool = False
    met: bool = False
    links: tuple[str, ...] = ()


class Event(msgspec.Struct, frozen=True):
    """One change of one record: numbers of history row, app, table and record, and what changed."""

    id: int
    history: int
    app: int
    table: int
    record: int
    change: Payload

    @property
    def key(self) -> str:
        """What no other event has, for as long as it could be taken for this one."""
        return f"e{self.id}" if self.change.indirect else str(self.history)

    @property
    def before(self) -> dict[str, Any]:
        """Changed values before; empty for a new record."""
        return self.change.before or {}

    @property
    def after(self) -> dict[str, Any]:
        """Changed values after; empty for a deleted record."""
        return self.change.after or {}


async def take(tx: Tx, limit: int) -> list[Event]:
    """Take up to ``limit`` events out of the outbox, oldest first, from every app as many; they are gone when ``tx`` commits.

    So an app with a flood of changes does not keep another's waiting. Rows that another relay is taking are passed over.
    """
    rows = await tx.fetch(
        "WITH RECURSIVE apps AS ("
        "(SELECT app_id FROM meta.outbox ORDER BY app_id LIMIT 1) UNION ALL"
        " SELECT (SELECT o.app_id FROM meta.outbox o WHERE o.app_id > a.app_id ORDER BY o.app_id LIMIT 1)"
        " FROM apps a WHERE a.app_id IS NOT NULL)"
        " DELETE FROM meta.outbox WHERE id = ANY(ARRAY("
        "SELECT x.id FROM apps, LATERAL (SELECT o.id FROM meta.outbox o WHERE o.app_id = apps.app_id ORDER BY o.id"
        f" LIMIT (SELECT greatest(1, {int(limit)} / greatest(1, count(app_id)::integer)) FROM apps) FOR UPDATE SKIP LOCKED) x"
        ")) RETURNING *"  # nearly always the same limit: so the statement is planned once
    )
    return [
        Event(
            row["id"],
            row["history_id"],
            row["app_id"],
            row["table_id"],
            row["record_id"],
            msgspec.json.decode(row["payload"], type=Payload),
        )
        for row in sorted(rows, key=lambda row: int(row["id"]))
    ]
