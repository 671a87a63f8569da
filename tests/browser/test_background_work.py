"""What people see of long work: computed values that are still being computed, a field that is getting another type."""

from __future__ import annotations

import msgspec
import pytest
from playwright.async_api import Page, expect

from builder.conversions import KIND
from runtime.catalog import Table
from runtime.records.refresh import Refresher
from runtime.settings import Settings
from runtime.worker.jobs import run_job
from tests.browser.support import Site, axe, shot
from tests.browser.test_field_panel import (
    choose_type,
    edit_field,
    field_of,
    fill,
    make_table,
    open_table,
    spec,
)
from ui.bootstrap import JOB_KINDS


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """More than twenty records are many here; no worker runs until the test does its work."""
    return msgspec.structs.replace(settings, refresh_at_once=5, large_table_rows=20)


@pytest.fixture
async def orders(site: Site) -> Table:
    made = await make_table(
        site, "主订单池", spec("单号"), spec("数量"), spec("单价", "number"), spec("折后价", "formula", source="{单价}*0.9"),
    )  # fmt: skip
    await fill(
        site,
        made,
        *({"单号": f"TB-{n}", "数量": str(n) if n % 5 else "两件", "单价": n * 10} for n in range(1, 31)),
    )
    await Refresher(site.system).drain()
    return made


async def _change_price(site: Site, orders: Table) -> None:
    """Another formula: the worker has it, a part is done."""
    from builder import fields
    from builder.wire import FieldPatch

    field = await field_of(site, orders, "折后价")
    assert field is not None
    await fields.update(
        site.system, await site.actor(), field.id, FieldPatch(options={"source": "{单价}*0.8"})
    )
    await site.system.db.execute("UPDATE meta.refresh SET done = 12, total = 30")


async def test_a_column_that_is_being_computed_again_says_so(site: Site, orders: Table) -> None:
    page = await open_table(site, orders)
    await expect(page.locator(".g-hc .g-work")).to_have_count(0)
    await _change_price(site, orders)
    ring = page.locator(".g-hc", has_text="折后价").locator(".g-work")
    await expect(ring).to_be_visible()
    await expect(ring).to_have_attribute("aria-label", "正在重算,已完成 40%,值可能还是旧的")
    await expect(page.locator(".g-c.stale").first).to_have_text("9.00")
    assert await axe(page) == []
    await _screens(site, orders)

    await Refresher(site.system).drain()
    await expect(page.locator(".g-hc .g-work")).to_have_count(0)
    await expect(page.locator(".g-c.stale")).to_have_count(0)
    await expect(page.locator(".g-r").first).to_contain_text("8.00")


async def _screens(site: Site, orders: Table) -> None:
    record = f"/t/{orders.id}"
    for name, looks in (("zh-light", {}), ("zh-dark", {"dark": True}), ("en-light", {"language": "en"})):
        page = await open_table(site, orders, **looks)
        await expect(page.locator(".g-work")).to_be_visible()
        await page.locator(".g-work").hover(force=True)
        await expect(page.locator(".tip")).to_be_visible()
        await page.screenshot(path=shot(f"background/refreshing-{name}"))
        await page.locator(".g-r").first.hover()
        await page.locator(".g-r").first.locator(".g-open").click()
        await expect(page.locator("hb-record .rc-i.stale")).to_be_visible()
        await page.screenshot(path=shot(f"background/refreshing-record-{name}"))
        await page.context.close()
    page = await site.open(record, phone=True)
    await expect(page.locator(".tc-work")).to_contain_text("正在重算,已完成 40%")
    await page.screenshot(path=shot("background/refreshing-phone"))
    await page.context.close()


async def test_another_type_for_a_large_table_runs_in_the_background(site: Site, orders: Table) -> None:
    field = await field_of(site, orders, "数量")
    assert field is not None
    await site.system.db.execute(f"ANALYZE {orders.sql}")
    page = await open_table(site, orders)
    form = await edit_field(page, field)
    await choose_type(page, form, "数字")
    await expect(form.locator(".fe-impact")).to_contain_text("抽看")
    await form.get_by_role("button", name="保存").click()
    notice = form.locator(".fe-work")
    await expect(notice).to_contain_text("正在转换")
    await site.system.db.execute("UPDATE meta.job SET done = 12, total = 30")
    await expect(notice).to_contain_text("正在转换,已完成 40%")
    await expect(form.get_by_role("button", name="保存")).to_be_disabled()
    tray = page.locator(".jobs")
    await expect(tray).to_contain_text("把「数量」改成数字")
    await expect(page.locator(".g-hc", has_text="数量").locator(".g-work")).to_be_visible()
    await expect(page.locator(".g-r").first).to_contain_text("1")
    assert await axe(page) == []
    await page.screenshot(path=shot("background/converting-zh-light"))
    await _converting(site, orders)

    job = await site.system.db.value("SELECT public_id FROM meta.job WHERE kind = $1", KIND)
    await page.locator("[data-close-panel]").first.click()
    assert await run_job(site.system, JOB_KINDS, job)
    await expect(page.get_by_text("「数量」已改成数字").first).to_be_visible()
    await expect(page.locator(".g-hc .g-work")).to_have_count(0)
    changed = await field_of(site, orders, "数量")
    assert changed is not None
    assert changed.type == "number"


async def _converting(site: Site, orders: Table) -> None:
    field = await field_of(site, orders, "数量")
    assert field is not None
    for name, looks in (
        ("zh-dark", {"dark": True}),
        ("en-light", {"language": "en"}),
        ("tablet", {"size": (1024, 768)}),
    ):
        page: Page = await open_table(site, orders, **looks)
        await page.evaluate(
            "id => document.querySelector('hb-grid').dispatchEvent(new CustomEvent('hb:field', {detail: {action: 'edit', field: id}, bubbles: true}))",
            field.id,
        )
        await expect(page.locator("hb-field-panel .fe-work")).to_be_visible()
        await page.screenshot(path=shot(f"background/converting-{name}"))
        await page.context.close()


async def test_a_large_conversion_is_taken_back_in_the_background(site: Site, orders: Table) -> None:
    from builder import fields
    from builder.wire import FieldPatch

    field = await field_of(site, orders, "数量")
    assert field is not None
    await fields.update(site.system, await site.actor(), field.id, FieldPatch(type="number"))
    latest = "SELECT public_id FROM meta.job WHERE kind = $1 ORDER BY id DESC"
    assert await run_job(site.system, JOB_KINDS, await site.system.db.value(latest, KIND))
    app = (await site.system.catalogs.current()).table(orders.id).app_id
    page = await site.open(f"/a/{app}/settings")
    changes = page.locator("hb-changes")
    row = changes.locator(".ch-row").first
    await row.get_by_role("button", name="撤销").click()
    await expect(page.locator(".jobs")).to_contain_text("撤销:改字段「数量」的类型")
    await expect(row).to_contain_text("正在撤销")
    assert await axe(page) == []
    await page.screenshot(path=shot("background/taking-back-zh-light"))
    await _taking_back(site, orders, f"/a/{app}/settings")
    assert await run_job(site.system, JOB_KINDS, await site.system.db.value(latest, KIND))
    await expect(page.get_by_text("「数量」的类型已改回").first).to_be_visible()
    await expect(changes.locator(".ch-row").nth(1)).to_contain_text("已撤销")
    back = await field_of(site, orders, "数量")
    assert back is not None
    assert back.type == "text"


async def _taking_back(site: Site, orders: Table, settings: str) -> None:
    await site.system.db.execute("UPDATE meta.job SET done = 12, total = 30 WHERE status = 'queued'")
    page = await open_table(site, orders)
    ring = page.locator(".g-hc", has_text="数量").locator(".g-work")
    await expect(ring).to_have_attribute("aria-label", "正在改回原来的类型,已完成 40%")
    await ring.hover(force=True)
    await page.screenshot(path=shot("background/taking-back-column"))
    await page.context.close()
    for name, looks in (("en-dark", {"language": "en", "dark": True}), ("phone", {"phone": True})):
        page = await site.open(settings, **looks)
        await page.locator("hb-changes .ch-busy").scroll_into_view_if_needed()
        await page.screenshot(path=shot(f"background/taking-back-{name}"))
        await page.context.close()
    page = await site.open(f"/t/{orders.id}", phone=True)
    await expect(page.locator(".tc-work")).to_contain_text("正在改回原来的类型,已完成 40%")
    await page.screenshot(path=shot("background/taking-back-cards"))
    await page.context.close()


async def test_a_conversion_can_be_stopped(site: Site, orders: Table) -> None:
    field = await field_of(site, orders, "数量")
    assert field is not None
    page = await open_table(site, orders)
    form = await edit_field(page, field)
    await choose_type(page, form, "数字")
    await form.get_by_role("button", name="保存").click()
    await page.locator(".jobs").get_by_role("button", name="停下").click()
    await expect(page.get_by_text("字段会保持原样")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="停下").click()
    await expect(form.locator(".fe-work")).to_have_count(0)
    same = await field_of(site, orders, "数量")
    assert same is not None
    assert same.type == "text"
