"""Addresses: province, city and district by their official codes, and the rest as it was written."""

from __future__ import annotations

import re
from typing import Any

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes import divisions
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, text_of
from runtime.fieldtypes.divisions import UNSPOKEN, Division
from runtime.fieldtypes.select import quoted
from runtime.fieldtypes.text import clean, text_condition
from runtime.i18n import N_

MOST = 500
_LEVELS = ("province", "city", "district")


class LocationType(FieldType):
    """An address. Stored as ``code|province|city|district|detail``: codes begin with those of what they lie in.

    On the wire ``{code, province, city, district, detail}``; going in, a text is taken apart, and what is no division
    of China stays in ``detail``: nothing typed is refused or lost.
    """

    name = "location"
    label = N_("地址")
    icon = "map-pin"
    description = N_("省市区加详细地址,整段粘贴会自动拆开")
    operators = ("within", "not_within", "contains", "not_contains", "is", "is_not", *EMPTY_OPERATORS)
    searchable = True

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or value in ("", {}):
            return None
        if isinstance(value, str):
            text = clean(value, one_line=True)
            if text is None:
                return None
            found, rest = divisions.find(re.sub(r"\s+", " ", text))
        elif isinstance(value, dict) and value.keys() <= {"code", "detail", *_LEVELS}:
            found, rest = _chosen(value), _detail(value.get("detail"))
        else:
            raise BadValue(N_("要填地址"))
        if found is None and not rest:
            return None
        if len(rest) > MOST:
            raise BadValue(N_("详细地址最多 {max} 个字,现在有 {length} 个"), max=MOST, length=len(rest))
        names = (*found.path, "", "")[:3] if found is not None else ("", "", "")
        return "|".join((found.code if found else "", *names, rest.replace("|", "｜")))

    def repair(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or isinstance(value, dict):
            return self.parse(config, value, context)
        return self.parse(config, text_of(value), context)

    def to_wire(self, config: Any, stored: Any) -> dict[str, str] | None:
        if not stored:
            return None
        return dict(zip(("code", *_LEVELS, "detail"), stored.split("|", 4), strict=True))

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        if not stored:
            return ""
        _, province, city, district, detail = stored.split("|", 4)
        return "".join((province, "" if city == province or city in UNSPOKEN else city, district, detail))

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def from_history(self, config: Any, value: Any) -> Any:
        if value is not None and (not isinstance(value, str) or value.count("|") < 4):
            raise BadValue(N_("要填地址"))  # from a time when the field had another type
        return value

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("within", "not_within"):  # a region, or any of several
            regions = [self._region(one) for one in (value if isinstance(value, list | tuple) else [value])]
            patterns = [region.prefix + "%" for region in regions]
            found = QueryString(f"{column} LIKE ANY({{}}::text[])", patterns)
            return QueryString("(({}) IS NOT TRUE)", found) if op == "not_within" else found
        if op in ("is", "is_not"):
            stored = self.operand(config, value, context)
            comparison = "IS DISTINCT FROM" if op == "is_not" else "="
            return QueryString(f"({column} {comparison} {{}})", stored)
        if op in ("contains", "not_contains"):
            found_text = text_condition(f"({self.formula_sql(config, column)})", op, value)
            if found_text is not None:
                return found_text
        return super().condition(config, column, op, value, context)

    @staticmethod
    def group_sql(column: str, level: str) -> str:
        """The code of the division of this level that an address lies in; NULL where it does not say."""
        place = _LEVELS.index(level)
        code = f"rpad(left({column}, {2 * place + 2}), 6, '0')"
        return f"(CASE WHEN split_part({column}, '|', {place + 2}) <> '' THEN {code} END)"

    @staticmethod
    def group_label(code: str) -> str:
        """What the division of a code is called, with those it lies in."""
        found = divisions.by_code().get(code)
        if found is None:
            return code
        names = dict.fromkeys(name for name in found.path if name not in UNSPOKEN)
        return "".join(names)

    @staticmethod
    def _region(value: Any) -> Division:
        code = value.get("code") if isinstance(value, dict) else value
        known = divisions.by_code().get(str(code))
        found, rest = (known, "") if known else divisions.find(str(value or ""))
        if found is None or rest:
            raise InvalidInput(
                N_("「{value}」不是省、市或区县,应像 浙江省 或 浙江省杭州市"),
                code="bad_operand",
                value=str(value)[:40],
            )
        return found

    def formula_sql(self, config: Any, column: str) -> str:
        skipped = ", ".join(quoted(name) for name in sorted(UNSPOKEN))
        parts = [f"split_part({column}, '|', {place})" for place in range(1, 6)]
        city = f"CASE WHEN {parts[2]} = {parts[1]} OR {parts[2]} IN ({skipped}) THEN '' ELSE {parts[2]} END"
        return f"(CASE WHEN {column} IS NULL THEN NULL ELSE {parts[1]} || ({city}) || {parts[3]} || {parts[4]} END)"

    def formula_value(self, config: Any, stored: Any) -> Any:
        return self.to_text(config, stored, Context()) or None


def _chosen(value: dict[str, Any]) -> Division | None:
    """The division an object names, by its code or by its names. Raises BadValue."""
    code = value.get("code")
    if code:
        found = divisions.by_code().get(str(code))
        if found is None:
            raise BadValue(N_("没有行政区划代码「{value}」"), code="unknown_division", value=str(code)[:20])
        return found
    names = [str(value[level]) for level in _LEVELS if value.get(level) and value[level] not in UNSPOKEN]
    if not names:
        return None
    found, rest = divisions.find(" ".join(names))
    if found is None or rest:
        raise BadValue(N_("没有「{value}」这个省市区"), value="".join(names)[:60])
    return found


def _detail(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadValue(N_("要填地址"))
    return re.sub(r"\s+", " ", clean(value, one_line=True) or "")
