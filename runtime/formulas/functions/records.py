"""Functions that ask the record itself: what it is called, when and by whom it was made.

Only what never changes is offered, so that a stored value stays right; the time of the last change is a field.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.formulas.functions.base import Call, Example, Family, Function
from runtime.formulas.terms import Field, Term
from runtime.formulas.types import MAX_DIGITS, RECORD_PARTS, SETTLED_SCALE
from runtime.i18n import N_


def _part(name: str) -> Callable[[Call], Term]:
    return lambda _: Field(RECORD_PARTS[name], name, MAX_DIGITS, SETTLED_SCALE)


RECORD_ID = Function(
    "RECORD_ID", ("记录编号", "RECORDID"), Family.RECORD, (),
    N_("这条记录的编号(rec…),和接口、链接里的一样;可以用来拼打开记录的网址。"),
    "The id of the record (rec…), the same as in links and in the API.",
    (Example('LEFT(RECORD_ID(), 0)', ""),),
    build=_part("$record_id"),
)  # fmt: skip

CREATED_TIME = Function(
    "CREATED_TIME", ("创建时间", "记录创建时间"), Family.RECORD, (),
    N_("这条记录新建的日期时间。"), "The date and time at which the record was made.",
    (Example("ISERROR(CREATED_TIME())", False),),
    build=_part("$created_time"),
)  # fmt: skip

CREATED_BY = Function(
    "CREATED_BY", ("创建人", "记录创建人"), Family.RECORD, (),
    N_("新建这条记录的人的名字。"), "The name of the person who made the record.",
    (Example("ISERROR(CREATED_BY())", False),),
    build=_part("$created_by"),
)  # fmt: skip

FUNCTIONS = (RECORD_ID, CREATED_TIME, CREATED_BY)
