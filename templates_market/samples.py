"""Sample records of a template, written through the one write path like any import.

Dates may be relative to the day of installation: ``-3d 10:07`` is ten past ten three days ago.
"""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from runtime.access import Actor
from runtime.catalog import Table
from runtime.definitions.fields import Link
from runtime.definitions.queries import Query
from runtime.errors import InvalidDefinition
from runtime.i18n import N_
from runtime.records import read, write
from runtime.records.change import Change, NewRecord, Source
from runtime.system import System
from templates_market.package import SampleFile, Template
from templates_market.symbols import Symbols

_RELATIVE = re.compile(r"(?P<days>-?\d+)d (?P<time>\d{2}:\d{2})")


async def load(system: System, actor: Actor, template: Template, symbols: Symbols) -> int:
    """Create every sample record, in the order the template lists the tables. Returns how many."""
    total = 0
    for key, sample in template.records.items():
        total += await _load_table(system, actor, template, symbols, key, sample)
    return total


async def _load_table(
    system: System, actor: Actor, template: Template, symbols: Symbols, key: str, sample: SampleFile
) -> int:
    assert template.folder is not None  # noqa: S101
    catalog = await system.catalogs.current()
    table = catalog.table(symbols.get(f"@{key}"))
    zone = catalog.app_of(table).zone
    path = template.folder / "records" / sample.file
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = {name: await _by_field(system, actor, table, name, far) for name, far in sample.match.items()}
    creates = tuple(NewRecord(_fields(row, table, zone, found)) for row in rows)
    change = Change(
        table=table.id,
        actor=actor,
        source=Source("template", template.slug),
        creates=creates,
        typecast=True,
        states_as_is=True,
        atomic=True,
        quiet=True,
    )
    return (await write.apply(system, change)).stored


def _fields(
    row: dict[str, str], table: Table, zone: ZoneInfo, found: dict[str, dict[str, str]]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in row.items():
        if text == "":
            continue
        if name in found:
            values[name] = [found[name][text]] if text in found[name] else []
        elif table.field(name).type in ("date", "datetime"):
            values[name] = _moment(text, zone)
        else:
            values[name] = text
    return values


def _moment(text: str, zone: ZoneInfo) -> str:
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        return text
    day = datetime.now(zone) + timedelta(days=int(relative["days"]))
    return f"{day:%Y-%m-%d} {relative['time']}"


async def _by_field(system: System, actor: Actor, table: Table, link: str, far: str) -> dict[str, str]:
    """Ids of the far table's records by the text of its field ``far`` (a link's text need not be the far name)."""
    catalog = await system.catalogs.current()
    config = table.field(link).config
    if not isinstance(config, Link):
        raise InvalidDefinition(N_("模板的示例数据里「{field}」不是关联字段"), field=link)
    target = catalog.table(config.table)
    field = target.field(far)
    page = await read.page(system, actor, target.id, Query(fields=(field.id,), limit=1000))
    return {str(record.fields[field.id]): record.id for record in page.records}
