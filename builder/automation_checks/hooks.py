"""Whether an inbound webhook is sound."""

from __future__ import annotations

import re

import msgspec

from builder.validation import Problems, check_name
from runtime.definitions.triggers import HookSignature, HookValue, Webhook
from runtime.i18n import N_

MOST_VALUES = 100
MOST_PATH = 20
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_KEY = re.compile(r"[A-Za-z0-9_]{1,40}")


def check_webhook(problems: Problems, trigger: Webhook) -> Webhook:
    """ "A program calls": its values, key and signature."""
    if len(trigger.values) > MOST_VALUES:
        problems.at("values").add("too_many_values", N_("最多取 {limit} 个值"), limit=MOST_VALUES)
        return trigger
    values: list[HookValue] = []
    for index, value in enumerate(trigger.values):
        here = problems.at("values").at(index)
        name = check_name(here.at("name"), value.name, taken=[one.name for one in values])
        if not _KEY.fullmatch(value.key) or value.key == "received_at" or any(
            one.key == value.key for one in values
        ):  # fmt: skip
            here.at("key").add("bad_key", N_("值的编号不能重复,只用字母、数字和下划线"))
        if not value.path or len(value.path) > MOST_PATH:
            here.at("path").add("no_path", N_("在收到的样例里点一个值"))
        values.append(msgspec.structs.replace(value, name=name))
    if trigger.key_header and not _HEADER.fullmatch(trigger.key_header):
        problems.at("key_header").add("bad_header", N_("请求头的名字只用字母、数字和连字符"))
    if len(trigger.key_path) > MOST_PATH:
        problems.at("key_path").add("no_path", N_("在收到的样例里点一个值"))
    if trigger.signature is not None:
        _check_signature(problems.at("signature"), trigger.signature)
    return msgspec.structs.replace(trigger, values=tuple(values))


def _check_signature(problems: Problems, signature: HookSignature) -> None:
    if not _HEADER.fullmatch(signature.header):
        problems.at("header").add("bad_header", N_("请求头的名字只用字母、数字和连字符"))
    if signature.timestamp_header and not _HEADER.fullmatch(signature.timestamp_header):
        problems.at("timestamp_header").add("bad_header", N_("请求头的名字只用字母、数字和连字符"))
    if len(signature.prefix) > 40:
        problems.at("prefix").add("text_too_long", N_("最多 {limit} 个字"), limit=40)
    if not 10 <= signature.tolerance <= 86_400:
        problems.at("tolerance").add(
            "out_of_range", N_("时间最多差多少秒应在 {low} 到 {high} 之间"), low=10, high=86_400
        )
