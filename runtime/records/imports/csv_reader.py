"""Separated text: CSV, TSV and their relatives, as shops and back offices really write them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from runtime.i18n import N_, Message
from runtime.records.imports.cells import Cell
from runtime.records.imports.encoding import TextFacts
from runtime.records.imports.tabular import Facts

DELIMITERS = (",", "\t", ";", "|")
GUARDED = frozenset("=+-@'\t\r0123456789\uff1d\uff0b\uff0d\uff20")
"""After a leading ``'``, these characters show that the ``'`` only protects the text from a spreadsheet program."""

_SAMPLE_LINES = 300
_MAX_RECORD_LINES = 2000  # a quoted cell with more line ends than this is a forgotten closing quote
_MAX_FAULTS = 50  # after so many unpaired quotes, quotes are not structure in this file
csv.field_size_limit(4_000_000)


class TextSheet:
    """The only sheet of a text file."""

    hidden = False

    def __init__(
        self, path: Path, name: str, text: TextFacts, delimiter: str | None = None, *, tabs: bool = False
    ) -> None:
        self.name = name
        self._path, self._text = path, text
        self._declared = ""
        sample = list(islice(self._lines(), _SAMPLE_LINES))
        self.delimiter = delimiter or self._declared or sniff_delimiter(sample, prefer_tabs=tabs)
        self._space_after = any(f'{self.delimiter} "' in line for line in sample)
        records = sum(1 for _ in self._parse(iter(sample), _ignore))
        self._rows = round(text.newlines * records / len(sample)) if len(sample) >= _SAMPLE_LINES else records
        self._unpaired: set[int] = set()

    def facts(self) -> Facts:
        """See :class:`SheetSource`; the number of rows is estimated from the line ends."""
        return Facts(rows=self._rows)

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield every record, blank ones included, numbered as a spreadsheet program would show them."""
        for number, record in enumerate(self._parse(self._lines(), self._note_unpaired), 1):
            yield number, [clean(value) for value in record]

    def late_notices(self) -> list[Message]:
        """Unpaired quotes met so far."""
        if not self._unpaired:
            return []
        some = sorted(self._unpaired)[:5]
        return [
            Message(
                N_("第 {rows} 行的引号没有成对,这些行按没有引号读取,请核对"),
                {"rows": "、".join(map(str, some)) + (" …" if len(self._unpaired) > len(some) else "")},
            )
        ]

    def _lines(self) -> Iterator[str]:
        with self._path.open(encoding=self._text.encoding, errors=self._text.errors, newline="") as file:
            first = file.readline().lstrip("\ufeff")
            if first[:4].lower() == "sep=" and len(first.rstrip("\r\n")) == 5:
                self._declared = first[4]  # a note to Excel, which does not show it as a row
            else:
                yield self._without_zeros(first)
            for line in file:
                yield self._without_zeros(line)

    def _without_zeros(self, line: str) -> str:
        if self._text.zeros:
            line = line.replace("\x00", "")
        return line if line != "\x1a" else ""

    def _parse(self, lines: Iterator[str], on_fault: Callable[[int], None]) -> Iterator[list[str]]:
        return parse(lines, self.delimiter, on_fault, skip_space=self._space_after)

    def _note_unpaired(self, number: int) -> None:
        self._unpaired.add(number)


class _Feed:
    """Hands lines to ``csv.reader`` and keeps those of the record being read."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.pending: list[str] = []
        self.ran_out = False

    def __iter__(self) -> Iterator[str]:
        for line in self.source:
            self.pending.append(line)
            yield line
            if len(self.pending) >= _MAX_RECORD_LINES:
                break
        self.ran_out = True


def parse(
    lines: Iterator[str], delimiter: str, on_fault: Callable[[int], None], *, skip_space: bool = False
) -> Iterator[list[str]]:
    """Yield the records in ``lines``. A record whose quote is never closed is split without regard to quotes.

    ``on_fault`` is told the number (from 1) of each such record; reading goes on with the line after it.
    """
    number = faults = 0
    rest = lines
    while True:
        feed = _Feed(rest)
        reader = csv.reader(
            iter(feed),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if faults < _MAX_FAULTS else csv.QUOTE_NONE,
            skipinitialspace=skip_space,
        )
        try:
            for record in reader:
                if feed.ran_out:  # more lines were asked for in the middle of a record: a quote is open
                    break
                number += 1
                feed.pending.clear()
                yield record
        except csv.Error:  # a cell beyond any sense; treated like an open quote
            pass
        if not feed.pending:
            return
        number += 1
        faults += 1
        on_fault(number)
        yield feed.pending[0].rstrip("\r\n").split(delimiter)
        rest = chain(feed.pending[1:], rest)


def sniff_delimiter(lines: Sequence[str], *, prefer_tabs: bool = False) -> str:
    """Return the separator with which most of ``lines`` fall into equally many cells."""
    best, best_score = ",", (0.0, 0)
    for delimiter in sorted(DELIMITERS, key="\t".__ne__) if prefer_tabs else DELIMITERS:
        widths = Counter(len(record) for record in parse(iter(lines), delimiter, _ignore) if record)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            continue
        width, count = max(wide.items(), key=lambda item: (item[1], item[0]))
        score = (round(count / widths.total(), 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def clean(value: str) -> str | None:
    """Undo what exports add around a value: blanks and tabs at the ends, ``="00123"``, a protecting ``'``."""
    text = value.rstrip("\t ")
    if not text:
        return None
    first = text[0]
    if first == "'" and len(text) > 1 and text[1] in GUARDED:
        return text[1:]
    if first == "=" and len(text) > 2 and text[1] == '"' and text[-1] == '"' and text.count('"') % 2 == 0:
        return text[2:-1].replace('""', '"') or None
    if first in "\t \ufeff\xa0\u3000":
        text = text.strip("\t \ufeff\xa0\u3000")
    return text if text and not text.isspace() else None


def _ignore(_: int) -> None:
    pass
