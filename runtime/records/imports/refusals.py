"""Why a file, or a sheet of it, is not read: one sentence for each cause, used by all readers."""

from __future__ import annotations

from runtime.errors import InvalidInput, TooMuch
from runtime.i18n import N_, Message

MAX_COLUMNS = 500
"""How many columns a sheet may have."""

PICTURE = N_("一张图片")
WORD = N_("一份 Word 文档")
SLIDES = N_("一份演示文稿")
ARCHIVE = N_("一个压缩包")
MEDIA = N_("一段音频或视频")
PROGRAM = N_("一个程序")
DATABASE = N_("一个数据库文件")
WEB_ARCHIVE = N_("一个单文件网页(MHTML)")
NUMBERS = N_("一份 Numbers 表格")
EMAIL_FILE = N_("一封邮件")


def empty() -> InvalidInput:
    """No bytes, or nothing but blanks."""
    return InvalidInput(N_("文件是空的,换一个有内容的文件"), code="file_empty")


def not_a_table(what: str) -> InvalidInput:
    """The file is something else; ``what`` is a msgid naming it."""
    if what == ARCHIVE:
        return InvalidInput(N_("这是压缩包,请先解压,再选里面的表格文件"), code="file_not_table")
    return InvalidInput(
        N_("这个文件其实是{what},不是表格;可以导入 Excel(xlsx、xls)、CSV 等表格文件"),
        code="file_not_table",
        what=Message(what),
    )


def binary() -> InvalidInput:
    """Neither a known format nor text."""
    return InvalidInput(
        N_("这个文件不是表格,里面也不是文字;可以导入 Excel(xlsx、xls)、CSV 等表格文件"), code="file_not_table"
    )


def page_without_table() -> InvalidInput:
    """A web page in which there is no table: usually the sign-in page of a back office."""
    return InvalidInput(
        N_("这个文件是网页,里面没有表格;多半是下载时登录已经失效,请重新登录后台再下载一次"),
        code="file_not_table",
    )


def damaged() -> InvalidInput:
    """The contents contradict the format."""
    return InvalidInput(
        N_("文件不完整或已损坏,打不开;请重新下载,或用 Excel 打开后另存为 xlsx 再试"), code="file_damaged"
    )


def unreadable_workbook() -> InvalidInput:
    """The process that read the workbook died of it."""
    return InvalidInput(
        N_("读不了这个工作簿:文件已损坏,或单元格散布得太开;用 Excel 打开,把要导入的区域复制到新文件再试"),
        code="file_damaged",
    )


def encrypted() -> InvalidInput:
    """A password is needed to open the file."""
    return InvalidInput(
        N_("这个文件有打开密码,读不了;在 Excel 里去掉密码(文件 → 信息 → 保护工作簿)并保存后再导入"),
        code="file_encrypted",
    )


def file_too_large(size: int, limit: int) -> TooMuch:
    """``size`` and ``limit`` in bytes."""
    return TooMuch(
        N_("文件有 {size} MB,超过 {limit} MB 的上限;请拆成几个文件再导入"),
        code="file_too_large",
        size=max(-(-size // (1 << 20)), (limit >> 20) + 1),
        limit=limit >> 20,
    )


def unpacks_too_large(size: int) -> TooMuch:
    """``size`` in bytes."""
    return TooMuch(
        N_("这个文件解开后有 {size} MB,超过能处理的大小;请拆成几个文件,或另存为 CSV 再导入"),
        code="file_unpacks_too_large",
        size=size >> 20,
    )


def workbook_too_large() -> TooMuch:
    """The workbook does not fit in the memory set aside for reading one."""
    return TooMuch(
        N_("工作簿太大,读取时内存不够;请拆成几个文件,或另存为 CSV 再导入"), code="workbook_too_large"
    )


def sheet_too_large(sheet: str, rows: int, columns: int) -> TooMuch:
    """The cells of a sheet spread over too large a rectangle."""
    return TooMuch(
        N_(
            "工作表「{sheet}」的数据一直铺到第 {rows} 行、第 {columns} 列,太大了;删掉多余的行列,或拆成几个文件再试"
        ),
        code="sheet_too_large",
        sheet=sheet,
        rows=rows,
        columns=columns,
    )


def too_many_columns(sheet: str, columns: int) -> TooMuch:
    """More columns than a table may have fields."""
    return TooMuch(
        N_("工作表「{sheet}」有 {n} 列,最多能导入 {limit} 列;删掉用不到的列再试"),
        code="too_many_columns",
        sheet=sheet,
        n=columns,
        limit=MAX_COLUMNS,
    )


def sheet_empty(sheet: str) -> InvalidInput:
    """Nothing stands in the sheet."""
    return InvalidInput(N_("工作表「{sheet}」里没有数据"), code="sheet_empty", sheet=sheet)


def all_sheets_empty() -> InvalidInput:
    """Nothing stands in any sheet."""
    return InvalidInput(N_("这个文件里没有数据,换一个有内容的文件"), code="sheet_empty")


def unknown_sheet(sheet: str) -> InvalidInput:
    """A sheet was asked for that is not there."""
    return InvalidInput(N_("文件里没有叫「{sheet}」的工作表"), code="sheet_unknown", sheet=sheet)
