"""The rule of an auto number while it is being edited: its pieces, what they map, and that it never repeats itself."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from builder.validation import Problems, clean_text, has_control
from runtime.catalog import Field, Table
from runtime.definitions.fields import AutoNumber, Case, Segment
from runtime.i18n import N_
from runtime.records.numbering import MAPPABLE

_DATE_PIECES = re.compile(r"(?:%[YymdHMj]|[^%])*")
_MOST_CASES = 200


def check_auto_number(problems: Problems, table: Table, config: AutoNumber) -> AutoNumber:
    """The rule as it will be stored: fields and choices by number."""
    here = problems.at("segments")
    if not 1 <= len(config.segments) <= 10:
        here.add("bad_segments", N_("编号由 1 到 10 段组成"))
    if sum(1 for segment in config.segments if segment.kind == "sequence") != 1:
        here.add("bad_segments", N_("编号里要有一段流水号,也只能有一段"))
    segments = [_segment(here.at(at), table, segment) for at, segment in enumerate(config.segments)]
    _check_restart(problems.at("restart"), config)
    return msgspec.structs.replace(config, segments=tuple(segments))


def _segment(problems: Problems, table: Table, segment: Segment) -> Segment:
    _short(problems.at("text"), segment.text)
    if segment.kind == "date" and not _DATE_PIECES.fullmatch(segment.text):
        problems.at("text").add(
            "bad_date_pattern", N_("日期格式「{text}」不对,应像 %Y%m%d"), text=segment.text[:40]
        )
    if not 1 <= segment.width <= 12:
        problems.at("width").add("out_of_range", N_("流水号位数应在 {low} 到 {high} 之间"), low=1, high=12)
    if segment.kind != "field":
        return Segment(segment.kind, segment.text, segment.width)
    return _of_field(problems, table, segment)


def _of_field(problems: Problems, table: Table, segment: Segment) -> Segment:
    field = table.by_id.get(segment.field) or table.by_name.get(segment.field)
    if field is None:
        message = N_("选一个字段,编号里写它对应的文字")
        problems.at("field").add("missing" if not segment.field else "unknown_field", message)
        return segment
    if field.type not in MAPPABLE:
        problems.at("field").add(
            "wrong_type",
            N_("「{name}」不能写进编号:要选单选、文本、数字这类一个格子只有一个值、由人填写的字段"),
            name=field.name,
        )
        return segment
    if len(segment.cases) > _MOST_CASES:
        problems.at("cases").add("too_many", N_("对应的文字最多 {limit} 条"), limit=_MOST_CASES)
    _short(problems.at("other"), segment.other or "")
    _short(problems.at("empty"), segment.empty)
    cases: dict[int | str, Case] = {}
    for at, case in enumerate(segment.cases):
        here = problems.at("cases").at(at)
        _short(here.at("text"), case.text)
        value = _value(here.at("value"), field, case.value)
        if value in cases:
            here.add("twice", N_("「{value}」写了两次"), value=str(case.value)[:40])
        cases[value] = Case(value, clean_text(case.text))
    return Segment(
        "field",
        field=field.id,
        cases=tuple(cases.values()),
        other=None if segment.other is None else clean_text(segment.other),
        empty=clean_text(segment.empty),
        separate=segment.separate,
    )


def _value(problems: Problems, field: Field, given: int | str) -> int | str:
    """What a case names: the number of a choice, or the text of any other value."""
    if field.type != "single_select":
        return clean_text(str(given))
    if given in field.choices_by_id:
        return given
    choice = field.choices_by_name.get(str(given))
    if choice is None:
        problems.add(
            "unknown_choice", N_("「{name}」里没有选项「{value}」"), name=field.name, value=str(given)[:40]
        )
        return given
    return choice.id


def _short(problems: Problems, text: str) -> None:
    if len(text) > 40 or has_control(text):
        problems.add("text_too_long", N_("最多 {limit} 个字"), limit=40)


def _check_restart(problems: Problems, config: AutoNumber) -> None:
    """A sequence that begins again gives the same number twice unless the date before it says when.

    One of its own per value of a field needs no such check: the text that tells the sequences apart is in the number.
    """
    dates = "".join((s.text or "%Y%m%d") for s in config.segments if s.kind == "date")
    needed = {
        "never": (),
        "year": ("%Y%y",),
        "month": ("%Y%y", "%m"),
        "day": ("%Y%y", "%m", "%d"),
    }[config.restart]
    if "%j" in dates and config.restart in ("day", "month"):
        needed = needed[:1]
    for alternatives in needed:
        if not any(f"%{letter}" in dates for letter in alternatives.replace("%", "")):
            problems.add("repeats", N_("流水号会重新开始,编号里要有对应的日期,不然会重复"))
            return


def by_name(table: Table, options: dict[str, Any]) -> dict[str, Any]:
    """Options of an auto number with choices called by name, as a template keeps them."""
    segments = []
    for segment in options.get("segments", ()):
        field = table.by_id.get(segment.get("field") or "")
        names = {} if field is None else field.choices_by_id
        cases = [
            {**case, "value": names[case["value"]].name if case["value"] in names else case["value"]}
            for case in segment.get("cases", ())
        ]
        segments.append({**segment, "cases": cases})
    return {**options, "segments": segments}
