"""Attachments: files with the names they have in this cell.

Stored as a JSON list of ``{id, name, size, type}``, pictures with ``width`` and ``height`` as well, so that no read needs
a look at ``meta.file``. What is stored of size and type comes from there alone (``runtime.records.attachments``).
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from piccolo.querystring import QueryString

from runtime.errors import InvalidInput
from runtime.fieldtypes.base import COMPARISONS, EMPTY_OPERATORS, BadValue, Context, FieldType, like_pattern
from runtime.i18n import N_

FILE_ID = re.compile(r"fil[0-9A-Za-z]{14}")
MOST_FILES = 100
ADDRESS = "/api/v1/files"
_IN_TEXT = re.compile(rf"{ADDRESS}/(fil[0-9A-Za-z]{{14}})")
_KEYS = ("id", "name", "size", "type", "width", "height")
_NUMBERS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})


class AttachmentType(FieldType):
    """Files. Going in, ids of uploaded files (with ``name``: what the file is called in this cell)."""

    name = "attachment"
    label = N_("附件")
    icon = "paperclip"
    description = N_("图片、PDF、表格等文件,可拖入、粘贴、拍照")
    operators = ("contains", "not_contains", "eq", "ne", "gt", "ge", "lt", "le", *EMPTY_OPERATORS)
    aggregates = ("count", "count_filled", "count_empty", "count_files")
    sortable = False
    groupable = False

    def sql_type(self, config: Any) -> str:
        return "jsonb"

    def parse(self, config: Any, value: Any, context: Context) -> str | None:
        if value is None or value in ("", []):
            return None
        items = value if isinstance(value, list | tuple) else [value]
        if len(items) > MOST_FILES:
            raise BadValue(N_("一格最多 {max} 个文件,现在有 {count} 个"), max=MOST_FILES, count=len(items))
        return written([_file(item) for item in items])

    def repair(self, config: Any, value: Any, context: Context) -> str | None:
        if isinstance(value, str) and value.strip():
            found = [{"id": id_} for id_ in dict.fromkeys(_IN_TEXT.findall(value))]
            if not found:
                raise BadValue(N_("附件不能从文字或网址填写,把文件拖进来,或用接口先上传"), code="not_a_file")
            return self.parse(config, found, context)
        return self.parse(config, value, context)

    def to_wire(self, config: Any, stored: Any) -> list[dict[str, Any]]:
        return [_shown(item) for item in read(stored)]

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "、".join(item["name"] for item in read(stored))

    def to_history(self, config: Any, stored: Any) -> Any:
        return read(stored)

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("contains", "not_contains"):
            exists = "NOT EXISTS" if op == "not_contains" else "EXISTS"
            pattern = f"%{like_pattern('' if value is None else str(value))}%"
            return QueryString(
                f"({exists} (SELECT 1 FROM jsonb_array_elements({column}) e WHERE e ->> 'name' ILIKE {{}}))",
                pattern,
            )
        if op in _NUMBERS:
            return QueryString(
                f"coalesce(jsonb_array_length({column}), 0) {COMPARISONS[op]} {{}}::integer", _count(value)
            )
        return super().condition(config, column, op, value, context)

    def formula_type(self, config: Any) -> Any:
        return "list"

    def formula_sql(self, config: Any, column: str) -> str:
        return (
            "(SELECT array_agg(u.e ->> 'name' ORDER BY u.o)"
            f" FROM jsonb_array_elements({column}) WITH ORDINALITY AS u(e, o))"
        )

    def formula_value(self, config: Any, stored: Any) -> Any:
        return [item["name"] for item in read(stored)] or None


def read(stored: Any) -> list[dict[str, Any]]:
    """A stored value as a list of its files."""
    return json.loads(stored) if stored else []


def written(files: list[dict[str, Any]]) -> str | None:
    """Files as they are stored: each once, in the very form in which PostgreSQL gives ``jsonb`` back; None for none."""
    once = {file["id"]: {key: file[key] for key in _KEYS if file.get(key) is not None} for file in files}
    return json.dumps(list(once.values()), ensure_ascii=False) if once else None


def _file(item: Any) -> dict[str, Any]:
    given = item if isinstance(item, dict) else {"id": item}
    id_, name = given.get("id"), given.get("name")
    if not isinstance(id_, str) or not FILE_ID.fullmatch(id_):
        raise BadValue(N_("附件要填已上传文件的编号,像 fil 开头的 17 个字符"), code="not_a_file")
    if name is not None and not isinstance(name, str):
        raise BadValue(N_("文件名要是文字"), code="bad_file_name")
    kept: dict[str, Any] = {"id": id_, "name": _clean(name)}
    for key in ("size", "width", "height"):
        number = given.get(key)
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53:
            kept[key] = number
    if isinstance(given.get("type"), str):
        kept["type"] = given["type"][:200]
    return kept


def _clean(name: str | None) -> str | None:
    """A name without what a JSON text cannot hold; ``runtime.records.attachments`` cleans it properly."""
    if name is None:
        return None
    return name.replace("\x00", "").encode("utf-8", "ignore").decode()[:1000] or None


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    address = f"{ADDRESS}/{item['id']}"
    picture = item.get("width") is not None
    return {
        "id": item["id"],
        "name": item.get("name", ""),
        "size": item.get("size", 0),
        "type": item.get("type", "application/octet-stream"),
        "width": item.get("width"),
        "height": item.get("height"),
        "url": f"{address}/{quote(item.get('name') or 'file', safe='')}",
        "thumbnail_url": f"{address}/thumbnail/small" if picture else None,
    }


def _count(value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise InvalidInput(
            N_("「{value}」不是文件的个数"), code="bad_operand", value=str(value)[:40]
        ) from None
    return max(-1, min(number, 10_000))
