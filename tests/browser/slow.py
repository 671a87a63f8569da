"""A slow device on a slow line: ``HUOBIAO_TEST_SLOW=4`` runs the tests in a browser whose processor is four times slower
and that waits 150 ms longer for every answer. What fails only then is a race, of the test or of the product.
"""

from __future__ import annotations

import os
from contextlib import suppress

from playwright.async_api import BrowserContext, Error, Page

RATE = float(os.environ.get("HUOBIAO_TEST_SLOW") or 0)
"""How many times slower the pages of tests compute; 0 leaves them as they are."""
LATENCY_MS = 150
_LINE = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}


def slowed(context: BrowserContext) -> BrowserContext:
    """The context, whose pages to come are slow if the tests were told so."""
    if RATE:
        context.on("page", _slow)
    return context


async def _slow(page: Page) -> None:
    with suppress(Error):  # a page that is gone again
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": RATE})
        await session.send("Network.emulateNetworkConditions", _LINE)
