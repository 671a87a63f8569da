"""Text, long text, e-mail, URL."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from piccolo.querystring import QueryString

from runtime.fieldtypes.base import (
    EMPTY_OPERATORS,
    BadValue,
    Context,
    FieldType,
    compare,
    like_pattern,
    text_of,
)
from runtime.i18n import N_

TEXT_OPERATORS = (
    "contains", "not_contains", "is", "is_not", "starts_with", "ends_with", "is_any_of", "is_none_of", *EMPTY_OPERATORS,
)  # fmt: skip

# PostgreSQL text cannot hold NUL; the other control characters are never meant.
# Halves of surrogate pairs are no characters at all.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(value: Any, *, one_line: bool) -> str | None:
    """A text without control characters and outer blanks; None when nothing is left."""
    if value.isprintable():  # most are: no controls, no line ends, no blanks but the plain one
        return value.strip() or None
    text = _CONTROL.sub("", value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if one_line:
        text = re.sub(r"\s*\n\s*", " ", text)
    text = text.strip()
    return text or None


def text_condition(column: str, op: str, value: Any) -> QueryString | None:
    """The conditions that all text-like columns share; None for an operator it does not know."""
    if op in ("contains", "not_contains", "starts_with", "ends_with"):
        pattern = like_pattern("" if value is None else str(value))
        pattern = {"starts_with": f"{pattern}%", "ends_with": f"%{pattern}"}.get(op, f"%{pattern}%")
        found = QueryString(f"{column} ILIKE {{}}", pattern)
        return QueryString(f"(({column} ILIKE {{}}) IS NOT TRUE)", pattern) if op == "not_contains" else found
    if op in ("is", "is_not", "eq", "ne"):
        return compare(column, op, None if value is None else str(value))
    if op in ("is_any_of", "is_none_of"):
        items = [str(item) for item in (value if isinstance(value, list | tuple) else [value])]
        found = QueryString(f"{column} = ANY({{}}::text[])", items)
        return (
            QueryString(f"(({column} = ANY({{}}::text[])) IS NOT TRUE)", items)
            if op == "is_none_of"
            else found
        )
    return None


class TextType(FieldType):
    """One line of text."""

    name = "text"
    label = N_("单行文本")
    icon = "type"
    description = N_("名称、编号、单号等一行文字")
    operators = TEXT_OPERATORS
    searchable = True
    one_line: ClassVar[bool] = True

    def sql_type(self, config: Any) -> str:
        return "text"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise BadValue(N_("要填文字"))
        text = clean(value, one_line=self.one_line)
        if text is not None and len(text) > config.max_length:
            raise BadValue(N_("最多 {max} 个字,现在有 {length} 个"), max=config.max_length, length=len(text))
        return text

    def repair(self, config: Any, value: Any, context: Context) -> str | None:
        return None if value is None else self.parse(config, text_of(value), context)

    def parse_all(
        self, config: Any, values: Sequence[Any], context: Context, *, lenient: bool = False
    ) -> Sequence[Any] | None:
        if type(self).parse is not TextType.parse or set(map(type, values)) != {str}:
            return None
        if not "".join(values).isprintable():
            return None
        texts: list[str | None] = list(map(str.strip, values))
        if max(map(len, texts)) > config.max_length:  # type: ignore[arg-type]
            return None
        return [text or None for text in texts] if "" in texts else texts

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        return text_condition(column, op, value) or super().condition(config, column, op, value, context)


class LongTextType(TextType):
    """Several lines of text."""

    name = "long_text"
    label = N_("多行文本")
    icon = "align-left"
    description = N_("备注、地址、说明等多行文字")
    one_line = False


class EmailType(TextType):
    """An e-mail address, kept in lower case."""

    name = "email"
    label = N_("邮箱")
    icon = "mail"
    description = N_("电子邮箱地址,保存时检查格式")
    _shape = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        text = clean(unicodedata.normalize("NFKC", value), one_line=True) if isinstance(value, str) else None
        if text is None or len(text) > 254 or not self._shape.fullmatch(text):
            raise BadValue(N_("「{value}」不是邮箱地址,应像 name@example.com"), value=text_of(value)[:60])
        return text.lower()


class UrlType(TextType):
    """A web address."""

    name = "url"
    label = N_("网址")
    icon = "link-2"
    description = N_("网页地址,点一下就打开")

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        text = clean(value, one_line=True) if isinstance(value, str) else None
        if text is not None and "://" not in text and re.fullmatch(r"[\w-]+(\.[\w-]+)+([/?#].*)?", text):
            text = "https://" + text
        parts = urlsplit(text) if text else None
        if (
            parts is None
            or parts.scheme not in ("http", "https")
            or not parts.netloc
            or len(text or "") > 2000
        ):
            raise BadValue(N_("「{value}」不是网址,应像 https://example.com"), value=text_of(value)[:60])
        return text
