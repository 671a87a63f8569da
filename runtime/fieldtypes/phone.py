"""Phone numbers: mainland mobile numbers by their own rule, others by ``phonenumbers``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import phonenumbers
from piccolo.querystring import QueryString

from runtime.fieldtypes.base import BadValue, Context, FieldType, text_of
from runtime.fieldtypes.text import TEXT_OPERATORS, text_condition
from runtime.i18n import N_

# 11 digits starting with 13-19, the ranges that the MIIT numbering plan gives to mobile services.
_MAINLAND = re.compile(r"1[3-9]\d{9}")
_LINES = re.compile(r"(?:1[3-9][0-9]{9}(?:\n|\Z))+")
_SEPARATORS = re.compile(r"[\s\-().·]")
_PARTS = frozenset({"contains", "not_contains", "starts_with", "ends_with"})
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Countries and regions whose numbering is known."""


class PhoneType(FieldType):
    """A phone number; its format is checked on every path that writes."""

    name = "phone"
    label = N_("手机号")
    icon = "phone"
    description = N_("手机号码,保存时检查格式")
    operators = TEXT_OPERATORS
    searchable = True

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if not isinstance(value, str | int):
            raise BadValue(N_("「{value}」不是手机号"), value=str(value)[:30], code="bad_phone")
        typed = unicodedata.normalize("NFKC", str(value)).strip()
        return (
            self._mainland(typed)
            if config.format == "mainland"
            else self._international(typed, config.country)
        )

    def repair(self, config: Any, value: Any, context: Context) -> str | None:
        return None if value is None else self.parse(config, text_of(value), context)

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        """Mobile numbers that are written as they are stored."""
        if config.format != "mainland" or set(map(type, values)) != {str} or set(map(len, values)) != {11}:
            return None
        return values if _LINES.fullmatch("\n".join(values)) else None

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if isinstance(value, str) and op in _PARTS:
            value = self.needle(config, value)
        return text_condition(column, op, value) or super().condition(config, column, op, value, context)

    def needle(self, config: Any, text: str) -> str:
        """What is searched for: the digits alone, however they are spaced; other text as it is.

        Of a number that does not say its country, the zero it is dialled with at home is not stored.
        """
        typed = unicodedata.normalize("NFKC", text).strip()
        digits = _SEPARATORS.sub("", typed)
        if not digits.removeprefix("+").isdigit():
            return text
        if config.format == "mainland":
            return re.sub(r"^(\+|00)86(?=1)", "", digits)
        return re.sub(r"^0{1,2}(?=\d{3})", "", digits)

    @staticmethod
    def _mainland(typed: str) -> str:
        digits = _SEPARATORS.sub("", typed)
        digits = re.sub(r"^(\+|00)86", "", digits)
        if not digits.isdigit():
            raise BadValue(N_("「{value}」不是手机号,只能有数字"), value=typed[:30], code="bad_phone")
        if len(digits) != 11:
            raise BadValue(
                N_("「{value}」有 {count} 位数字,手机号应是 11 位"),
                value=typed[:30],
                count=len(digits),
                code="bad_phone",
            )
        if not _MAINLAND.fullmatch(digits):
            raise BadValue(N_("「{value}」不是手机号,应以 13 到 19 开头"), value=typed[:30], code="bad_phone")
        return digits

    @staticmethod
    def _international(typed: str, country: str) -> str:
        try:
            number = phonenumbers.parse(typed, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise BadValue(
                N_("「{value}」不是电话号码;别的国家的号码要带 + 和国家代码,如 +1 415 555 2671"),
                value=typed[:30],
                code="bad_phone",
            )
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
