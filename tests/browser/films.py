"""What a camera sees of waybills: pictures of codes, made worse as hands and warehouses do, as a film for the browser.

Chromium plays an MJPEG (baseline JPEGs one after another) as its camera and starts anew each time the camera is opened, so a
test changes what is seen by writing the file again.
"""

from __future__ import annotations

import io
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import barcode
import segno
from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.browser.support import CHROMIUM, FLAGS

WIDTH, HEIGHT = 1280, 720
_GREY, _PAPER = 120, 250


def code128(text: str, module: int = 3, height: int = 180, quiet: int = 10) -> Image.Image:
    """The bars of ``text``, each ``module`` px wide."""
    bits = barcode.get("code128", text).build()[0]
    picture = Image.new("L", ((len(bits) + 2 * quiet) * module, height), 255)
    for place, bit in enumerate(bits):
        if bit == "1":
            picture.paste(0, ((place + quiet) * module, 0, (place + quiet + 1) * module, height))
    return picture


def qr(text: str, scale: int = 6) -> Image.Image:
    """A QR code."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=scale, border=4)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def blank() -> Image.Image:
    """A label with nothing on it."""
    picture = Image.new("L", (WIDTH, HEIGHT), _GREY)
    picture.paste(_PAPER, (WIDTH // 14, HEIGHT // 14, WIDTH - WIDTH // 14, HEIGHT - HEIGHT // 14))
    return picture


def label(code: Image.Image) -> Image.Image:
    """A label with a code in its middle."""
    picture = blank()
    picture.paste(code, ((WIDTH - code.width) // 2, (HEIGHT - code.height) // 2))
    return picture


def beside(square: Image.Image, line: Image.Image) -> Image.Image:
    """A label with a line code in its middle and a square one above it."""
    picture = label(line)
    picture.paste(square, ((WIDTH - square.width) // 2, HEIGHT // 14 + 10))
    return picture


def rotated(picture: Image.Image, degrees: float) -> Image.Image:
    """Held askew."""
    return picture.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=_GREY)


def write(path: Path, frames: Sequence[Image.Image]) -> None:
    """A film of ``frames``; replaced in one step, as a browser may be reading it."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as out:
        for frame in frames:
            frame.convert("RGB").save(out, "JPEG", quality=85)
    os.replace(fresh, path)


@asynccontextmanager
async def filming(film: Path) -> AsyncIterator[Browser]:
    """A browser whose camera shows the film."""
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*FLAGS, *camera, f"--use-file-for-fake-video-capture={film}"]
        )
        yield browser
        await browser.close()
