"""Merged cells: the value stands in the top-left cell only, and is given to all the cells it covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from runtime.records.imports.cells import Cell


class Range(msgspec.Struct, frozen=True):
    """A rectangle of cells. Rows count from 1 as shown, columns from 0; both ends belong to it."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


def fill(rows: Iterable[tuple[int, list[Cell]]], ranges: Iterable[Range]) -> Iterator[tuple[int, list[Cell]]]:
    """Yield ``rows`` (ascending numbers) with each merged range filled; a row is never made longer than it was.

    Rows that hold nothing of their own stay empty, so that records merged over two rows do not come twice.
    """
    waiting = sorted(ranges, key=lambda merged: (merged.first_row, merged.first_column), reverse=True)
    active: list[tuple[Range, Cell]] = []
    for number, cells in rows:
        while waiting and waiting[-1].first_row <= number:
            merged = waiting.pop()
            at_top = merged.first_row == number and merged.first_column < len(cells)
            if at_top and cells[merged.first_column] is not None:
                active.append((merged, cells[merged.first_column]))
        if active:
            active = [(merged, value) for merged, value in active if merged.last_row >= number]
            if any(cell is not None for cell in cells):
                for merged, value in active:
                    for column in range(merged.first_column, min(merged.last_column + 1, len(cells))):
                        if cells[column] is None:
                            cells[column] = value
        yield number, cells
