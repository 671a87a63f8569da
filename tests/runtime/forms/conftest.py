"""A table of exceptions with a form on it, made through the builder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from builder import forms
from builder.validation import Problems
from runtime.access import Actor
from runtime.catalog import Form, Table
from runtime.forms import links, submissions
from runtime.forms.submissions import Submitted
from tests.builder.conftest import Desk, desk, spec

__all__ = ["desk"]

KINDS = ["发错货", "少发货", "物流停滞"]


@dataclass
class Counter:
    """The table 异常登记 and the form on it."""

    desk: Desk
    table: Table
    form: Form

    def id(self, name: str) -> str:
        """A field's id."""
        return self.table.field(name).id

    async def secret(self) -> str:
        """The last part of the form's address."""
        return (await links.read(self.desk.system, self.desk.owner, self.form.id)).path.removeprefix("/f/")

    async def change(self, **given: Any) -> Form:
        """Change the form."""
        self.form = await forms.update(self.desk.system, self.desk.owner, self.form.id, given)
        return self.form

    async def submit(
        self, key: str = "key-00000001", visitor: Actor | None = None, address: str = "", **answers: Any
    ) -> Submitted:
        """Submit answers by the names of fields."""
        given = {self.id(name): value for name, value in answers.items()}
        return await submissions.submit(
            self.desk.system, await self.secret(), given, key=key, visitor=visitor, address=address
        )


def asks(name: str, **given: Any) -> dict[str, Any]:
    """A question."""
    return {"field": name, **given}


def when(name: str, *kinds: str) -> dict[str, Any]:
    """A question's condition on a select."""
    return {"kind": "condition", "field": name, "op": "is_any_of", "value": list(kinds)}


@pytest.fixture
async def counter(desk: Desk) -> Counter:
    table = await desk.table(
        "异常登记", spec("订单号"), spec("问题类型", "single_select", choices=KINDS), spec("缺少数量", "number"),
        spec("物流单号"), spec("来源", default="手工"), spec("照片", "attachment"), spec("加急", "checkbox"),
        spec("内部备注", "long_text"), spec("登记时间", "created_time"),
    )  # fmt: skip
    given = {
        "name": "异常订单登记",
        "table": "异常登记",
        "audience": "link",
        "questions": [
            asks("订单号", required=True, help="快递单上也有"),
            asks("问题类型", required=True),
            asks("缺少数量", required=True, where=when("问题类型", "少发货")),
            asks("物流单号", where=when("问题类型", "物流停滞")),
            asks("照片"),
            asks("加急"),
            asks("来源", hidden=True, default="表单"),
        ],
    }
    made = await forms.create(desk.system, desk.owner, desk.app_id, forms.read_definition(Problems(), given))
    return Counter(desk, table, made)
