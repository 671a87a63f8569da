"""Barcodes and QR codes: a text that is shown as a code to scan."""

from __future__ import annotations

import unicodedata
from typing import Any

from runtime.fieldtypes.base import BadValue, Context
from runtime.fieldtypes.text import TextType
from runtime.i18n import N_

MOST = {"qr": 1000, "code128": 80, "ean13": 40}


class BarcodeType(TextType):
    """Text that fits its kind of code: QR takes anything, Code 128 Latin letters, EAN-13 a number with a check digit."""

    name = "barcode"
    label = N_("条码/二维码")
    icon = "qr-code"
    description = N_("把编号、网址显示成能扫的条码或二维码")

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        text = super().parse(_Limit(MOST[config.format]), value, context)
        if text is None or config.format == "qr":
            return text
        text = unicodedata.normalize("NFKC", text)
        if config.format == "ean13":
            return _ean13(text)
        if not text.isascii():
            raise BadValue(N_("Code 128 条码只能有英文、数字和半角符号"))
        return text


class _Limit:
    def __init__(self, max_length: int) -> None:
        self.max_length = max_length


def _ean13(text: str) -> str:
    """The 13 digits; the check digit is added where it was left out."""
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) not in (12, 13):
        raise BadValue(N_("EAN-13 条码是 13 位数字(最后一位校验码可以不填)"))
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits[:12]))
    check = str(-weighted % 10)
    if len(digits) == 13 and digits[12] != check:
        raise BadValue(N_("「{value}」的校验码不对,最后一位应是 {check}"), value=digits, check=check)
    return digits[:12] + check
