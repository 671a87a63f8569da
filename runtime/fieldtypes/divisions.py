"""China's provinces, cities and districts: their official codes, and finding them at the beginning of an address.

``data/divisions.json`` is made by ``ui/build/divisions.mjs``; ``docs/dependencies.md`` says from what.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import msgspec

_TAIL = re.compile(
    r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|自治县|自治旗|林区|地区|省|市|区|县|旗|盟)$"
)
_PEOPLES = re.compile(r"(?:[\u4e00-\u9fff]{1,4}族)+$")
_GAP = re.compile(r"^[\s,,、/|>\-—·]+")
# levels that exist in the codes only: nobody writes them
UNSPOKEN = frozenset({"省直辖县", "自治区直辖县级行政区划", "县"})


class Division(msgspec.Struct, frozen=True):
    """A province, city or district: its six-digit ``code``, its names down to itself, and what lies in it."""

    code: str
    path: tuple[str, ...]
    parts: tuple[Division, ...] = ()

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def prefix(self) -> str:
        """What the codes of everything in it begin with."""
        return self.code[: 2 * len(self.path)]


@cache
def provinces() -> tuple[Division, ...]:
    """All provinces with what lies in them; read once."""
    data = json.loads((Path(__file__).parent / "data" / "divisions.json").read_bytes())
    return tuple(
        Division(
            code,
            (name,),
            tuple(
                Division(
                    city, (name, city_name), tuple(Division(c, (name, city_name, n)) for c, n in counties)
                )
                for city, city_name, counties in cities
            ),
        )
        for code, name, cities in data
    )


@cache
def by_code() -> dict[str, Division]:
    """Every division by its code."""
    found: dict[str, Division] = {}
    for province in provinces():
        found[province.code] = province
        for city in province.parts:
            found[city.code] = city
            found.update({district.code: district for district in city.parts})
    return found


@cache
def _cities() -> tuple[Division, ...]:
    return tuple(city for province in provinces() for city in province.parts if city.name not in UNSPOKEN)


@cache
def short(name: str) -> str:
    """A division's name without its rank: 浙江省 → 浙江; never less than two characters."""
    cut = _TAIL.sub("", name)
    plain = _PEOPLES.sub("", cut)
    for candidate in (plain, cut):
        if len(candidate) >= 2:
            return candidate
    return name


def find(typed: str) -> tuple[Division | None, str]:
    """The division that an address begins with, and the rest of it.

    Full names count anywhere they fit; short ones (浙江, 杭州) only where another division, a gap or the end follows, so
    that 北京路 is a street. A province may be left out before a city.
    """
    text = typed.strip()
    province, rest = _step(provinces(), text)
    if province is None:
        city, after = _step(_cities(), text)
        if city is None:
            return None, text
        district, end = _step(city.parts, after)
        return (district, end) if district is not None else (city, after)
    rest = _again(province, rest)
    city, after = _step(tuple(c for c in province.parts if c.name not in UNSPOKEN), rest)
    inner = city.parts if city is not None else tuple(d for c in province.parts for d in c.parts)
    district, end = _step(inner, after)
    if district is not None:
        return district, end
    return (city, after) if city is not None else (province, after)


def _again(province: Division, rest: str) -> str:
    """北京市北京市朝阳区: the second time is the city's name, or nobody's."""
    if any(city.name == province.name for city in province.parts) and rest.startswith(province.name):
        return _GAP.sub("", rest[len(province.name) :])
    return rest


def _step(among: tuple[Division, ...], text: str) -> tuple[Division | None, str]:
    for one in among:
        if text.startswith(one.name):
            return one, _GAP.sub("", text[len(one.name) :])
    for one in among:
        name = short(one.name)
        if name != one.name and text.startswith(name):
            rest = text[len(name) :]
            after = _GAP.sub("", rest)
            if not rest or rest != after or _begins(one.parts, after):
                return one, after
    return None, text


def _begins(parts: tuple[Division, ...], text: str) -> bool:
    """Whether a text begins with one of these divisions or, for a province's, with one of theirs."""
    for part in parts:
        if text.startswith((part.name, short(part.name))):
            return True
        if any(text.startswith(inner.name) for inner in part.parts):
            return True
    return False
