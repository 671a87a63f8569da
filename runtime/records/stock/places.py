"""Which shelves hold what a line wants: SQL of the fields that must agree."""

from __future__ import annotations

from runtime.catalog import Catalog, Field
from runtime.definitions.stock import StockDef

TEXTS = frozenset({"text", "long_text", "barcode", "auto_number", "phone"})
"""Fields whose texts can be compared with each other."""
NUMBERS = frozenset({"number", "currency"})


def comparable(line: Field, shelf: Field) -> bool:
    """Whether a field of the line and one of the shelf can name the same thing: links to one table, texts, numbers,
    options (by name)."""
    if line.type == "link" and shelf.type == "link":
        return line.config.table == shelf.config.table  # type: ignore[union-attr]
    if line.type == shelf.type == "single_select":
        return True
    return any(line.type in family and shelf.type in family for family in (TEXTS, NUMBERS))


def candidates(catalog: Catalog, d: StockDef, *, available: bool) -> str:
    """SQL of pairs ``line, shelf``: ``$1`` are rows of lines and ``$2`` rows of shelves (NULL: any).

    ``available``: only shelves that have something to give. A line that names its shelf pairs with that one alone.
    """
    lines, shelves = catalog.table(d.line_table), catalog.table(d.stock_table)
    ends = (
        " AND n.deleted_at IS NULL AND t.deleted_at IS NULL"
        " AND ($1::bigint[] IS NULL OR n.id = ANY($1::bigint[]))"
        " AND ($2::bigint[] IS NULL OR t.id = ANY($2::bigint[]))"
    )
    if available:
        on_hand, reserved = shelves.field(d.on_hand), shelves.field(d.reserved)
        ends += f" AND coalesce(t.{on_hand.column}, 0) > coalesce(t.{reserved.column}, 0)"
    parts = []
    place = lines.by_id.get(d.line_stock)
    if place is not None:
        parts.append(
            f"SELECT n.id AS line, t.id AS shelf FROM {lines.sql} n, {place.link_sql} p, {shelves.sql} t"
            f" WHERE p.{place.link_near} = n.id AND t.id = p.{place.link_far}{ends}"
        )
    if d.pick != "exact" and d.sku:
        sources, conditions = [f"{lines.sql} n", f"{shelves.sql} t"], []
        for number, part in enumerate(d.sku):
            near, far = lines.field(part.line), shelves.field(part.shelf)
            if near.type == "link":
                a, b = f"a{number}", f"b{number}"
                sources += [f"{near.link_sql} {a}", f"{far.link_sql} {b}"]
                conditions.append(
                    f"{a}.{near.link_near} = n.id AND {b}.{far.link_far} = {a}.{near.link_far}"
                    f" AND {b}.{far.link_near} = t.id"
                )
            else:
                conditions.append(f"t.{far.column} = {_as_far(near, far)}")
        if place is not None:
            conditions.append(
                f"NOT EXISTS (SELECT 1 FROM {place.link_sql} p WHERE p.{place.link_near} = n.id)"
            )
        parts.append(
            f"SELECT n.id AS line, t.id AS shelf FROM {', '.join(sources)} WHERE {' AND '.join(conditions)}{ends}"
        )
    return " UNION ALL ".join(parts) or "SELECT NULL::bigint AS line, NULL::bigint AS shelf WHERE $1 <> $2"


def _as_far(near: Field, far: Field) -> str:
    """The line's value as the shelf would hold it; options by name."""
    if near.type != "single_select":
        return f"n.{near.column}"
    pairs = [
        (choice.id, far.choices_by_name[choice.name].id)
        for choice in near.choices_by_id.values()
        if choice.name in far.choices_by_name
    ]
    arms = " ".join(f"WHEN {int(own)} THEN {int(other)}" for own, other in pairs)
    return f"CASE n.{near.column} {arms} END" if arms else "NULL"
