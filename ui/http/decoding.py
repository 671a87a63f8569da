"""Turns the decoder's English remarks on a malformed body into sentences with a path.

msgspec says ``Expected `int`, got `str` - at `$.records[0].fields``` ; people and programs get a translatable sentence
and ``records.0.fields``.
"""

from __future__ import annotations

import re
from typing import Any

from runtime.errors import Problem
from runtime.i18n import N_, Message

_PLACE = re.compile(r"^(?P<text>.*?)(?: - at `(?P<path>[^`]*)`)?$", re.DOTALL)
_KINDS = {
    "int": N_("一个整数"),
    "float": N_("一个数字"),
    "decimal": N_("一个数字"),
    "str": N_("文字"),
    "bool": N_("true 或 false"),
    "array": N_("一个列表"),
    "object": N_("对象"),
    "null": N_("空值"),
    "date": N_("一个日期"),
    "datetime": N_("一个日期时间"),
}

# what msgspec and Litestar can say, most particular first; each group becomes a parameter
_RULES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"Object missing required field `(?P<name>[^`]+)`"), "missing", N_("缺少「{name}」")),
    (re.compile(r"Missing required (?:\w+) parameter '(?P<name>[^']+)'.*"), "missing", N_("缺少「{name}」")),
    (re.compile(r"Object contains unknown field `(?P<name>[^`]+)`"), "unknown_key", N_("不认识「{name}」")),
    (re.compile(r"Invalid enum value (?P<value>.+)"), "unknown_choice", N_("没有 {value} 这个选项")),
    (re.compile(r"Invalid value (?P<value>.+)"), "unknown_choice", N_("没有 {value} 这个选项")),
    (re.compile(r"Expected `(?P<kind>\w+)` (?P<limit>[<>=]+ .+)"), "out_of_range", N_("应该 {limit}")),
    (re.compile(r"Expected `\w+` of length (?P<limit>.+)"), "wrong_length", N_("长度应该 {limit}")),
    (
        re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<found>[^`]+)`"),
        "wrong_type",
        N_("应该是{expected},收到的是{found}"),
    ),
    (re.compile(r"JSON is malformed: .*"), "not_json", N_("内容不是有效的 JSON")),
    (re.compile(r"Input data was truncated"), "not_json", N_("内容不是有效的 JSON")),
    (re.compile(r"Invalid UTF-8.*"), "not_json", N_("内容不是 UTF-8")),
    (re.compile(r"'data'"), "missing", N_("请求里没有内容")),
)


def problem_of(text: str, path: str = "") -> Problem:
    """The remark ``text`` as a problem. ``path`` is where it was found, unless the remark says so itself."""
    found = _PLACE.match(text)
    said = found["text"] if found else text
    place = (found["path"] if found else None) or path
    for pattern, code, sentence in _RULES:
        match = pattern.fullmatch(said)
        if match:
            params: dict[str, Any] = {
                name: _kind(value) if name in {"expected", "found"} else value
                for name, value in match.groupdict().items()
            }
            missing = params.get("name") if code in {"missing", "unknown_key"} else None
            return Problem(code, Message(sentence, params), path=_dotted(place, missing))
    return Problem("invalid_input", Message(N_("这里填得不对")), path=_dotted(place))


def _kind(text: str) -> Any:
    """Names of types in words, several joined by a slash."""
    names = [part.strip() for part in text.split("|")]
    if len(names) == 1:
        return Message(_KINDS[text]) if text in _KINDS else text
    shown = [name for name in names if name != "null"]
    return _kind(shown[0]) if len(shown) == 1 else " / ".join(shown)


def _dotted(place: str, last: Any = None) -> str | None:
    """``$.records[0].fields`` → ``records.0.fields``; with the missing or unknown key behind it."""
    steps = [step for step in re.split(r"[.\[\]]+", place.removeprefix("$")) if step and step != "..."]
    if last:
        steps = [
            *(step for step in steps if step != "data"),
            str(last),
        ]  # Litestar calls the whole body "data"
    return ".".join(steps) or None
