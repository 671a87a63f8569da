"""Forms as definitions: what is wrong is told by place; names become ids; versions, undo, uses, removal."""

from __future__ import annotations

from typing import Any

import pytest

from builder import fields, forms, removal, tables, trash, undo, usage
from builder.validation import Problems
from builder.wire import FieldPatch
from runtime.catalog import Form, Table
from runtime.errors import InvalidDefinition, RuleBroken, VersionConflict
from tests.builder.conftest import Desk, spec


@pytest.fixture
async def table(desk: Desk) -> Table:
    await desk.table("店铺", spec("店名"))
    return await desk.table(
        "异常", spec("订单号", required=True), spec("类型", "single_select", choices=["少发", "错发"]),
        spec("数量", "number"), spec("谁", "member"), spec("店铺", "link", table="店铺"), spec("号", "auto_number"),
        spec("内部", read_only=True), spec("照片", "attachment"),
    )  # fmt: skip


async def make(desk: Desk, **given: Any) -> Form:
    definition = forms.read_definition(Problems(), {"name": "登记", "table": "异常", **given})
    return await forms.create(desk.system, desk.owner, desk.app_id, definition)


def asks(*fields_: Any) -> list[dict[str, Any]]:
    return [{"field": one} if isinstance(one, str) else one for one in fields_]


IS = {"kind": "condition", "field": "类型", "op": "is", "value": "少发"}


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"name": " "}, "name", "name_missing"),
        ({"table": "没有"}, "table", "unknown_table"),
        ({"color": "没有"}, "color", "bad_color"),
        ({"after": "redirect", "redirect": "http://a.example"}, "redirect", "bad_redirect"),
        ({"after": "redirect", "redirect": "javascript:alert(1)"}, "redirect", "bad_redirect"),
        ({"closes_at": "2026-11-23T10:00:00"}, "closes_at", "bad_moment"),
        ({"limit": 0}, "limit", "out_of_range"),
        ({"once": True, "audience": "link"}, "once", "once_for_members"),
        ({"submit": "交" * 21}, "submit", "text_too_long"),
        ({"questions": asks("订单号", "没有")}, "questions.1.field", "unknown_field"),
        ({"questions": asks("订单号", "订单号")}, "questions.1.field", "twice"),
        ({"questions": asks("订单号", "号")}, "questions.1.field", "cannot_ask"),
        ({"questions": asks("订单号", "内部")}, "questions.1.field", "cannot_ask"),
        ({"questions": asks("订单号", "谁"), "audience": "link"}, "questions.1.field", "cannot_ask"),
        ({"questions": asks("类型")}, "questions", "required_missing"),
        ({"questions": asks("类型", {"field": "订单号", "where": IS})}, "questions.1.where", "required_sometimes"),
        ({"questions": asks("订单号", {"field": "数量", "where": IS}, "类型")}, "questions.1.where", "not_before"),
        (
            {"questions": asks("订单号", "照片", {"field": "数量", "where": {**IS, "field": "照片", "op": "contains"}})},
            "questions.2.where",
            "bad_operator",
        ),
        ({"questions": asks("订单号", {"field": "数量", "default": "很多"})}, "questions.1.default", "bad_value"),
        ({"questions": asks("订单号", {"field": "照片", "default": "x"})}, "questions.1.default", "no_default"),
        (
            {"questions": asks("订单号", {"field": "数量", "hidden": True, "required": True})},
            "questions.1.default",
            "hidden_required",
        ),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_by_place(
    desk: Desk, table: Table, given: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidDefinition) as raised:
        await make(desk, **given)
    found = [(p.path, p.code) for p in raised.value.problems]
    assert path in [p for p, _ in found]
    assert (path, code) in found or code == "bad_value"


async def test_a_new_form_asks_all_that_anybody_can_fill_in(desk: Desk, table: Table) -> None:
    made = await make(desk)
    named = {field.id: field.name for field in table.fields}
    assert [named[q.field] for q in made.definition.questions] == ["订单号", "类型", "数量", "照片"]
    assert made.definition.questions[0].required
    assert made.definition.table == table.id


async def test_a_form_is_stored_by_ids_changed_as_a_whole_and_undone(desk: Desk, table: Table) -> None:
    made = await make(desk, questions=asks("订单号", "类型", {"field": "数量", "where": IS}))
    kind = table.field("类型").id
    where = made.definition.questions[2].where
    assert where is not None
    assert where.field == kind  # type: ignore[union-attr]
    changed = await forms.update(
        desk.system, desk.owner, made.id, {"title": "报一下异常"}, version=made.version
    )
    assert changed.definition.title == "报一下异常"
    assert changed.definition.questions == made.definition.questions
    with pytest.raises(VersionConflict):
        await forms.update(desk.system, desk.owner, made.id, {"title": "旧"}, version=made.version)
    await undo.last(desk.system, desk.owner, desk.app_id)
    assert (await desk.catalog()).form(made.id).definition.title == ""


async def test_a_choice_with_another_name_is_followed(desk: Desk, table: Table) -> None:
    made = await make(
        desk,
        questions=asks("订单号", {"field": "类型", "default": "少发"}, {"field": "数量", "where": IS}),
    )
    field = table.field("类型")
    choices = [{"id": c.id, "name": "少发货" if c.name == "少发" else c.name} for c in field.config.choices]  # type: ignore[union-attr]
    await fields.update(desk.system, desk.owner, field.id, FieldPatch(options={"choices": choices}))
    questions = (await desk.catalog()).form(made.id).definition.questions
    assert questions[1].default == "少发货"
    assert questions[2].where.value == "少发货"  # type: ignore[union-attr]


async def test_deleting_a_field_or_table_says_which_forms_use_it(desk: Desk, table: Table) -> None:
    made = await make(desk)
    field = table.field("数量")
    uses = await usage.where_used(desk.system, desk.owner, field.id)
    assert [(use.kind, use.id) for use in uses] == [("form", made.id)]
    assert usage.describe(uses[0]).text() == "表单「登记」"
    plan = removal.plan_fields(await desk.catalog(), [field])
    assert [use.id for use in plan.removal.trimmed] == [made.id]
    with pytest.raises(RuleBroken) as raised:
        await fields.delete(desk.system, desk.owner, field.id)
    assert raised.value.error_code == "confirmation_needed"
    # the form keeps what it asked, and goes on without it
    await fields.delete(desk.system, desk.owner, field.id, confirmed=True)
    catalog = await desk.catalog()
    assert forms.faults(catalog, catalog.form(made.id)) == ([], [field.id])
    await forms.update(desk.system, desk.owner, made.id, {"title": "照样能改"})
    await tables.delete(desk.system, desk.owner, table.id, confirmed=True)
    assert (await desk.app()).forms == ()
    await trash.restore(desk.system, desk.owner, table.id)
    assert [form.id for form in (await desk.app()).forms] == [made.id]


async def test_a_change_that_would_break_a_form_is_refused(desk: Desk, table: Table) -> None:
    made = await make(
        desk,
        questions=asks(
            "订单号", "数量", {"field": "类型", "where": {**IS, "field": "数量", "op": "gt", "value": 1}}
        ),
    )
    with pytest.raises(RuleBroken) as raised:
        await desk.change(table.field("数量"), type="checkbox")
    assert made.id in {(p.path or "").split(".")[0] for p in raised.value.problems}
    # what the table wants from now on, and the form does not ask for, is told where the form is edited
    await desk.change(table.field("店铺"), required=True)
    catalog = await desk.catalog()
    problems, _ = forms.faults(catalog, catalog.form(made.id))
    assert [(p.path, p.code) for p in problems] == [("questions", "required_missing")]


async def test_a_copy_is_closed_and_has_an_address_of_its_own(desk: Desk, table: Table) -> None:
    made = await make(desk)
    copy = await forms.duplicate(desk.system, desk.owner, made.id)
    assert (copy.definition.name, copy.definition.open) == ("登记 2", False)
    hashes = await desk.system.db.fetch("SELECT secret_hash, secret FROM meta.form")
    assert len({row["secret_hash"] for row in hashes}) == 2
    assert all("f/" not in row["secret"] for row in hashes)
