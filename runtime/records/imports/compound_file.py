"""Compound files (OLE2), the container of old binary Office files: just enough to get at one stream.

Source: [MS-CFB], Compound File Binary File Format.
"""

from __future__ import annotations

import struct
from pathlib import Path

from runtime.records.imports.refusals import damaged
from runtime.records.imports.sniff import OLE_MAGIC

_END = 0xFFFFFFFA  # from here on, sector numbers are marks, not sectors
_ENTRY = 128
_SMALL_STREAM = 4096


class CompoundFile:
    """The directory and streams of a compound file. Raises ``InvalidInput`` (``file_damaged``) on inconsistency."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        if len(self._data) < 512 or not self._data.startswith(OLE_MAGIC):
            raise damaged()
        shift, mini_shift = struct.unpack_from("<HH", self._data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise damaged()
        self._sector = 1 << shift
        self._fat = self._read_fat()
        self._entries = self._read_directory()

    @property
    def names(self) -> set[str]:
        """Names of all streams and storages."""
        return set(self._entries)

    def stream(self, name: str) -> bytes:
        """Return the contents of the stream called ``name``; raises ``KeyError`` if there is none."""
        start, size = self._entries[name]
        if size >= _SMALL_STREAM:
            return self._chain(start)[:size]
        root_start, _ = self._entries["Root Entry"]
        container = self._chain(root_start)
        small_fat = self._table(self._chain(struct.unpack_from("<I", self._data, 60)[0]))
        pieces, at, budget = [], start, len(small_fat)
        while at < _END:
            if at >= len(small_fat) or budget < 0:
                raise damaged()
            pieces.append(container[at * 64 : at * 64 + 64])
            at, budget = small_fat[at], budget - 1
        return b"".join(pieces)[:size]

    def _read_fat(self) -> list[int]:
        (count,) = struct.unpack_from("<I", self._data, 44)
        sectors = [number for number in struct.unpack_from("<109I", self._data, 76) if number < _END]
        at, more = struct.unpack_from("<II", self._data, 68)
        while at < _END and more > 0 and len(sectors) < count:
            table = self._table(self._sector_bytes(at))
            sectors += [number for number in table[:-1] if number < _END]
            at, more = table[-1], more - 1
        fat: list[int] = []
        for number in sectors[:count]:
            fat += self._table(self._sector_bytes(number))
        return fat

    def _read_directory(self) -> dict[str, tuple[int, int]]:
        directory = self._chain(struct.unpack_from("<I", self._data, 48)[0])
        entries: dict[str, tuple[int, int]] = {}
        for offset in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            entry = directory[offset : offset + _ENTRY]
            length, kind = struct.unpack_from("<HB", entry, 64)
            if kind and 2 <= length <= 64:
                name = entry[: length - 2].decode("utf-16-le", "replace")
                start, size = struct.unpack_from("<II", entry, 116)
                entries.setdefault("Root Entry" if kind == 5 else name, (start, size))
        return entries

    def _chain(self, at: int) -> bytes:
        pieces, budget = [], len(self._fat)
        while at < _END:
            if at >= len(self._fat) or budget < 0:
                raise damaged()
            pieces.append(self._sector_bytes(at))
            at, budget = self._fat[at], budget - 1
        return b"".join(pieces)

    def _sector_bytes(self, number: int) -> bytes:
        offset = (number + 1) * self._sector
        piece = self._data[offset : offset + self._sector]
        if not piece:
            raise damaged()
        return piece.ljust(self._sector, b"\0")

    @staticmethod
    def _table(data: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4]))
