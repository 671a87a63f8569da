"""Which records a link may point at, while that is being edited (:mod:`runtime.records.limits` keeps it)."""

from __future__ import annotations

import msgspec

from builder.queries import check_filter, find_field
from builder.validation import Problems
from runtime.catalog import Field, Table
from runtime.definitions.fields import COMPUTED_TYPES, SYSTEM_TYPES, Link
from runtime.definitions.matching import Pair
from runtime.i18n import N_
from runtime.records.limits import operator_of
from runtime.storage.matching import comparable

MAX_PAIRS = 8


def check_limit(problems: Problems, near: Table, far: Table, config: Link) -> Link:
    """The limit as it will be stored: fields by id."""
    if len(config.pairs) > MAX_PAIRS:
        problems.at("pairs").add("too_many_pairs", N_("最多 {limit} 行匹配条件"), limit=MAX_PAIRS)
    pairs = [_pair(problems.at("pairs").at(n), near, far, pair) for n, pair in enumerate(config.pairs)]
    where = check_filter(problems.at("where"), far, config.where)
    return msgspec.structs.replace(config, where=where, pairs=tuple(pairs))


def _pair(problems: Problems, near: Table, far: Table, pair: Pair) -> Pair:
    there = _found(problems.at("field"), far, pair.field)
    here = _found(problems.at("near"), near, pair.near)
    if here is None or there is None:
        return pair
    if here.type in COMPUTED_TYPES | SYSTEM_TYPES:
        problems.at("near").add(
            "wrong_type", N_("「{name}」是算出来的,选的时候还不知道,换一个由人填写的字段"), name=here.name
        )
    elif not _fit(here, there):
        problems.at("near").add(
            "not_comparable",
            N_("「{far}」和「{near}」不是同一种内容,没法比较"),
            far=there.name,
            near=here.name,
        )
    elif operator_of(there, pair.op) is None:
        problems.at("op").add("bad_operator", N_("「{name}」不能这样比较"), name=there.name)
    return Pair(there.id, here.id, pair.op)


def _found(problems: Problems, table: Table, key: str) -> Field | None:
    if not key:
        problems.add("field_missing", N_("选「{table}」的一个字段"), table=table.name)
        return None
    return find_field(problems, table, key)


def _fit(near: Field, far: Field) -> bool:
    """Links fit when they point at the same table."""
    if isinstance(near.config, Link) and isinstance(far.config, Link):
        return near.config.table == far.config.table
    return comparable(near, far)
