"""A sheet whose rows had to be read as a whole: web pages and XML spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runtime.i18n import Message
from runtime.records.imports.cells import Cell
from runtime.records.imports.merged import Range
from runtime.records.imports.tabular import Facts


class MemorySheet:
    """A :class:`SheetSource` over rows in memory (number from 1 ascending, cells)."""

    def __init__(
        self,
        name: str,
        rows: Sequence[tuple[int, list[Cell]]],
        *,
        ranges: Sequence[Range] = (),
        notices: Sequence[Message] = (),
        hidden: bool = False,
    ) -> None:
        self.name, self.hidden = name, hidden
        self._rows, self._ranges, self._notices = rows, ranges, notices

    def facts(self) -> Facts:
        """See :class:`SheetSource`."""
        filled = sum(any(cell is not None for cell in cells) for _, cells in self._rows)
        return Facts(filled, tuple(self._ranges), tuple(self._notices))

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """See :class:`SheetSource`."""
        for number, cells in self._rows:
            yield number, list(cells)

    def late_notices(self) -> list[Message]:
        """Everything is known before."""
        return []
