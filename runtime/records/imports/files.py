"""The entry: open any tabular file, or refuse it with a sentence that says why."""

from __future__ import annotations

from pathlib import Path

from runtime.records.imports import refusals
from runtime.records.imports.csv_reader import TextSheet
from runtime.records.imports.encoding import detect
from runtime.records.imports.html_reader import open_html
from runtime.records.imports.sniff import sniff
from runtime.records.imports.tabular import Sheet, TabularFile
from runtime.records.imports.workbook_reader import open_workbook
from runtime.records.imports.xml_reader import open_xml

__all__ = ["MAX_BYTES", "Sheet", "TabularFile", "open_tabular"]

MAX_BYTES = 100 << 20
"""The default limit of a file's size."""


def open_tabular(
    path: Path | str,
    *,
    filename: str | None = None,
    max_bytes: int = MAX_BYTES,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> TabularFile:
    """Open the table file at ``path``, whatever its name says it is, and check that at least one sheet can be read.

    ``filename`` is the name under which a person sent it (default: that of ``path``). ``encoding`` and ``delimiter``
    overrule what is found for text files. The caller closes the result. Reading blocks: in a server, do it in a thread.

    Raises ``TooMuch``: ``file_too_large``, ``file_unpacks_too_large``, ``workbook_too_large``, ``sheet_too_large``,
    ``too_many_columns``; ``InvalidInput``: ``file_empty``, ``file_not_table``, ``file_encrypted``, ``file_damaged``,
    ``sheet_empty``.
    """
    path = Path(path)
    filename = filename or path.name
    size = path.stat().st_size
    if size > max_bytes:
        raise refusals.file_too_large(size, max_bytes)
    opened = _open(path, filename, encoding, delimiter)
    try:
        opened.default_sheet.check()
    except BaseException:
        opened.close()
        raise
    return opened


def _open(path: Path, filename: str, encoding: str | None, delimiter: str | None) -> TabularFile:
    stem = Path(filename.replace("\\", "/")).stem or filename
    match sniff(path):
        case "text":
            text = detect(path, encoding)
            sheet = TextSheet(path, stem, text, delimiter, tabs=filename.lower().endswith((".tsv", ".tab")))
            return TabularFile(
                path,
                filename,
                "text",
                [sheet],
                notices=list(text.notices),
                encoding=text.encoding,
                delimiter=sheet.delimiter,
            )
        case "html":
            return open_html(path, filename, stem, encoding)
        case "xml":
            return open_xml(path, filename)
        case kind:
            return open_workbook(path, filename, kind)
