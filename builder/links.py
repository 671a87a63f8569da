"""Links while they are being edited: the join table, the field at the other end, one or many.

A two-way link is two fields that share one join table (``relation``), each from its side. Deleting one of them leaves
the other as a one-way link with all its pairs; restoring it makes them a pair again.
"""

from __future__ import annotations

from typing import Any

import msgspec

from builder import link_limits
from builder.edit import Drawn, Edit, Stored
from builder.validation import Problems, check_name, free_name
from builder.wire import decode, strip_ours
from runtime.catalog import App, Catalog, Field, Table
from runtime.definitions.fields import FieldConfig, FieldDef, Link
from runtime.errors import NotFound, RuleBroken
from runtime.i18n import N_, Message
from runtime.storage import schema

EXTRAS = frozenset({"two_way", "inverse_name", "inverse_many"})
_KEYS = frozenset({"table", "many", "where", "pairs"})


class InverseWish(msgspec.Struct, frozen=True):
    """The field wanted at the other end. ``name``: as typed, empty for a proposal."""

    name: str = ""
    many: bool = True


def read_link(
    problems: Problems, catalog: Catalog, app: App, table: Table, options: dict[str, Any], old: Field | None
) -> Link | None:
    """The link that JSON spells: its target by id or name within the app. What storage keeps of it comes from ``old``."""
    options = strip_ours(options)
    for key in options:
        if key not in _KEYS | EXTRAS:
            problems.at(key).add(
                "unknown_option",
                N_("「{type}」字段没有「{key}」这个设置"),
                type=Message(N_("关联")),
                key=key[:40],
            )
    wanted = options.get("table")
    target = next((t for t in app.tables if wanted in (t.id, t.name)), None)
    if target is None:
        problems.at("table").add("unknown_table", N_("选要关联的数据表"))
        return None
    given = {
        "type": "link",
        "table": target.id,
        "many": options.get("many", True),
        "where": options.get("where"),
        "pairs": options.get("pairs") or (),
    }
    config = decode(problems, given, FieldConfig)
    if not isinstance(config, Link):
        return None
    config = link_limits.check_limit(problems, table, target, config)
    before = old.config if old is not None else None
    if isinstance(before, Link) and before.table == target.id:
        return msgspec.structs.replace(
            config, relation=before.relation, side=before.side, inverse=before.inverse
        )
    return config


def read_wish(
    problems: Problems, target: Table, table: Table, options: dict[str, Any], *, default: bool
) -> InverseWish | None:
    """The field wanted at the other end; None for a one-way link. Two-way unless said otherwise (``default``)."""
    if not options.get("two_way", default):
        return None
    name = str(options.get("inverse_name") or "").strip()
    taken = [field.name for field in target.fields]
    if name:
        name = check_name(problems.at("inverse_name"), name, taken=taken)
    return InverseWish(name or free_name(table.name, taken), bool(options.get("inverse_many", True)))


async def create_pair(
    edit: Edit, table: Table, definition: FieldDef, target: Table, wish: InverseWish | None
) -> tuple[Stored, Stored | None]:
    """Store a new link and, if wished, its inverse, and make their join table."""
    assert isinstance(definition.config, Link)  # noqa: S101
    ours = await edit.draw("field")
    theirs = await edit.draw("field") if wish is not None else None
    config = msgspec.structs.replace(
        definition.config, relation=ours.number, side="a", inverse=theirs.id if theirs else None
    )
    await schema.create_relation(edit.tx, ours.number, table.number, target.number)
    body = msgspec.structs.replace(definition, config=config)
    stored = await edit.create("field", body, app=table.app_number, table=table.number, drawn=ours)
    if wish is None or theirs is None:
        return stored, None
    inverse = await _store_inverse(edit, table, target, stored, config, wish, theirs)
    return stored, inverse


async def _store_inverse(
    edit: Edit, table: Table, target: Table, stored: Stored, config: Link, wish: InverseWish, drawn: Drawn
) -> Stored:
    body = FieldDef(
        name=wish.name,
        config=Link(
            table=table.id,
            many=wish.many,
            inverse=stored.id,
            relation=config.relation,
            side="b" if config.side == "a" else "a",
        ),
    )
    edit.tell(target.id)
    return await edit.create("field", body, app=target.app_number, table=target.number, drawn=drawn)


async def add_inverse(edit: Edit, table: Table, field: Field, wish: InverseWish) -> None:
    """Make a one-way link two-way: the pairs that exist show at the other end at once."""
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    target = edit.catalog.table(config.table)
    if not wish.many:
        await refuse_many(edit, field, far=True)
    drawn = await edit.draw("field")
    stored = await edit.live(field.id, "field")
    paired = msgspec.structs.replace(config, inverse=drawn.id)
    await _store_inverse(edit, table, target, stored, paired, wish, drawn)
    await edit.change(stored, msgspec.structs.replace(stored.body, config=paired))


async def part(edit: Edit, inverse_id: str | None) -> None:
    """Let the field at the other end go on as a one-way link."""
    if inverse_id is None:
        return
    other = await edit.stored(inverse_id, "field")
    if other.deleted_at is None and isinstance(other.body.config, Link):
        alone = msgspec.structs.replace(other.body.config, inverse=None)
        await edit.change(other, msgspec.structs.replace(other.body, config=alone))
        if (table := await edit.by_number(other.table_number or 0)) is not None:
            edit.tell(table.id)


async def refuse_many(edit: Edit, field: Field, *, far: bool = False) -> None:
    """Refuse to allow only one linked record where there are several now. ``far``: seen from the other end.

    Raises:
        RuleBroken: with the number of records that hold more than one.
    """
    count = await count_many(edit, field, far=far)
    if count:
        raise RuleBroken(
            N_("有 {count} 条记录关联了不止一条,先把多余的去掉,再改成只能关联一条"),
            code="several_linked",
            field=field.id,
            field_name=field.name,
            count=count,
        )


async def count_many(edit: Edit, field: Field, *, far: bool = False) -> int:
    """Live records that hold more than one live linked record."""
    config = field.config
    assert isinstance(config, Link)  # noqa: S101
    near, away = (field.link_far, field.link_near) if far else (field.link_near, field.link_far)
    here, there = edit.catalog.table(field.table_id).sql, edit.catalog.table(config.table).sql
    here, there = (there, here) if far else (here, there)
    found = await edit.tx.value(
        f"SELECT count(*) FROM (SELECT 1 FROM {field.link_sql} l"
        f" JOIN {here} n ON n.id = l.{near} AND n.deleted_at IS NULL"
        f" JOIN {there} f ON f.id = l.{away} AND f.deleted_at IS NULL"
        f" GROUP BY l.{near} HAVING count(*) > 1) s"
    )
    return int(found)


async def settle_pair(edit: Edit, stored: Stored) -> None:
    """After a link came back: it and the field at its other end name each other, or it goes on alone."""
    config: Link = stored.body.config
    if config.inverse is None:
        return
    try:
        other = await edit.live(config.inverse, "field")
    except NotFound:
        other = None
    theirs = other.body.config if other is not None else None
    if other is None or not isinstance(theirs, Link) or theirs.relation != config.relation:
        alone = msgspec.structs.replace(config, inverse=None)
        await edit.change(stored, msgspec.structs.replace(stored.body, config=alone))
    elif theirs.inverse != stored.id:
        paired = msgspec.structs.replace(theirs, inverse=stored.id)
        await edit.change(other, msgspec.structs.replace(other.body, config=paired))
        if (table := await edit.by_number(other.table_number or 0)) is not None:
            edit.tell(table.id)
