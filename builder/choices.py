"""The choices of a select while it is being edited.

A choice keeps its number for ever: cells, history and state machines name it by number. A choice that is taken off the
list is archived, not dropped, so its number is never used again and the cells that hold it still say what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from builder.validation import Problems, check_name
from runtime.definitions.fields import COLORS, Choice
from runtime.i18n import N_

MAX_CHOICES = 500
# neighbours in the list look different, and the first five are the calm ones
_PALETTE = (
    "blue",
    "green",
    "amber",
    "violet",
    "cyan",
    "pink",
    "lime",
    "indigo",
    "orange",
    "teal",
    "red",
    "grey",
)


def read_choices(problems: Problems, given: Any, old: Iterable[Choice] = ()) -> tuple[Choice, ...]:
    """The choices that JSON ``given`` (``[{id?, name, color?, archived?}]`` or names) makes of ``old``.

    A choice is recognised by its number, else by its name; what is not given any more is archived.
    """
    if not isinstance(given, list | tuple):
        problems.add("bad_shape", N_("选项应是一个列表"))
        return tuple(old)
    before = {choice.id: choice for choice in old}
    by_name = {choice.name: choice for choice in before.values()}
    next_id = max(before, default=0) + 1
    choices: list[Choice] = []
    for index, item in enumerate(given):
        here = problems.at(index)
        item = {"name": item} if isinstance(item, str) else item
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            here.add("bad_shape", N_("每个选项要有名称"))
            continue
        known = _recognise(here, item, before, by_name)
        number = known.id if known else _new_number(item, next_id, before, choices)
        next_id = max(next_id, number + 1)
        choices.append(
            Choice(
                id=number,
                name=item["name"],
                color=str(item.get("color") or (known.color if known else _color(index))),
                archived=bool(item.get("archived", False)),
            )
        )
    kept = {choice.id for choice in choices}
    archived = [Choice(c.id, c.name, c.color, archived=True) for c in before.values() if c.id not in kept]
    return check_choices(problems, (*choices, *archived))


def _recognise(
    problems: Problems, item: dict[str, Any], before: dict[int, Choice], by_name: dict[str, Choice]
) -> Choice | None:
    number = item.get("id")
    if number is None:
        return by_name.get(item["name"])
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        problems.at("id").add("bad_choice_id", N_("选项的编号应是正整数"))
        return None
    return before.get(number)


def _new_number(item: dict[str, Any], next_id: int, before: dict[int, Choice], choices: list[Choice]) -> int:
    """The number asked for where it was never used (a machine in the same breath names it), else the next one."""
    asked = item.get("id")
    used = {*before, *(choice.id for choice in choices)}
    fresh = isinstance(asked, int) and max(before, default=0) < asked <= max(before, default=0) + MAX_CHOICES
    return asked if fresh and asked not in used else next_id  # type: ignore[return-value]


def _color(index: int) -> str:
    return _PALETTE[index % len(_PALETTE)]


def check_choices(problems: Problems, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
    """The choices as they will be stored: different names among those in use, known colours, each number once."""
    shown = [choice for choice in choices if not choice.archived]
    if len(shown) > MAX_CHOICES:
        problems.add(
            "too_many_choices",
            N_("选项最多 {limit} 个,现在有 {count} 个"),
            limit=MAX_CHOICES,
            count=len(shown),
        )
        return choices
    checked: list[Choice] = []
    taken: list[str] = []
    numbers: set[int] = set()
    for index, choice in enumerate(choices):
        here = problems.at(index)
        name = choice.name if choice.archived else check_name(here.at("name"), choice.name, taken=taken)
        if not choice.archived:
            taken.append(name)
        if choice.color not in COLORS:
            here.at("color").add("bad_color", N_("没有「{color}」这种颜色"), color=choice.color[:20])
        if choice.id in numbers:
            here.at("id").add("choice_twice", N_("选项的编号重复了"))
        numbers.add(choice.id)
        checked.append(Choice(choice.id, name, choice.color, choice.archived))
    return tuple(checked)


def choices_from_values(names: Iterable[str], old: Iterable[Choice] = ()) -> tuple[Choice, ...]:
    """``old`` followed by a choice for each of ``names`` that it lacks, coloured in turn."""
    choices = list(old)
    have = {choice.name.casefold() for choice in choices if not choice.archived}
    next_id = max((choice.id for choice in choices), default=0) + 1
    for name in names:
        if name.casefold() in have:
            continue
        have.add(name.casefold())
        choices.append(Choice(next_id, name, _color(len(choices))))
        next_id += 1
    return tuple(choices)
