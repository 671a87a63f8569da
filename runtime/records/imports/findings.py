"""What an inspection of a sheet finds beyond the values of its cells."""

from __future__ import annotations

import msgspec

from runtime.i18n import N_, Message
from runtime.records.imports import refusals

MAX_CELLS = 27_500_000
"""The largest rectangle of cells that is read: the library keeps all of it in memory, empty cells included.

A sheet of 26 columns may use every row there is.
"""

FORMAT_ROWS = 300
"""Number formats are counted in so many rows from the top."""

BUILT_IN_FORMATS = {
    **dict.fromkeys((5, 6, 7, 8, 42, 44), '"¥"#,##0.00'),
    **dict.fromkeys((9, 10), "0.00%"),
    **dict.fromkeys((3, 4, 37, 38, 39, 40, 41, 43), "#,##0.00"),
    **dict.fromkeys((14, 15, 16, 17, 22), "yyyy-mm-dd"),
}
"""Formats that files refer to by number only (ECMA-376 part 1, 18.8.30)."""


class Findings(msgspec.Struct):
    """What was found in one sheet. ``errors`` and ``exact_integers`` by (row from 1, column from 0).

    ``last_row`` (from 1) and ``last_column`` (from 0, at least 25: nearer columns are not looked at) are the extent of
    cells with content; ``filled_rows`` is 0 if unknown.
    """

    last_row: int = 0
    last_column: int = 25
    filled_rows: int = 0
    hidden_rows: int = 0
    formulas: int = 0
    formulas_without_result: int = 0
    lossy_numbers: int = 0
    errors: dict[tuple[int, int], str] = msgspec.field(default_factory=dict)
    exact_integers: dict[tuple[int, int], int] = msgspec.field(default_factory=dict)
    number_formats: dict[int, str] = msgspec.field(default_factory=dict)

    def notices(self) -> list[Message]:
        """The findings a person should know."""
        found = []
        if stored := self.formulas - self.formulas_without_result:
            found.append(Message(N_("{n} 个公式单元格,取的是保存在文件里的结果"), {"n": stored}))
        if self.formulas_without_result:
            found.append(
                Message(
                    N_("{n} 个公式单元格没有保存结果,读作空白;用 Excel 打开、保存一次再导入就有了"),
                    {"n": self.formulas_without_result},
                )
            )
        if self.errors:
            found.append(Message(N_("{n} 个单元格是公式错误(如 #DIV/0!)"), {"n": len(self.errors)}))
        if self.lossy_numbers:
            found.append(
                Message(
                    N_(
                        "{n} 个超过 15 位的数字是按数字存的,Excel 已经把 15 位以后的变成 0;这类编号要先设为文本格式再导出"
                    ),
                    {"n": self.lossy_numbers},
                )
            )
        if self.hidden_rows:
            found.append(Message(N_("有 {n} 行在表格里被隐藏或筛选掉了,也会读取"), {"n": self.hidden_rows}))
        return found

    def refuse_sprawl(self, sheet: str) -> None:
        """Raise ``TooMuch`` if the cells spread over too many columns or too large a rectangle."""
        columns = self.last_column + 1
        if columns > refusals.MAX_COLUMNS:
            raise refusals.too_many_columns(sheet, columns)
        if columns * self.last_row > MAX_CELLS:
            raise refusals.sheet_too_large(sheet, self.last_row, columns)
