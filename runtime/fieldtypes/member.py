"""Members: people of the app, stored as their numbers, so that renaming somebody renames every cell."""

from __future__ import annotations

import re
from typing import Any

from piccolo.querystring import QueryString

from runtime.definitions.people import ME, Directory, KnownPerson, people_of
from runtime.errors import InvalidInput
from runtime.fieldtypes.base import EMPTY_OPERATORS, BadValue, Context, FieldType, text_of
from runtime.i18n import N_

PEOPLE_OPERATORS = ("is", "is_not", "is_any_of", "is_none_of", "contains", "not_contains", *EMPTY_OPERATORS)
MOST = 100
"""People in one cell."""
_SPLIT = re.compile(r"[,,、;;|\n]")
_WITH_ADDRESS = re.compile(
    r"\s*[<(\uff08]\s*(?P<email>[^\s<>()\uff08\uff09]+@[^\s<>()\uff08\uff09]+)\s*[>)\uff09]\s*"
)


def find(people: Directory, item: Any, context: Context) -> KnownPerson:
    """The person that an id, ``{id}``, an e-mail address, a name or :data:`ME` means.

    Names and addresses find those who may be chosen; an id finds everybody, for cells keep who has left.
    Raises BadValue, naming both when a name is not enough.
    """
    if isinstance(item, dict):
        item = item.get("id") or item.get("email") or item.get("name")
    if not isinstance(item, str) or not item.strip():
        raise BadValue(N_("要填成员"))
    text = item.strip()
    if text == ME:
        if context.me is None or context.me not in people.by_number:
            raise BadValue(N_("这里没有「我」,请选一个成员"), code="no_me")
        return people.by_number[context.me]
    if text in people.by_id:
        return people.by_id[text]
    addressed = _WITH_ADDRESS.search(text)
    wanted = (addressed["email"] if addressed else text).casefold()
    chosen = people.choosable
    found = [person for person in chosen if person.email.casefold() == wanted]
    found = found or [person for person in chosen if person.name.strip().casefold() == wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        raise BadValue(N_("这个应用里没有成员「{value}」"), code="unknown_person", value=text[:80])
    raise BadValue(
        N_("叫「{value}」的有 {count} 个人:{people}。请用邮箱来区分"),
        code="ambiguous_person",
        value=text[:80],
        count=len(found),
        people=[f"{person.name} <{person.email}>" for person in found[:5]],
    )


def wire(person: KnownPerson) -> dict[str, Any]:
    """A person on the wire; ``gone``: has left the app or was switched off."""
    return {"id": person.id, "name": person.name} | ({"gone": True} if person.gone else {})


def wanted(people: Directory, value: Any, context: Context) -> list[KnownPerson]:
    """The people that a condition names; :data:`ME` is nobody where nobody looks. Raises InvalidInput."""
    found = []
    for item in value if isinstance(value, list | tuple) else [value]:
        if item in (None, "") or (item == ME and context.me not in people.by_number):
            continue
        try:
            found.append(find(people, item, context))
        except BadValue as bad:
            raise InvalidInput(bad.message.msgid, code="bad_operand", **bad.message.params) from bad
    return found


def called(people: Directory, text: Any) -> list[KnownPerson]:
    """Everybody whose name holds ``text``."""
    part = str(text or "").strip().casefold()
    return [person for person in people.people if part in person.name.casefold()]


class MemberType(FieldType):
    """One person, or several (``many``). On the wire ``{id, name}``, or a list of them."""

    name = "member"
    label = N_("成员")
    icon = "users"
    description = N_("应用里的一个人或几个人,如负责人")
    operators = PEOPLE_OPERATORS

    def sql_type(self, config: Any) -> str:
        return "integer[]" if config.many else "integer"

    def parse(self, config: Any, value: Any, context: Context) -> int | list[int] | None:
        if value is None or value in ("", [], {}):
            return None
        items = value if isinstance(value, list | tuple) else [value]
        numbers = list(dict.fromkeys(find(people_of(config), item, context).number for item in items))
        if len(numbers) > MOST:
            raise BadValue(N_("最多选 {max} 个人,现在有 {count} 个"), max=MOST, count=len(numbers))
        if config.many:
            return numbers
        if len(numbers) > 1:
            raise BadValue(N_("只能选一个人,现在有 {count} 个"), count=len(numbers))
        return numbers[0]

    def repair(self, config: Any, value: Any, context: Context) -> int | list[int] | None:
        if value is None or isinstance(value, list | tuple | dict):
            return self.parse(config, value, context)
        text = text_of(value).strip()
        try:
            return self.parse(config, text or None, context)
        except BadValue as bad:
            parts = [part.strip() for part in _SPLIT.split(text) if part.strip()]
            if len(parts) < 2 or bad.code != "unknown_person":
                raise
            return self.parse(config, parts, context)

    def admit(self, config: Any, stored: Any, before: Any) -> None:
        people, kept = people_of(config), set(_numbers(before))
        for number in _numbers(stored):
            person = people.by_number.get(number)
            if number in kept or (person is not None and person.choosable):
                continue
            if person is not None and person.member:
                raise BadValue(N_("「{name}」的账号已停用,不能再选"), code="person_gone", name=person.name)
            raise BadValue(N_("选的人不在这个应用里,请换一个成员"), code="person_gone")

    def to_wire(self, config: Any, stored: Any) -> Any:
        known = people_of(config).by_number
        people = [wire(known[number]) for number in _numbers(stored) if number in known]
        return people if config.many else (people[0] if people else None)

    def to_text(self, config: Any, stored: Any, context: Context) -> str:
        return "、".join(self._names(config, stored))

    def to_history(self, config: Any, stored: Any) -> Any:
        return stored

    def from_history(self, config: Any, value: Any) -> Any:
        """Numbers; one and several read each other, for the field may have been the other kind then."""
        if value is None:
            return None
        numbers = value if isinstance(value, list) else [value]
        if not all(isinstance(number, int) and not isinstance(number, bool) for number in numbers):
            raise BadValue(N_("要填成员"))  # the field had another type then
        if config.many:
            return numbers or None
        if len(numbers) > 1:
            raise BadValue(N_("只能选一个人,现在有 {count} 个"), count=len(numbers))
        return numbers[0] if numbers else None

    def condition(self, config: Any, column: str, op: str, value: Any, context: Context) -> QueryString:
        if op in ("is", "is_not", "eq", "ne") and value in (None, "", []):
            return super().condition(
                config, column, "is_empty" if op in ("is", "eq") else "is_not_empty", None, context
            )
        if op in ("is", "is_not", "eq", "ne", "is_any_of", "is_none_of"):
            people = wanted(people_of(config), value, context)
        elif op in ("contains", "not_contains"):
            people = called(people_of(config), value)
        else:
            return super().condition(config, column, op, value, context)
        test = f"{column} && {{}}::integer[]" if config.many else f"{column} = ANY({{}}::integer[])"
        negative = op in ("is_not", "ne", "is_none_of", "not_contains")
        numbers = [person.number for person in people]
        return QueryString(f"(({test}) IS NOT TRUE)" if negative else test, numbers)

    def order(self, config: Any, column: str) -> str:
        """By name; of several people by the first one's, then the next one's."""
        numbers = ",".join(str(person.number) for person in people_of(config).people)
        if not numbers:
            return column
        if not config.many:
            return f"array_position(ARRAY[{numbers}]::integer[], {column})"
        return (
            f"(CASE WHEN {column} IS NULL THEN NULL ELSE ARRAY(SELECT array_position(ARRAY[{numbers}]::integer[], u.n)"
            f" FROM unnest({column}) WITH ORDINALITY AS u(n, o) ORDER BY u.o) END)"
        )

    def formula_type(self, config: Any) -> Any:
        return "list" if config.many else "text"

    def formula_sql(self, config: Any, column: str) -> str:
        if not config.many:
            return f"(SELECT p.name FROM meta.person p WHERE p.id = {column})"
        return (
            f"(SELECT array_agg(p.name ORDER BY u.o) FROM unnest({column}) WITH ORDINALITY AS u(n, o)"
            " JOIN meta.person p ON p.id = u.n)"
        )

    def formula_value(self, config: Any, stored: Any) -> Any:
        names = self._names(config, stored)
        if config.many:
            return names or None
        return names[0] if names else None

    def _names(self, config: Any, stored: Any) -> list[str]:
        known = people_of(config).by_number
        return [known[number].name for number in _numbers(stored) if number in known]


def _numbers(stored: Any) -> list[int]:
    if stored is None:
        return []
    return list(stored) if isinstance(stored, list | tuple) else [stored]


def default_of(config: Any, default: Any, context: Context) -> Any:
    """A stored default as wire value for a new record: :data:`ME` is who creates it; those who have left drop out."""
    people = people_of(config)
    items = default if isinstance(default, list | tuple) else [default]
    left = []
    for item in items:
        try:
            person = find(people, item, context)
        except BadValue:
            continue
        if person.choosable:
            left.append(person.id)
    return left or None
