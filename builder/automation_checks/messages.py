"""The checks of steps that tell people and other systems something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from builder.automation_checks.configs import check_connector
from builder.automation_checks.reach import Reach, reached
from builder.automation_checks.values import check_any, check_text, followed
from builder.validation import Problems
from runtime.automations.audience import PEOPLE_FIELDS
from runtime.automations.steps.send_email import MAX_ADDRESSES
from runtime.connectors.http_api import check_header
from runtime.connectors.smtp import check_address
from runtime.definitions.message_steps import AnswerValue, HttpRequest, Notify, Pair, SendEmail
from runtime.definitions.values import FieldValue, Literal_, PersonValue, TextValue
from runtime.errors import HuobiaoError
from runtime.i18n import N_

MAX_PEOPLE = 200
MAX_PAIRS = 100
MAX_ANSWERS = 50
MAX_NAME = 200
_CONTENT_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)
_KEY = re.compile(r"[a-z0-9_]{1,40}")
_CREDENTIAL = re.compile(
    r"(.*-)?(authorization|cookie|api-?key|access-?key|secret(-?key)?|(access-?|auth-?)?token|password)"
)
_ADDRESS_FIELDS = PEOPLE_FIELDS | {"email", "text", "long_text", "lookup", "formula"}


def check_notify(problems: Problems, config: Notify, reach: Reach) -> Notify:
    """ "Tell people": somebody to tell, something to say."""
    title = _text(problems.at("title"), config.title, reach, N_("写下通知的标题"))
    text = check_text(problems.at("text"), config.text, reach)
    known = reach.app.people
    for index, person in enumerate(config.people):
        found = known.by_id.get(person)
        if found is None or found.gone:
            problems.at("people").at(index).add(
                "unknown_person",
                N_("要通知的「{name}」已经不在这个应用里,换一个")
                if found
                else N_("要通知的人里有人已经不在这个应用里,换一个"),
                name=found.name if found else person[:40],
            )
    if len(config.people) > MAX_PEOPLE:
        problems.at("people").add("too_many_people", N_("最多选 {limit} 个人"), limit=MAX_PEOPLE)
    values = _who(problems.at("values"), config.values, reach, PEOPLE_FIELDS)
    if not (config.people or config.roles or config.values):
        problems.at("people").add("nobody", N_("选要通知谁"))
    table = reached(problems.at("link"), config.link, reach) if config.link else None
    if config.merge:
        listed = reach.lists.get(config.merge)
        if listed is None or table is None or listed.id != table.id:
            problems.at("link").add(
                "unknown_step",
                N_("要合并的记录由前面的「查找记录」找,而且要和触发的记录在同一张表:重新选一下"),
            )
    return msgspec.structs.replace(config, title=title, text=text, values=values)


def check_email(problems: Problems, config: SendEmail, reach: Reach) -> SendEmail:
    """ "Send e-mail": addresses, a subject."""
    check_connector(problems.at("connector"), config.connector, "smtp", reach)
    subject = _text(problems.at("subject"), config.subject, reach, N_("写下邮件的主题"))
    text = check_text(problems.at("text"), config.text, reach)
    to = []
    for index, address in enumerate(config.to):
        try:
            to.append(check_address(address))
        except HuobiaoError as error:
            problems.at("to").at(index).add_error(error)
    if len(config.to) > MAX_ADDRESSES:
        problems.at("to").add("too_many_addresses", N_("最多填 {limit} 个地址"), limit=MAX_ADDRESSES)
    values = _who(problems.at("values"), config.values, reach, _ADDRESS_FIELDS)
    if not (config.to or config.values):
        problems.at("to").add("nobody", N_("填上发给谁"))
    return msgspec.structs.replace(
        config, subject=subject, text=text, to=tuple(to) or config.to, values=values
    )


def check_http_request(problems: Problems, config: HttpRequest, reach: Reach) -> HttpRequest:
    """ "Call an interface": names, headers and picked values that can be sent and stored."""
    check_connector(problems.at("connector"), config.connector, "http_api", reach)
    config = msgspec.structs.replace(
        config,
        path=check_text(problems.at("path"), config.path, reach),
        query=_pairs(problems.at("query"), config.query, reach),
        headers=_pairs(problems.at("headers"), config.headers, reach, header=True),
        fields=_pairs(problems.at("fields"), config.fields, reach, once=config.body == "json"),
        text=check_text(problems.at("text"), config.text, reach),
    )
    if config.body != "none" and config.method in ("GET", "DELETE"):
        problems.at("body").add("no_body", N_("GET 和 DELETE 请求不带内容,参数写在「查询参数」里"))
    if config.body == "text" and not _CONTENT_TYPE.fullmatch(config.content_type):
        problems.at("content_type").add("bad_content_type", N_("内容类型像这样写:application/json"))
    _check_answer(problems.at("answer"), config.answer)
    return config


def _text(problems: Problems, text: TextValue, reach: Reach, empty: str) -> TextValue:
    checked = check_text(problems, text, reach)
    if not any(not isinstance(part, str) or part.strip() for part in checked.parts):
        problems.add("empty_text", empty)
    return checked


def _who(
    problems: Problems, values: Sequence[FieldValue | PersonValue], reach: Reach, types: frozenset[str]
) -> tuple[Any, ...]:
    """Values that name people (or addresses)."""
    checked = []
    for index, value in enumerate(values):
        here = problems.at(index)
        found = check_any(here, value, reach)
        checked.append(found)
        if not isinstance(found, FieldValue):
            continue
        table = followed(Problems(), found, reach)
        field = table.by_id.get(found.field) if table is not None else None
        if field is not None and field.type not in types:
            here.add("wrong_type", N_("「{name}」里没有人可以通知,换一个字段"), field=field, name=field.name)
    return tuple(checked)


def _pairs(
    problems: Problems, pairs: Sequence[Pair], reach: Reach, *, header: bool = False, once: bool = False
) -> tuple[Pair, ...]:
    if len(pairs) > MAX_PAIRS:
        problems.add("too_many_values", N_("最多填 {limit} 项"), limit=MAX_PAIRS)
    seen: set[str] = set()
    checked = []
    for index, pair in enumerate(pairs):
        here = problems.at(index)
        name = pair.name.strip()
        if not name or len(name) > MAX_NAME:
            here.at("name").add("bad_name", N_("名称要填,最多 {limit} 个字"), limit=MAX_NAME)
        elif (header or once) and name.lower() in seen:
            here.at("name").add("name_twice", N_("「{name}」填了两次"), name=name)
        elif header:
            try:
                check_header(name, "")
            except HuobiaoError as error:
                here.at("name").add_error(error)
            if _CREDENTIAL.fullmatch(name.lower()) and _is_written(pair.value):
                here.at("value").add(
                    "credential_in_step",
                    N_(
                        "写在步骤里的凭证,应用里的人都看得到,导出的模板里也会有。"
                        "把它填到「连接」的凭证里,那里加密保存"
                    ),
                )
        seen.add(name.lower())
        checked.append(Pair(name, check_any(here.at("value"), pair.value, reach)))
    return tuple(checked)


def _is_written(value: Any) -> bool:
    """Whether somebody wrote (a part of) the value itself, instead of choosing where it comes from."""
    if isinstance(value, TextValue):
        return any(isinstance(part, str) and part.strip() for part in value.parts)
    return isinstance(value, Literal_) and bool(value.value)


def _check_answer(problems: Problems, answer: Sequence[AnswerValue]) -> None:
    if len(answer) > MAX_ANSWERS:
        problems.add("too_many_values", N_("最多填 {limit} 项"), limit=MAX_ANSWERS)
    seen = {"status", "deliveries", "messages"}
    for index, one in enumerate(answer):
        here = problems.at(index)
        if not _KEY.fullmatch(one.key) or one.key in seen:
            here.at("key").add("bad_key", N_("取出的值的编号重复或不能用,删掉重新点选"))
        seen.add(one.key)
        if not one.name.strip() or len(one.name) > MAX_NAME:
            here.at("name").add("bad_name", N_("名称要填,最多 {limit} 个字"), limit=MAX_NAME)
        if len(one.place) > 50 or len(msgspec.json.encode(one.example)) > 4096:
            here.at("place").add("bad_place", N_("取出的值的编号重复或不能用,删掉重新点选"))
