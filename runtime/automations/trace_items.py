"""What a loop did for each of its items: the part of a run's trace that is read only when somebody asks for it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from runtime.access import Actor, Operation, require
from runtime.automations import course
from runtime.automations.course import paths
from runtime.automations.engine import app_by_number
from runtime.automations.steps import kind_of
from runtime.automations.trace import (
    MAX_RUNS,
    StepTrace,
    decoded,
    deliveries_of,
    record_names,
    step_trace,
    with_loop,
)
from runtime.definitions.automations import AutomationDef, Loop
from runtime.errors import NotFound
from runtime.ids import parse_record_id
from runtime.system import System


class ItemTrace(msgspec.Struct, frozen=True, kw_only=True):
    """An item of a loop: its number (1 …), the record (id and name) or the value, and its steps."""

    number: int
    record: str | None
    name: str
    status: str
    steps: tuple[StepTrace, ...]


async def items_of_loop(
    system: System,
    actor: Actor,
    public_id: str,
    path: str,
    *,
    after: int = 0,
    failed: bool = False,
    limit: int = 20,
) -> list[ItemTrace]:
    """Items of the loop at ``path`` that were begun, behind the ``after``-th; only those with a failed step if ``failed``.

    None where no loop is. Raises NotFound, NotAllowed.
    """
    catalog = await system.catalogs.current()
    run = await system.db.row("SELECT id, app_id, definition FROM meta.run WHERE public_id = $1", public_id)
    if run is None:
        raise NotFound()
    require(actor, Operation.LOOK, app_by_number(catalog, run["app_id"]).id)
    definition = msgspec.json.decode(run["definition"], type=AutomationDef)
    known = dict(paths(definition))
    if not isinstance(getattr(known.get(course.shape(path)), "config", None), Loop):
        return []
    output = await system.db.value(
        "SELECT output FROM meta.run_step WHERE run_id = $1 AND path = $2", run["id"], path
    )
    numbers = await system.db.fetch(
        "SELECT DISTINCT split_part(substr(path, $3), '/', 1)::integer AS n FROM meta.run_step"
        " WHERE run_id = $1 AND starts_with(path, $2) AND (NOT $4 OR status = 'failed')"
        " AND split_part(substr(path, $3), '/', 1)::integer > $5 ORDER BY n LIMIT $6",
        run["id"],
        f"{path}/",
        len(path) + 2,
        failed,
        after,
        max(1, min(limit, MAX_RUNS)),
    )
    items = course.items_of(decoded(output) or {})
    records = [str(one) for one in items] if "records" in (decoded(output) or {}) else []
    wanted = [row["n"] for row in numbers]
    keys = [parse_record_id(records[n - 1]) for n in wanted if n <= len(records)]
    names = await record_names(system, catalog, keys)
    found = []
    for number in wanted:
        steps = await _item_steps(system, run["id"], definition, f"{path}/{number}/")
        item = items[number - 1] if number <= len(items) else ""
        found.append(
            ItemTrace(
                number=number,
                record=str(item) if records else None,
                name=names.get(str(item), "") if records else str(item),
                status=_worst(steps),
                steps=steps,
            )
        )
    return found


def _worst(steps: Sequence[StepTrace]) -> str:
    there = {step.status for step in steps}
    return next((status for status in ("failed", "waiting", "skipped") if status in there), "done")


async def _item_steps(
    system: System, run: int, definition: AutomationDef, prefix: str
) -> tuple[StepTrace, ...]:
    rows = await system.db.fetch(
        "SELECT * FROM meta.run_step WHERE run_id = $1 AND starts_with(path, $2)"
        " AND substr(path, $3) !~ '/[0-9]+/' ORDER BY position, id",
        run,
        prefix,
        len(prefix) + 1,
    )
    known = {step.id: step for _, step in paths(definition)}
    deliveries = await deliveries_of(system, run, prefix)
    traces = []
    for row in rows:
        step = known.get(row["step_id"])
        kind, name = (kind_of(step.config).id, step.name) if step else ("removed", "")
        one = step_trace(row, row["path"], row["step_id"], kind, name, deliveries.get(row["path"], ()))
        traces.append(await with_loop(system, run, one) if step and isinstance(step.config, Loop) else one)
    return tuple(traces)
