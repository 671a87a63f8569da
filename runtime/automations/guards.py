"""What keeps automations from running away: how deep they may set off one another, how often a minute."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from runtime.automations.notes import Failure
from runtime.automations.runs import MAX_DEPTH
from runtime.catalog import Automation
from runtime.i18n import N_, Message
from runtime.storage.database import Database, Tx

log = structlog.get_logger(__name__)

MAX_ITSELF = 3
"""How often in a row an automation may set itself off."""


async def chain(db: Database | Tx, source: str | None, limit: int = MAX_DEPTH + 2) -> list[str]:
    """Names of the automations that set off one another, the first one first; ``source`` is the last one's run."""
    names: list[str] = []
    while source is not None and source.startswith("run") and len(names) < limit:
        row = await db.row(
            "SELECT definition ->> 'name' AS name, trigger ->> 'source' AS source FROM meta.run WHERE public_id = $1",
            source,
        )
        if row is None:
            break
        names.append(row["name"])
        source = row["source"]
    return names[::-1]


async def too_deep(tx: Tx, automation: Automation, depth: int, source: str | None) -> Failure | None:
    """The refusal of what automations have been passing around for too long, with the whole chain in words.

    ``depth``: how many automations led here; ``source``: the last one's run.
    """
    if depth < MAX_ITSELF:
        return None
    name = automation.definition.name
    if depth > MAX_DEPTH:
        names = [*await chain(tx, source), name]
        log.warning("automations set off one another", automation=automation.id, chain=names)
        return Failure(
            code="loop",
            message=Message(
                N_("自动化互相触发超过 {max} 层,已停在这里:{chain}。检查它们的触发条件,让这条链断开"),
                {"max": MAX_DEPTH, "chain": " → ".join(names)},
            ),
        )
    if await _by_itself(tx, automation.number, source) < MAX_ITSELF:
        return None
    log.warning("automation sets itself off", automation=automation.id)
    return Failure(
        code="loop",
        message=Message(
            N_(
                "「{name}」改的内容又触发了它自己,连着 {max} 次,已停在这里:{chain}。"
                "给触发条件加上限制,例如只在某些字段改动时触发"
            ),
            {"name": name, "max": MAX_ITSELF, "chain": " → ".join([name] * (MAX_ITSELF + 1))},
        ),
    )


async def _by_itself(db: Database | Tx, automation: int, source: str | None) -> int:
    """How many runs of one automation led to one another without another's in between, the last one ``source``."""
    count = 0
    while source is not None and source.startswith("run") and count < MAX_ITSELF:
        row = await db.row(
            "SELECT automation_id, trigger ->> 'source' AS source FROM meta.run WHERE public_id = $1", source
        )
        if row is None or row["automation_id"] != automation:
            break
        count, source = count + 1, row["source"]
    return count


async def over_budget(tx: Tx, started: Mapping[int, int], budget: int) -> set[int]:
    """Count ``{automation: runs}`` that automations have started now; those that began more than ``budget`` this minute.

    What people, imports and programs start is work, however much, and is not counted.
    """
    if not started:
        return set()
    rows = await tx.fetch(
        "INSERT INTO meta.automation_pulse AS p (automation_id, minute, runs)"
        " SELECT a, date_trunc('minute', now()), n FROM unnest($1::integer[], $2::integer[]) AS u(a, n) ORDER BY a"
        " ON CONFLICT (automation_id) DO UPDATE SET minute = excluded.minute,"
        " runs = excluded.runs + CASE WHEN p.minute = excluded.minute THEN p.runs ELSE 0 END"
        " RETURNING automation_id, runs",
        list(started),
        list(started.values()),
    )
    return {row["automation_id"] for row in rows if row["runs"] > budget}
