"""Which records of another table (or the same one) belong to a record without a link: by fields that match."""

from __future__ import annotations

from typing import Literal

import msgspec

Comparison = Literal["eq", "ne", "lt", "le", "gt", "ge"]
WindowUnit = Literal["hour", "day", "week", "month", "year"]


class Pair(msgspec.Struct, frozen=True, omit_defaults=True):
    """The far record's ``field`` compared with this record's ``near``: ``field op near``."""

    field: str
    near: str
    op: Comparison = "eq"


class Window(msgspec.Struct, frozen=True, omit_defaults=True):
    """The far record's date ``field`` lies at most ``amount`` ``unit`` before or after this record's ``near`` (or on either
    side, ``around``); without ``near``: before or after today, for hours before or after this moment.

    Both ends belong to it. Hours are exact; days and longer go by the calendar and the clock of the app's time zone.
    """

    field: str
    near: str | None = None
    direction: Literal["before", "after", "around"] = "before"
    amount: int = 90
    unit: WindowUnit = "day"


class Match(msgspec.Struct, frozen=True, omit_defaults=True):
    """Records of ``table`` that meet all ``pairs`` and ``windows``; an empty ``near`` cell matches nothing.

    ``others``: a record is not counted among its own matches (where the table is its own).
    """

    table: str
    pairs: tuple[Pair, ...] = ()
    windows: tuple[Window, ...] = ()
    others: bool = False

    @property
    def near_fields(self) -> frozenset[str]:
        """Fields of this record that decide what matches."""
        return frozenset(p.near for p in self.pairs) | {w.near for w in self.windows if w.near is not None}

    @property
    def far_fields(self) -> frozenset[str]:
        """Fields of the far records that decide whether they match."""
        return frozenset(p.field for p in self.pairs) | {w.field for w in self.windows}

    @property
    def asks_the_clock(self) -> bool:
        """Whether what matches changes with time alone."""
        return any(window.near is None for window in self.windows)
