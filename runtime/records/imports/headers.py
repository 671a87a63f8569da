"""Which row of a sheet holds the names of the columns, and what the columns are called.

Reports begin with a title, a shop name, the time of the export, notes of the payment platform; the header is the first
row that is about as wide as the table and reads like labels standing over values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from runtime.i18n import N_, Message
from runtime.records.imports.cells import Cell, is_blank, show
from runtime.records.imports.merged import Range

LOOK_AHEAD = 80
"""How many rows from the top are looked at."""

_WIDE_ENOUGH = 0.6
_LABEL_LENGTH = 60
_NUMERIC = re.compile(r"[-+(]?\s*[¥￥$€£]?\s*[-+]?\d[\d,.]*\s*(?:%|元)?\)?")
_DATED = re.compile(r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[ T]\s*\d.*)?")
_YEARS = range(1990, 2101)


def guess_header(rows: Sequence[tuple[int, Sequence[Cell]]]) -> int | None:
    """Return the number of the header row among ``rows`` (the top of a sheet, blank rows left out).

    Returns nothing when no row reads like a header, because the data begins at once.
    """
    looked = rows[:LOOK_AHEAD]
    widths = [sum(not is_blank(cell) for cell in cells) for _, cells in looked]
    if not widths:
        return None
    table_width = sorted(widths, reverse=True)[
        min(2, len(widths) // 3)
    ]  # one or two freakishly wide rows do not count
    for index, (number, cells) in enumerate(looked):
        if widths[index] < max(table_width * _WIDE_ENOUGH, min(2, table_width)):
            continue
        below = [cells_below for _, cells_below in looked[index + 1 :]]
        return number if _reads_like_header(cells, below) else None
    return looked[0][0]


def lower_storey(
    header: int,
    ranges: Sequence[Range],
    raw: Mapping[int, Sequence[Cell]],
    filled: Mapping[int, Sequence[Cell]],
) -> int:
    """Return the row of the real names when ``header`` is the upper floor of a header of two or more storeys.

    Such a header has group titles merged across (收货信息) and other names merged downwards beside them. ``raw`` and
    ``filled`` give the top rows by number, without and with merged cells filled.
    """
    of_header = [merged for merged in ranges if merged.first_row <= header <= merged.last_row]
    bottom = max((merged.last_row for merged in of_header), default=header)
    across = any(merged.last_column > merged.first_column for merged in of_header)
    if bottom == header or not across or bottom not in raw:
        return header
    own = [cell for cell in raw[bottom] if not is_blank(cell)]
    complete = sum(not is_blank(cell) for cell in filled[bottom]) >= sum(
        not is_blank(c) for c in filled[header]
    )
    return bottom if own and all(_is_label(cell) for cell in own) and complete else header


def _reads_like_header(cells: Sequence[Cell], below: Sequence[Sequence[Cell]]) -> bool:
    filled = [index for index, cell in enumerate(cells) if not is_blank(cell)]
    labels = [index for index in filled if _is_label(cells[index])]
    years = [index for index in filled if _is_year(cells[index])]
    if len(labels) + (len(years) if labels else 0) < len(filled) * 0.4:
        return False
    over_values = sum(_mostly_values(below, index) for index in labels)
    value_over_values = sum(
        _mostly_values(below, index) for index in filled if index not in labels and index not in years
    )
    return value_over_values == 0 or over_values > value_over_values


def _is_label(cell: Cell) -> bool:
    if not isinstance(cell, str):
        return False
    text = cell.strip()
    return len(text) <= _LABEL_LENGTH and not _is_value(text)


def _is_year(cell: Cell) -> bool:
    if isinstance(cell, str):
        return cell.strip().isdigit() and len(cell.strip()) == 4 and int(cell) in _YEARS
    return isinstance(cell, int) and cell in _YEARS


def _is_value(text: str) -> bool:
    return bool(_NUMERIC.fullmatch(text) or _DATED.fullmatch(text))


def _mostly_values(below: Sequence[Sequence[Cell]], column: int) -> bool:
    seen = [row[column] for row in below[:30] if column < len(row) and not is_blank(row[column])]
    values = sum(not isinstance(cell, str) or _is_value(cell.strip()) for cell in seen)
    return bool(seen) and values >= len(seen) * 0.6


def name_columns(
    header: Sequence[Cell], columns: Sequence[int], above: Mapping[int, Cell] | None = None
) -> tuple[str, ...]:
    """Return one name per source column: trimmed, line ends made blanks, never empty, never twice.

    ``above`` holds group titles over the header (two-storey headers); they tell equal names apart where they can.
    """
    names = [_clean(header[column]) if column < len(header) else "" for column in columns]
    counts = Counter(names)
    if above:
        for index, column in enumerate(columns):
            group = _clean(above.get(column))
            if names[index] and counts[names[index]] > 1 and group and group != names[index]:
                names[index] = f"{group} {names[index]}"
    taken: set[str] = set()
    result = []
    for index, name in enumerate(names):
        base = name or unnamed_column(index + 1)
        unique, repeat = base, 1
        while unique in taken:
            repeat += 1
            unique = f"{base} ({repeat})"
        taken.add(unique)
        result.append(unique)
    return tuple(result)


def unnamed_column(position: int) -> str:
    """The name of a column whose header is empty; ``position`` counts from 1."""
    return Message(N_("列 {n}"), {"n": position}).text()


def _clean(cell: Cell) -> str:
    if isinstance(cell, Decimal) and cell == cell.to_integral_value():
        cell = int(cell)
    return " ".join(show(cell).split())[:200]
