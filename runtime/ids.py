"""Public ids: a three-letter kind and 14 base-62 characters.

Definitions (``app…``, ``tbl…``, ``fld…``, ``viw…`` …) draw theirs at random once and keep it. A record's id is
computed: it carries its table's number and its row number, mixed by a fixed bijection, so that ``rec…`` costs no
column and no index, and ``/records/{record}`` finds its table. Ids are addresses, not secrets: access is checked.
"""

from __future__ import annotations

import secrets
from functools import lru_cache

from runtime.errors import NotFound

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 14
_PAIRS = [high + low for high in ALPHABET for low in ALPHABET]
_VALUE = {pair: value for value, pair in enumerate(_PAIRS)}

# 80 bits hold 30 bits of table number and 50 bits of row number; 62**14 > 2**83, so 14 characters suffice.
_BITS = 80
_MASK = (1 << _BITS) - 1
_ROW_BITS = 50
_ROW_MASK = (1 << _ROW_BITS) - 1
_ODD_1 = 0x9E37_79B9_7F4A_7C15_F39D
_ODD_2 = 0xC2B2_AE3D_27D4_EB4F_1657
_INV_1 = pow(_ODD_1, -1, 1 << _BITS)
_INV_2 = pow(_ODD_2, -1, 1 << _BITS)
_SHIFT = 40  # half the width: x ^= x >> 40 is its own inverse

KINDS = (
    "app",
    "tbl",
    "fld",
    "viw",
    "rec",
    "aut",
    "run",
    "das",
    "wid",
    "wkb",
    "stk",
    "con",
    "job",
    "usr",
    "stp",
    "tok",
    "fil",
    "ntc",
)


def new_id(kind: str) -> str:
    """A fresh random public id of a definition, e.g. ``fldA1b2…``."""
    return kind + "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))


def _encode(number: int) -> str:
    high, low = divmod(number, 62**8)
    first, second = divmod(high, 62**4)
    third, fourth = divmod(low, 62**4)
    pairs = _PAIRS
    return (
        pairs[first]
        + pairs[second // 3844]
        + pairs[second % 3844]
        + pairs[third // 3844]
        + pairs[third % 3844]
        + pairs[fourth // 3844]
        + pairs[fourth % 3844]
    )


@lru_cache(maxsize=32768)
def record_id(table_number: int, row_number: int) -> str:
    """The public id of row ``row_number`` of the table stored as ``data.t<table_number>``."""
    x = (table_number << _ROW_BITS) | row_number
    x = (x * _ODD_1) & _MASK
    x ^= x >> _SHIFT
    x = (x * _ODD_2) & _MASK
    x ^= x >> _SHIFT
    return "rec" + _encode(x)


def record_id_sql(table_number: int, row_number: str) -> str:
    """:func:`record_id` as SQL, where ``row_number`` is the SQL of a bigint. The sums are numerics and exact."""
    mask, half = _MASK + 1, 1 << _SHIFT

    def mixed(x: str) -> str:
        high, low = f"div({x}, {half})::bigint", f"mod({x}, {half})::bigint"
        return f"({high}::numeric * {half} + ({high} # {low}))"

    digits = " || ".join(
        f"substr('{ALPHABET}', mod(div(d.x, {62**place}), 62)::integer + 1, 1)"
        for place in reversed(range(_LENGTH))
    )
    source = f"SELECT mod(({table_number}::numeric * {1 << _ROW_BITS} + {row_number}) * {_ODD_1}, {mask}) AS x OFFSET 0"
    source = f"SELECT mod({mixed('a.x')} * {_ODD_2}, {mask}) AS x FROM ({source}) a OFFSET 0"
    source = f"SELECT {mixed('b.x')} AS x FROM ({source}) b OFFSET 0"
    return f"(SELECT 'rec' || {digits} FROM ({source}) d)"


def parse_record_id(public_id: str) -> tuple[int, int]:
    """``(table_number, row_number)`` of a ``rec…`` id.

    Raises:
        NotFound: the text is no record id.
    """
    if len(public_id) != 3 + _LENGTH or not public_id.startswith("rec"):
        raise NotFound()
    return _parse(public_id)


@lru_cache(maxsize=32768)
def _parse(public_id: str) -> tuple[int, int]:
    x = 0
    for place in range(3, 3 + _LENGTH, 2):
        pair = _VALUE.get(public_id[place : place + 2])
        if pair is None:
            raise NotFound()
        x = x * 3844 + pair
    if x > _MASK:
        raise NotFound()
    x ^= x >> _SHIFT
    x = (x * _INV_2) & _MASK
    x ^= x >> _SHIFT
    x = (x * _INV_1) & _MASK
    return x >> _ROW_BITS, x & _ROW_MASK
