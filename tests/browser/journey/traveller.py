"""A person at a browser in front of a real ``huobiao serve``: what their hands do over and over."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.slow import slowed
from tests.browser.support import LAPTOP, PASSWORD, PATIENCE_MS, PHONE, shot, until

EMAIL = "lin@example.com"
# what a browser says by itself about answers that are no success
_ANSWERS = re.compile(r"Failed to load resource: the server responded with a status of \d+|net::ERR_")


@dataclass
class Traveller:
    """One person in one browser. ``folder``: where their files are; ``complaints``: errors that pages logged."""

    browser: Browser
    url: str
    folder: Path
    page: Page
    context: BrowserContext
    robot: str = ""
    complaints: list[str] = field(default_factory=list)

    @classmethod
    async def come(
        cls, browser: Browser, url: str, folder: Path, *, phone: bool = False, robot: str = "", **options: Any
    ) -> Traveller:
        """Open a browser of one's own."""
        width, height = PHONE if phone else LAPTOP
        context = await browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=phone,
            is_mobile=phone,
            **options,
        )
        slowed(context)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        made = cls(browser, url, folder, page, context, robot)
        page.on("pageerror", lambda error: made.complaints.append(f"{page.url}: {error}"))
        page.on("console", made._heard)
        return made

    def _heard(self, message: Any) -> None:
        if message.type == "error" and not _ANSWERS.search(message.text):
            self.complaints.append(f"{self.page.url}: {message.text}")

    async def leave(self) -> None:
        """Close the browser; a page that complained fails the test."""
        await self.context.close()
        assert not self.complaints, "\n".join(self.complaints)

    async def keep(self, name: str) -> None:
        """Keep a picture of what is on the screen."""
        await self.page.screenshot(path=shot(f"journey/{name}"), animations="disabled")

    # ---- signing in ----

    async def log_in(self, email: str = EMAIL, password: str = PASSWORD) -> None:
        """Through the form."""
        await self.page.goto("/login")
        await self.page.locator("#email").fill(email)
        await self.page.locator("#password").fill(password)
        await self.page.locator(".bare-card button[type=submit]").click()
        await self.page.wait_for_url(lambda url: "/login" not in url)

    # ---- the interface for programs: where a test looks behind the page ----

    async def api(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the API in this person's session. Raises AssertionError on a refusal."""
        token = await self.page.locator('meta[name="csrf-token"]').get_attribute("content")
        headers = {"x-csrf-token": token or "", "origin": self.url}
        answer = await self.context.request.fetch(f"/api/v1{path}", method=method, data=body, headers=headers)
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json() if answer.status != 204 else None

    async def app(self, name: str) -> dict[str, Any]:
        """An app by its name, with its tables."""
        apps = (await self.api("GET", "/apps"))["apps"]
        found: dict[str, Any] = await self.api(
            "GET", f"/apps/{next(a['id'] for a in apps if a['name'] == name)}"
        )
        return found

    async def table(self, app: str, name: str) -> dict[str, Any]:
        """A table of an app by both names, with its fields and views."""
        parts = await self.app(app)
        key = next(t["id"] for t in parts["tables"] if t["name"] == name)
        found: dict[str, Any] = await self.api("GET", f"/tables/{key}")
        return found

    async def records(self, table: str, where: Any = None) -> list[dict[str, Any]]:
        """Records of a table, up to 500."""
        found: list[dict[str, Any]] = (
            await self.api("POST", f"/tables/{table}/query", {"where": where, "limit": 500})
        )["records"]
        return found

    # ---- hands ----

    async def go(self, name: str) -> None:
        """To a place of the app one is in, by its name in the rail."""
        place = self.page.locator(".rail").get_by_role(
            "link", name=re.compile(rf"^{re.escape(name)}( [\d,]+)?$")
        )
        await place.first.click()
        await expect(self.page.locator(".crumb [aria-current]")).to_contain_text(name)

    async def switch_app(self, name: str) -> None:
        """Into another app, by the menu at the head of the rail."""
        await self.page.locator(".rail-app").click()
        await self.page.get_by_role("menuitem", name=name).click()
        await expect(self.page.locator(".rail-app")).to_contain_text(name)

    async def open_table(self, name: str) -> None:
        """A table of the app one is in, and its rows if it has any."""
        await self.go(name)
        await expect(self.page.locator(".g-hc[data-field]").first).to_be_visible()

    async def enter(self, *cells: tuple[str, str | tuple[str, str]]) -> None:
        """A new record in the last line of the grid: texts are typed, ``(words, name)`` of a linked record is looked up."""
        rows = self.page.locator(".g-r")
        before = await rows.count()
        await self.page.get_by_role("button", name="新建记录").first.click()
        await expect(rows).to_have_count(before + 1)
        for column, value in cells:
            cell = await self.cell(rows.nth(before), column)
            if isinstance(value, str):
                await cell.click()
                await self.page.keyboard.type(value)
                await self.page.keyboard.press("Enter")
            else:
                await cell.dblclick()
                await self.pick_record(*value)
            await expect(cell).not_to_be_empty()

    async def pick_record(self, words: str, name: str) -> None:
        """In the dialog where linked records are chosen: search, and take the one of that name."""
        dialog = self.page.get_by_role("dialog", name=re.compile("^选择「"))
        await dialog.get_by_role("textbox", name="搜索").fill(words)
        called = self.page.locator(".b", has_text=re.compile(rf"^{re.escape(name)}$"))
        await dialog.get_by_role("option").filter(has=called).click()
        done = dialog.get_by_role("button", name="完成")
        if await done.count():
            await done.click()
        await expect(dialog).to_have_count(0)

    async def choose(self, box: Locator, *options: str, several: bool = False) -> None:
        """Open a select of ours and choose an option; where it takes several, those, and close it."""
        await box.scroll_into_view_if_needed()
        await box.click()
        for option in options:
            await (
                self.page.get_by_role("option", name=option, exact=True).locator("visible=true").first.click()
            )
        if several:
            await self.page.keyboard.press("Escape")
        await expect(box).to_have_attribute("aria-expanded", "false")

    async def type_options(self, box: Locator, *options: str) -> None:
        """Make the options of a select by typing them."""
        await box.click()
        for option in options:
            await self.page.keyboard.type(option)
            await self.page.keyboard.press("Enter")
        await self.page.keyboard.press("Escape")

    def head(self, name: str) -> Locator:
        """The head of a column."""
        return self.page.locator(
            ".g-hc[data-field]", has=self.page.locator(".grow", has_text=re.compile(f"^{re.escape(name)}$"))
        )

    async def column_menu(self, name: str, item: str) -> None:
        """Choose from the menu of a column."""
        await self.head(name).locator(".g-more").click(force=True)
        await self.page.get_by_role("menuitem", name=item).click()

    async def cell(self, row: Locator, column: str) -> Locator:
        """The cell of a row in the column of that name."""
        heads = self.page.locator(".g-hc[data-field]")
        names = await heads.evaluate_all(
            "cells => cells.map(cell => cell.querySelector('.grow').textContent)"
        )
        return row.locator(f'[data-c="{names.index(column)}"]')

    async def far_cell(self, words: str, column: str) -> Locator:
        """A cell at the far end of the row that shows these words; goes there by keyboard. Only what is in sight exists."""
        cell = self.page.locator(".g-r").get_by_role("gridcell", name=words, exact=True)
        row = (await cell.first.get_attribute("id") or "").split("-")[1]
        await cell.first.click()
        await self.page.keyboard.press("End")
        names = await self.page.locator(".g-hc[data-field] .grow").all_text_contents()
        found = self.page.locator(f"#g-{row}-{names.index(column)}")
        await expect(found).to_be_in_viewport()
        return found

    def row(self, words: str) -> Locator:
        """The row that shows these words."""
        return self.page.locator(".g-r", has_text=words)

    async def open_record(self, words: str) -> None:
        """The panel of the record in whose row these words stand."""
        await self.row(words).hover()
        await self.row(words).locator(".g-open").click()
        await expect(self.page.locator("hb-record .rc-fields")).to_be_visible()

    async def rows_shown(self) -> None:
        """Wait until the grid shows something."""
        await expect(self.page.locator(".g-r").first).to_be_visible()


async def eventually(check: Callable[[], Awaitable[Any]], seconds: float = 30) -> Any:
    """Wait for something that other processes do."""
    return await until(check, seconds)
