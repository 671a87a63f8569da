"""A stranger's hands on a page: what they do is found by visible names alone, and counted.

A click is one press of the mouse (a double click two); a key is one press of the keyboard, every character of what is typed
included, so that nothing hides in a paste. Choosing a file in the system's own window is not counted.
"""

from __future__ import annotations

import time
from pathlib import Path

from playwright.async_api import Locator, Page


class Hands:
    """``clicks`` and ``keys`` so far, and the ``seconds`` since the first of them (waiting included)."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.keys = 0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    async def click(self, place: Locator) -> None:
        """One press of the mouse on the only thing that fits."""
        self.clicks += 1
        await place.click()

    async def button(self, name: str, *, within: Locator | None = None) -> None:
        """Press the button of exactly that name."""
        await self.click((within or self.page).get_by_role("button", name=name, exact=True))

    async def link(self, name: str) -> None:
        """Follow the link whose name begins so."""
        await self.click(self.page.get_by_role("link", name=name).first)

    async def choose(self, box: Locator, *options: str) -> None:
        """Open a select and press its options."""
        await self.click(box)
        for option in options:
            await self.click(self.page.get_by_role("option", name=option, exact=True).locator("visible=true"))

    async def type(self, text: str) -> None:
        """Keys into whatever has the focus."""
        self.keys += len(text)
        await self.page.keyboard.type(text)

    async def press(self, *keys: str) -> None:
        """Single keys or chords, each counted once."""
        for key in keys:
            self.keys += 1
            await self.page.keyboard.press(key)

    async def drop_file(self, place: Locator, path: Path) -> None:
        """Press a place that asks for a file, and choose it in the system's window."""
        self.clicks += 1
        async with self.page.expect_file_chooser() as asking:
            await place.click()
        await (await asking.value).set_files(path)
