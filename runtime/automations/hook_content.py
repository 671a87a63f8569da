"""What a webhook's call holds: read, looked into by a path, made values of a type, and cut short to be looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from runtime.connectors.answers import without_nuls
from runtime.definitions.triggers import HookType, HookValue
from runtime.errors import InvalidInput
from runtime.i18n import N_

_DEEPEST = 64
_MOST_FIELDS = 1000
_LONGEST_BOUNDARY = 200


def read_body(content_type: str, body: bytes) -> Any:
    """The content of a call: JSON, or a form's fields (a list where one is repeated). Raises InvalidInput.

    NULs, which PostgreSQL does not store, are left out.
    """
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError as error:
            raise _unreadable("form") from error
        return _form(pairs)
    if kind == "multipart/form-data":
        return _form(_parts(content_type, body))
    if kind and kind != "application/json" and not kind.endswith("+json") and not kind.startswith("text/"):
        raise InvalidInput(
            N_("看不懂「{type}」,请发 JSON 或表单(x-www-form-urlencoded)"),
            code="bad_content_type",
            type=kind[:60],
        )
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable("json") from error
    if _depth(content) > _DEEPEST:
        raise _unreadable("json")
    return without_nuls(content)


def _form(pairs: Iterable[tuple[str, str]]) -> Any:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            found[name] = [*(found[name] if isinstance(found[name], list) else [found[name]]), value]
        else:
            found[name] = value
    return without_nuls(found)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    """The simple fields of a multipart form. Raises InvalidInput for files, and for what is no such form."""
    header = Message()
    header["content-type"] = content_type.replace("\r", "").replace("\n", "")
    boundary = header.get_boundary()
    if not boundary or len(boundary) > _LONGEST_BOUNDARY:
        raise _unreadable("form")
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))
    if not parts or not parts[-1].startswith(b"--") or len(parts) > _MOST_FIELDS:
        raise _unreadable("form")
    for part in parts[:-1]:
        head, found, value = part.partition(b"\r\n\r\n")
        try:
            headers = HeaderParser().parsestr(head.decode().lstrip())
            name = headers.get_param("name", header="content-disposition")
            shown = collapse_rfc2231_value(name) if name is not None else ""
            if headers.get_filename() is not None:
                raise InvalidInput(
                    N_(
                        "「{name}」是一个文件,这里不收文件。把文件放在能下载的网址里,推送它的网址;别的字段照发"
                    ),
                    code="file_not_taken",
                    name=shown[:60],
                )
            if not found or not shown:
                raise _unreadable("form")
            yield shown, value.decode()
        except UnicodeError as error:
            raise _unreadable("form") from error


def _unreadable(kind: str) -> InvalidInput:
    return InvalidInput(N_("内容不是能读的 JSON 或表单"), code=f"bad_{kind}")


def _depth(value: Any) -> int:
    deepest, left = 0, [(value, 1)]
    while left:
        one, depth = left.pop()
        deepest = max(deepest, depth)
        if depth > _DEEPEST:
            return depth
        items = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        left += [(item, depth + 1) for item in items]
    return deepest


def at(content: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at ``path``; None where there is nothing."""
    for part in path:
        if isinstance(content, dict) and str(part) in content:
            content = content[str(part)]
        elif isinstance(content, list) and isinstance(part, int) and 0 <= part < len(content):
            content = content[part]
        else:
            return None
    return content


def pick(content: Any, value: HookValue) -> Any:
    """A named value of what came in, as its type; None where it is missing or cannot be one."""
    return _as(at(content, value.path), value.type)


def _as(found: Any, kind: HookType) -> Any:
    if found is None or kind == "json":
        return without_nuls(found)
    if kind == "list":
        return found if isinstance(found, list) else [found]
    if isinstance(found, dict | list):
        return msgspec.json.encode(found).decode() if kind == "text" else None
    if kind == "boolean":
        return found if isinstance(found, bool) else str(found).strip().lower() in ("true", "1", "yes", "是")
    if kind == "number":
        return _number(found)
    return ("true" if found else "false") if isinstance(found, bool) else str(found)


def _number(found: Any) -> int | float | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, int | float):
        return found
    try:
        number = float(str(found).replace(",", "").strip())
    except ValueError:
        return None
    return None if number != number or number in (float("inf"), float("-inf")) else number


def shortened(value: Any, depth: int = 0) -> Any:
    """A sample to look at: long texts and lists cut, so that a megabyte stays readable."""
    if isinstance(value, str):
        return value if len(value) <= 300 else value[:300] + "…"
    if depth > 12:
        return "…"
    if isinstance(value, list):
        return [shortened(item, depth + 1) for item in value[:20]]
    if isinstance(value, dict):
        return {str(key)[:200]: shortened(item, depth + 1) for key, item in list(value.items())[:200]}
    return value
