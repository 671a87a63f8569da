"""How records stand in their state machines, as SQL over a row ``t``."""

from __future__ import annotations

from piccolo.querystring import QueryString

from runtime.catalog import Field, Table
from runtime.definitions.fields import StateTime


def state_time(table: Table, config: StateTime) -> QueryString:
    """The value of a field of type ``state_time``; NULL where its select has no machine (any more)."""
    field = table.by_id.get(config.field)
    if field is None or field.machine is None:
        return QueryString("NULL")
    if config.shows == "entered_at":
        return QueryString(f"t.{field.since_column}")
    if config.shows == "time_in_state":
        return QueryString(f"greatest(floor(extract(epoch FROM now() - t.{field.since_column})), 0)")
    if config.shows == "due_at":
        return due_at(field)
    if config.shows == "late":
        return QueryString(
            f"(CASE WHEN t.{field.column} IS NOT NULL THEN coalesce({{}} < now(), false) END)", due_at(field)
        )
    return _time_spent(table, field, config.state)


def due_at(field: Field) -> QueryString:
    """Until when the record may stay in its state; NULL where the state has no limit."""
    limits = field.machine.limits if field.machine is not None else {}
    if not limits:
        return QueryString("NULL::timestamptz")
    arms = " ".join(
        f"WHEN {int(choice)} THEN make_interval(secs => {int(seconds)})" for choice, seconds in limits.items()
    )
    return QueryString(f"(t.{field.since_column} + CASE t.{field.column} {arms} END)")


def _time_spent(table: Table, field: Field, choice: int | None) -> QueryString:
    """Seconds in the state: those of stays that are over, kept by every write, and of the one that is not."""
    if choice is None:
        return QueryString("NULL")
    spent = f"(t.{field.spent_column} ->> '{int(choice)}')::numeric"
    running = f"coalesce(extract(epoch FROM now() - t.{field.since_column}), 0)"
    return QueryString(
        f"(CASE WHEN t.{field.spent_column} IS NULL THEN {{}}"
        f" WHEN t.{field.column} = {int(choice)} THEN floor(coalesce({spent}, 0) + {running}) ELSE floor({spent}) END)",
        _told_by_the_history(table, field, choice),
    )


def _told_by_the_history(table: Table, field: Field, choice: int) -> QueryString:
    """The same of a record whose stays are not counted yet: between each move into the state and the next move."""
    return QueryString(
        "(SELECT floor(sum(extract(epoch FROM coalesce(s.until, now()) - s.at)))"
        " FROM (SELECT h.at, h.after->{}::text AS state, lead(h.at) OVER (ORDER BY h.id) AS until FROM meta.history h"
        f" WHERE h.table_id = {int(table.number)} AND h.record_id = t.id AND h.action IN ('create', 'update')"
        " AND h.after ? {}::text) s WHERE s.state = to_jsonb({}::integer))",
        field.id,
        field.id,
        choice,
    )
