"""All kinds of fields, one after the other: cells filled by keys and by touch, forms that make, explain, change and remove."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from builder import automations, fields, tables
from builder.tables import TableSpec
from builder.validation import Problems
from builder.wire import FieldSpec
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.fieldtypes.registry import TYPES
from runtime.records import read, write
from runtime.records.change import Change, Patch, Source
from tests.browser.kinds import KINDS, Kind, is_value
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_field_panel import edit_field, field_of, new_field, open_table, pick, save
from tests.browser.test_field_types import cell, fill, spec
from tests.builder.test_states import machine

EDITED = [kind for kind in KINDS if kind.edited]
STATES = ["待支付", "已支付"]
HEAD = (spec("名称"), spec("状态", "single_select", choices=STATES, machine=machine(("待支付", "已支付"))))


def test_no_kind_is_forgotten() -> None:
    assert {kind.type: kind.label for kind in KINDS} == {one.name: one.label for one in TYPES}
    assert {kind.type for kind in EDITED} == {one.name for one in TYPES if not one.readonly}


async def table_of(site: Site, kinds: list[Kind], *, records: int = 1) -> Table:
    """A table with a state machine and a field of each kind, called like its kind."""
    actor = await site.actor()
    await site.person("安宁")
    await site.person("鲍勃")
    customers = await tables.create(
        site.system, actor, site.world.app_id, TableSpec(name="客户", fields=(spec("姓名"), spec("等级")))
    )
    await fill(site, customers, {"姓名": "林晓"}, {"姓名": "周明"})
    made = await tables.create(site.system, actor, site.world.app_id, TableSpec(name="全部", fields=HEAD))
    for kind in kinds:
        given = FieldSpec(
            name=kind.label, type=kind.type, options=kind.options, description=f"{kind.label}填什么"
        )
        await fields.create(site.system, actor, made.id, given)
    made = (await site.system.catalogs.current()).table(made.id)
    await fill(site, made, *({"名称": f"第 {n} 条", "状态": "待支付"} for n in range(1, records + 1)))
    return made


async def holds(site: Site, table: Table, kind: Kind, wanted: Any) -> None:
    """Wait until the first record's cell is right."""
    key = table.field(kind.label).id
    seen: list[Any] = []

    async def right() -> bool:
        page = await read.page(site.system, await site.actor(), table.id, Query(limit=1))
        seen[:] = [page.records[0].fields.get(key)]
        return is_value(wanted, seen[0])

    try:
        await until(right)
    except AssertionError:
        raise AssertionError(f"{kind.type}: {seen[0]!r}") from None


async def test_each_is_filled_by_keys_in_the_grid(site: Site) -> None:
    table = await table_of(site, EDITED)
    page = await open_table(site, table)
    await cell(page, 0, 1).click()
    for column, kind in enumerate(EDITED, 2):
        await page.keyboard.press("ArrowRight")
        await expect(cell(page, 0, column)).to_have_class(re.compile(r"\bcur\b"))
        if isinstance(kind.keys, str):
            await page.keyboard.type(kind.keys)
            await page.keyboard.press("Enter")
        else:
            await kind.keys(page)
        await holds(site, table, kind, kind.typed)
        # wherever an editor leaves the cursor, the same cell is emptied by a key and got back by another
        await cell(page, 0, column).click(position={"x": 4, "y": 4})
        await page.keyboard.press("Delete")
        await holds(site, table, kind, lambda found: found in (None, [], False, ""))
        await page.keyboard.press("Control+z")
        await holds(site, table, kind, kind.typed)
    await page.screenshot(path=shot("every-kind/grid"))


async def test_each_is_filled_by_touch_on_a_phone(site: Site) -> None:
    table = await table_of(site, EDITED)
    page = await site.open(f"/t/{table.id}", phone=True)
    await page.locator(".tc").first.tap()
    record = page.locator("hb-record")
    await record.get_by_role("button", name="显示全部").tap()
    for kind in EDITED:
        row = record.locator(f'[data-field="{table.field(kind.label).id}"]')
        if kind.type not in ("checkbox", "attachment"):  # their controls stand there all the time
            await row.get_by_role("button", name=f"编辑「{kind.label}」").tap()
        if isinstance(kind.touch, str):
            box = row.locator("input, textarea").first
            await expect(box).to_be_focused()
            await expect(row).to_contain_text(
                f"{kind.label}填什么"
            )  # told where it is filled: a phone hovers nowhere
            await box.fill(kind.touch)
            await record.locator("h1, h2").first.tap()
        else:
            await kind.touch(page, row, kind.label)
        await holds(site, table, kind, kind.touched)
    await expect(record.locator(".saving")).to_have_count(0)
    await page.screenshot(path=shot("every-kind/phone"), full_page=True)
    assert await axe(page) == []


async def test_what_others_change_does_not_disturb_who_edits(site: Site) -> None:
    """The panel is drawn anew with what arrives; ticks in an open list and a slider that was moved stay."""
    kinds = [kind for kind in KINDS if kind.type in ("text", "progress", "multi_select")]
    table = await table_of(site, kinds)
    page = await open_table(site, table)
    await cell(page, 0, 0).click()
    await page.keyboard.press("Space")
    record = page.locator("hb-record")
    name = record.locator(f'[data-field="{table.field("单行文本").id}"]')
    row_id = (await read.page(site.system, await site.actor(), table.id, Query(limit=1))).records[0].id

    async def others_write(text: str) -> None:
        change = Change(
            table=table.id, actor=await site.actor(), source=Source("api"), updates=(Patch(row_id, {"单行文本": text}),)
        )  # fmt: skip
        await write.apply(site.system, change)
        await expect(name).to_contain_text(text)

    several = record.locator(f'[data-field="{table.field("多选").id}"]')
    await several.get_by_role("button", name="编辑「多选」").click()
    option = page.locator(".sel-list:popover-open .sel-i")
    await option.filter(has_text="淘宝").click()
    await others_write("第一次")
    await option.filter(has_text="抖音").click()
    await others_write("第二次")
    await page.keyboard.press("Escape")
    kind = next(kind for kind in kinds if kind.type == "multi_select")
    await holds(site, table, kind, ["淘宝", "抖音"])

    bar = record.locator(f'[data-field="{table.field("进度").id}"]')
    await bar.get_by_role("button", name="编辑「进度」").click()
    await bar.locator("input[type=range]").fill("80")
    await others_write("第三次")
    await page.keyboard.press("Enter")
    await holds(site, table, next(kind for kind in kinds if kind.type == "progress"), 80)


# ---- forms ----


async def _pick_type(page: Page, form: Locator, kind: Kind) -> None:
    await form.locator(".fe-type-box").click()
    menu = page.get_by_role("dialog", name="字段类型")
    await menu.get_by_role("searchbox").fill(kind.label)
    told = next(one.description for one in TYPES if one.name == kind.type)
    choice = menu.locator(".fe-type").filter(has_text=f"{kind.label}{told}")
    await choice.first.click()
    await expect(form.locator(".fe-type-box")).to_have_text(kind.label)
    await expect(form).to_contain_text(told)  # what it is for


async def _fill_form(page: Page, form: Locator, kind: Kind) -> None:
    """What a kind asks for besides its name."""
    if kind.type in ("single_select", "multi_select"):
        await form.get_by_label("第 1 个选项", exact=True).fill("淘宝")
    elif kind.type == "cascade":
        await form.locator("hb-tree-edit").get_by_role("button", name="加一个选项").click()
        await page.keyboard.type("服装")
    elif kind.type == "link":
        await pick(page, form, "关联到哪张表", "客户")
    elif kind.type == "lookup":
        await pick(page, form, "从哪个关联取", "买家")
        await pick(page, form, "显示「客户」的哪个字段", "姓名")
    elif kind.type == "rollup":
        await pick(page, form, "从哪个关联取", "买家")
    elif kind.type == "formula":
        await form.get_by_role("textbox", name="公式").fill("LEN({名称})")
        await expect(form.locator(".fx-out")).to_contain_text("结果是一个数字")
    elif kind.type == "button":
        await pick(page, form, "按下后运行", "发出去")


async def _button_automation(site: Site, table: Table) -> None:
    definition = {
        "name": "发出去",
        "enabled": True,
        "trigger": {"kind": "button", "table": table.id},
        "steps": [
            {
                "config": {
                    "kind": "update_record",
                    "set": [{"field": table.field("名称").id, "value": {"kind": "literal", "value": "发了"}}],
                }
            }
        ],
    }
    found = automations.read_definition(Problems(), definition)
    await automations.create(site.system, await site.actor(), site.world.app_id, found)


@pytest.mark.parametrize("part", range(6))
async def test_each_is_made_explained_changed_and_removed_by_forms(site: Site, part: int) -> None:
    table = await table_of(site, [])
    await fields.create(
        site.system, await site.actor(), table.id, spec("买家", "link", table="客户", two_way=False)
    )
    await _button_automation(site, table)
    page = await open_table(site, table)
    for kind in KINDS[part::6]:
        name, told = f"新的{kind.label}", f"{kind.label}填什么"
        form = await new_field(page)
        await page.keyboard.type(name)
        await _pick_type(page, form, kind)
        await _fill_form(page, form, kind)
        await form.locator("summary", has_text="说明").click()
        await form.get_by_role("textbox", name="说明", exact=True).fill(told)
        await save(form)
        header = page.locator(".g-hc", has_text=name)
        await expect(header).to_have_attribute("data-tip", told)
        await expect(form).to_have_count(0)
        field = await field_of(site, table, name)
        assert field is not None
        assert (field.type, field.definition.description) == (kind.type, told)

        form = await edit_field(page, field)
        await expect(form.get_by_role("textbox", name="说明", exact=True)).to_have_value(told)
        await form.get_by_label("名称").fill(f"改过的{kind.label}")
        await save(form, "保存")
        header = page.locator(".g-hc", has_text=f"改过的{kind.label}")
        await expect(header).to_have_count(1)
        await expect(form).to_have_count(0)

        changed = await field_of(site, table, f"改过的{kind.label}")
        assert changed is not None
        form = await edit_field(page, changed)
        await form.get_by_role("button", name="删除字段").click()
        await page.get_by_role("dialog").get_by_role("button", name="删除字段").click()
        await expect(header).to_have_count(0)
        await expect(form).to_have_count(0)
        assert await field_of(site, table, f"改过的{kind.label}") is None
