"""Attachments in a real browser: drop, paste, choose, look, rename, remove and take back; on a phone too."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Locator, Page, Route, expect

from builder import fields, tables, workbenches
from builder.tables import TableSpec
from runtime.catalog import Table
from runtime.definitions.queries import Query
from runtime.files import shelf
from runtime.records import read
from tests.browser.bench import bench_of
from tests.browser.support import Site, axe, shot, until
from tests.browser.test_field_types import fill, open_table, spec

CELL = '.g-c[data-c="1"]'


def picture(text: str, color: str, size: tuple[int, int] = (800, 600), kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, color)
    draw = ImageDraw.Draw(image)
    draw.ellipse((size[0] // 4, size[1] // 4, size[0] * 3 // 4, size[1] * 3 // 4), fill="white")
    draw.text((size[0] // 2, size[1] // 2), text, fill="black")
    image.save(out, kind)
    return out.getvalue()


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font"
    b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n4 0 obj<</Length 44>>stream\nBT /F1 24 Tf 60 100 Td (Invoice 2026) Tj ET\n"
    b"endstream endobj\ntrailer<</Root 1 0 R>>\n"
)


async def put(site: Site, table: Table, name: str, content: bytes, field: str = "照片") -> dict[str, Any]:
    async def chunks() -> Any:
        yield content

    kept = await shelf.keep(site.system, await site.actor(), table.field(field).id, name, chunks(), None)
    return {"id": kept.id}


async def names(site: Site, table: Table, row: int = 0, field: str = "照片") -> list[str]:
    now = (await site.system.catalogs.current()).table(table.id)
    page = await read.page(site.system, await site.actor(), table.id, Query(limit=100))
    return [file["name"] for file in page.records[row].fields[now.field(field).id]]


async def become(site: Site, table: Table, wanted: list[str], row: int = 0, field: str = "照片") -> None:
    async def holds() -> bool:
        return await names(site, table, row, field) == wanted

    await until(holds)


async def transfer(page: Page, *files: tuple[str, str, bytes]) -> Any:
    """A DataTransfer with files, as a drop or a paste brings it."""
    given = [[name, kind, base64.b64encode(content).decode()] for name, kind, content in files]
    return await page.evaluate_handle(
        """files => { const data = new DataTransfer();
        for (const [name, type, text] of files)
          data.items.add(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], name, { type }));
        return data; }""",
        given,
    )


async def drop(page: Page, target: Locator, *files: tuple[str, str, bytes]) -> None:
    data = await transfer(page, *files)
    for kind in ("dragenter", "dragover", "drop"):
        await target.dispatch_event(kind, {"dataTransfer": data})


@pytest.fixture
async def album(site: Site) -> Table:
    made = await tables.create(
        site.system,
        await site.actor(),
        site.world.app_id,
        TableSpec(
            name="质检",
            record_noun="质检单",
            fields=(
                spec("单号"),
                spec("照片", "attachment"),
                spec("凭证", "attachment", kinds=["image"], max_files=2),
            ),
        ),
    )
    files = [
        await put(site, made, "正面.jpg", picture("A", "teal")),
        await put(site, made, "说明.txt", "第一行\n第二行".encode("gb18030")),
        await put(site, made, "发票.pdf", PDF),
        await put(site, made, "明细.zip", b"PK\x05\x06" + b"\0" * 18),
    ]
    await fill(site, made, {"单号": "QC-1"}, {"单号": "QC-2", "照片": files}, {"单号": "QC-3"})
    return made


async def test_drop_and_paste_into_cells(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    cell = page.locator(".g-r").nth(0).locator(CELL)
    await drop(
        page,
        cell,
        ("一.jpg", "image/jpeg", picture("1", "navy")),
        ("二.png", "image/png", picture("2", "olive", kind="PNG")),
    )
    await become(site, album, ["一.jpg", "二.png"])
    await expect(cell.locator("img")).to_have_count(2)
    await expect(page.locator(".toast")).to_contain_text("已添加 2 个文件")
    # a picture from the clipboard
    await cell.click(position={"x": 150, "y": 16})
    data = await transfer(page, ("image.png", "image/png", picture("3", "maroon", kind="PNG")))
    await page.evaluate(
        """data => document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""",
        data,
    )

    async def three() -> bool:
        return len(await names(site, album)) == 3

    await until(three)
    await expect(cell.locator("img")).to_have_count(3)
    assert (await names(site, album))[2].startswith("粘贴的图片 20")
    # undo takes the last one away, and again brings it back by its history
    await page.keyboard.press("Control+z")
    await become(site, album, ["一.jpg", "二.png"])
    # beside the field nothing is opened or stored
    await drop(page, page.locator(".g-r").nth(0).locator('.g-c[data-c="0"]'), ("x.txt", "text/plain", b"x"))
    await expect(page.locator(".toast").filter(has_text="附件字段的格子")).to_be_visible()
    assert await names(site, album, 2) == []
    await page.screenshot(path=shot("attachments/grid"))
    assert await axe(page) == []


async def test_a_refused_file_is_kept_and_can_be_sent_again(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    cell = page.locator(".g-r").nth(0).locator('.g-c[data-c="2"]')
    await drop(
        page,
        cell,
        ("假图片.png", "image/png", b"<html>no</html>"),
        ("真.png", "image/png", picture("1", "navy", kind="PNG")),
    )
    await become(site, album, ["真.png"], field="凭证")
    tray = page.locator(".up-tray")
    await expect(tray).to_contain_text("「凭证」只收图片,「假图片.png」的内容不是")
    await page.screenshot(path=shot("attachments/failed"))
    assert await axe(page) == []
    field = album.field("凭证").id
    site.tolerate("net::ERR")
    await page.route(f"**/fields/{field}/files*", lambda route: route.abort())
    await tray.get_by_role("button", name="重试").click()
    await expect(tray).to_contain_text("连不上服务器")
    await page.unroute(f"**/fields/{field}/files*")
    await tray.get_by_role("button", name="取消上传 假图片.png").click()
    await expect(tray).to_be_hidden()


async def test_what_is_on_its_way_is_shown_and_can_be_cancelled(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.abort()

    await page.route(f"**/fields/{album.field('照片').id}/files*", hold)
    await page.locator(".g-r").nth(2).locator('.g-c[data-c="0"]').click()
    await page.keyboard.press("Space")
    box = page.locator("hb-panel hb-attachments").first
    given = [(f"{n}.jpg", "image/jpeg", picture(str(n), "navy")) for n in range(5)]
    await drop(page, box.locator(".at"), *given)
    await expect(box.locator(".at-tile.going")).to_have_count(5)
    await expect(page.locator(".up-tray")).to_contain_text("正在上传 5 个文件")
    await page.screenshot(path=shot("attachments/going"))
    for name, _, _ in given:
        await box.get_by_role("button", name=f"取消上传 {name}").click()
    await expect(box.locator(".at-tile")).to_have_count(0)
    await expect(page.locator(".up-tray")).to_be_hidden()
    held.set()
    assert await names(site, album, 2) == []


async def test_the_preview_by_keyboard(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    cell = page.locator(".g-r").nth(1).locator(CELL)
    await expect(cell.locator(".ft-file")).to_have_count(4)
    await cell.locator(".ft-file").first.click()
    preview = page.locator("dialog.fp")
    await expect(preview).to_contain_text("正面.jpg")
    await expect(preview).to_contain_text("1 / 4")
    loaded = (
        "() => { const i = document.querySelector('.fp img'); return i?.complete && i.naturalWidth === 800; }"
    )
    await page.wait_for_function(loaded)
    await page.screenshot(path=shot("attachments/preview-image"))
    assert await axe(page) == []
    await page.keyboard.press("+")
    await expect(preview.locator("img.large")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(preview.locator("pre")).to_have_text("第一行\n第二行")
    await page.keyboard.press("ArrowRight")
    await expect(preview).to_contain_text("发票.pdf")

    async def viewer() -> bool:  # the browser's own, which our policy for files lets in
        return any(frame.url.startswith("chrome-extension:") for frame in page.frames)

    await until(viewer)
    await page.screenshot(path=shot("attachments/preview-pdf"))
    await page.keyboard.press("ArrowRight")
    await expect(preview).to_contain_text("这种文件不能在页面里看")
    await page.keyboard.press("ArrowRight")
    await expect(preview).to_contain_text("4 / 4")
    async with page.expect_download() as started:
        await preview.get_by_role("link", name="下载").first.click()
    assert (await started.value).suggested_filename == "明细.zip"
    await page.keyboard.press("Escape")
    await expect(preview).to_have_count(0)


async def test_the_panel_has_tiles_that_are_renamed_moved_and_removed(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    await page.locator(".g-r").nth(1).locator('.g-c[data-c="0"]').click()
    await page.keyboard.press("Space")
    box = page.locator("hb-panel [data-field] hb-attachments").first
    await expect(box.locator(".at-tile")).to_have_count(4)
    await page.screenshot(path=shot("attachments/panel"))
    assert await axe(page) == []
    await box.get_by_role("button", name="正面.jpg的操作").click()
    await page.get_by_role("menuitem", name="改名").click()
    await expect(box.get_by_role("textbox", name="文件名")).to_be_focused()
    await page.keyboard.type("外箱")
    await page.keyboard.press("Enter")
    await become(site, album, ["外箱.jpg", "说明.txt", "发票.pdf", "明细.zip"], 1)
    await box.get_by_role("button", name="预览 外箱.jpg").focus()
    await page.keyboard.press("Alt+ArrowRight")
    await become(site, album, ["说明.txt", "外箱.jpg", "发票.pdf", "明细.zip"], 1)
    await box.get_by_role("button", name="明细.zip的操作").click()
    await page.get_by_role("menuitem", name="移除").click()
    await become(site, album, ["说明.txt", "外箱.jpg", "发票.pdf"], 1)
    await page.locator(".toast").filter(has_text="已移除").get_by_role("button", name="撤销").click()
    await become(site, album, ["说明.txt", "外箱.jpg", "发票.pdf", "明细.zip"], 1)
    await drop(page, box.locator(".at"), ("补.jpg", "image/jpeg", picture("5", "purple")))
    await become(site, album, ["说明.txt", "外箱.jpg", "发票.pdf", "明细.zip", "补.jpg"], 1)


async def test_the_editor_over_a_cell_takes_several_and_leaves_by_escape(site: Site, album: Table) -> None:
    page = await open_table(site, album)
    await page.locator(".g-r").nth(2).locator(CELL).click()
    await page.keyboard.press("F2")
    over = page.locator(".g-over hb-attachments")
    await expect(over.get_by_role("button", name="添加文件")).to_be_focused()
    given: list[Any] = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": picture(str(n), "green")} for n in (1, 2)
    ]
    await over.locator(".at-add input").set_input_files(given)
    await become(site, album, ["1.jpg", "2.jpg"], 2)
    await expect(over.locator(".at-tile")).to_have_count(2)
    await page.screenshot(path=shot("attachments/over"))
    await page.keyboard.press("Escape")
    await expect(over).to_have_count(0)
    await page.keyboard.press("Control+c")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Control+v")
    await become(site, album, ["1.jpg", "2.jpg"], 0)
    await page.keyboard.press("Delete")
    await become(site, album, [], 0)


async def test_the_field_is_made_by_forms(site: Site, album: Table) -> None:
    page = await open_table(site, album, language="en", dark=True)
    await page.get_by_role("button", name="New field").click()
    panel = page.locator("hb-field-panel")
    await panel.get_by_label("Name").first.fill("Receipts")
    await panel.get_by_role("button", name="Type").click()
    await page.get_by_role("searchbox", name="Search field types").fill("attach")
    await page.keyboard.press("Enter")
    await panel.get_by_role("button", name="Chosen kinds").click()
    await panel.get_by_label("Video").check()
    await panel.get_by_role("textbox", name="Largest file (MB)").fill("5")
    await page.screenshot(path=shot("attachments/form-en-dark"))
    assert await axe(page) == []
    await panel.get_by_role("button", name="Create", exact=True).click()

    async def made() -> Any:
        return (await site.system.catalogs.current()).table(album.id).by_name.get("Receipts")

    config = (await until(made)).config
    assert (config.kinds, config.max_files, config.max_size_mb) == (("image", "pdf", "video"), 100, 5)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_on_a_phone(site: Site, album: Table, language: str) -> None:
    page = await site.open(f"/t/{album.id}", phone=True, language=language, dark=language == "en")
    await page.get_by_text("QC-2").first.click()
    box = page.locator("hb-attachments").first
    await expect(box.locator(".at-tile")).to_have_count(4)
    camera = box.locator(".at-camera input")
    await expect(box.locator(".at-camera")).to_be_visible()
    assert await camera.get_attribute("capture") == "environment"
    taken: Any = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": picture("P", "brown")}
    await camera.set_input_files([taken])
    await become(site, album, ["正面.jpg", "说明.txt", "发票.pdf", "明细.zip", "IMG_1.jpg"], 1)
    await box.scroll_into_view_if_needed()
    await page.screenshot(path=shot(f"attachments/phone-{language}"))
    await box.locator(".at-open").first.tap()
    preview = page.locator("dialog.fp")
    await expect(preview).to_contain_text("1 / 5")
    await page.screenshot(path=shot(f"attachments/phone-preview-{language}"))
    swipe = """() => { const stage = document.querySelector('.fp-stage');
      const at = (type, x) => stage.dispatchEvent(new PointerEvent(type, { pointerId: 7, pointerType: 'touch', clientX: x, clientY: 400, bubbles: true, isPrimary: true, button: 0 }));
      stage.setPointerCapture = () => {}; at('pointerdown', 300); at('pointermove', 200); at('pointerup', 120); }"""
    await page.evaluate(swipe)
    await expect(preview).to_contain_text("2 / 5")
    await preview.get_by_role("button", name="关闭" if language == "zh" else "Close").click()
    await expect(preview).to_have_count(0)


async def test_a_picker_takes_a_photo_in_the_workbench(site: Site) -> None:
    bench = await bench_of(site)
    actor = await site.actor()
    made = await fields.create(
        site.system, actor, bench.orders.id, spec("包裹照片", "attachment", kinds=["image"])
    )
    workbench = bench.app.workbenches[0]
    card = [*workbench.definition.card, made.id]
    await workbenches.update(site.system, actor, workbench.id, {"card": card})
    order = await bench.order()
    editor = await site.person("王强", "editor", app=bench.app.id)
    page = await bench.open(f"?r={order.id}", person=editor)
    box = page.locator(".wb-files hb-attachments")
    await expect(box.get_by_role("button", name="拍照")).to_be_visible()
    taken: Any = {"name": "IMG_2.jpg", "mimeType": "image/jpeg", "buffer": picture("P", "brown")}
    await box.locator(".at-camera input").set_input_files([taken])
    await expect(box.locator(".at-tile img")).to_have_count(1)
    await box.scroll_into_view_if_needed()
    await page.screenshot(path=shot("attachments/workbench"))
    assert await axe(page) == []

    async def stored() -> bool:
        record = await read.get(site.system, actor, order.id)
        return [file["name"] for file in record.fields[made.id]] == ["IMG_2.jpg"]

    await until(stored)
    # who may only look sees the photo and no way to add one
    viewer = await site.person("李静", "viewer", app=bench.app.id)
    looking = await bench.open(f"?r={order.id}", person=viewer)
    await expect(looking.locator(".wb-files .at-tile")).to_have_count(1)
    await expect(looking.locator(".wb-files .at-add")).to_have_count(0)
