"""Small pictures of pictures. Pillow works in a thread; one picture at a time in a process, so that memory stays bounded."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from runtime.errors import InvalidInput
from runtime.i18n import N_

Size = Literal["small", "large"]
SIDES: dict[Size, int] = {"small": 128, "large": 640}
"""The longer side of each small picture, in pixels."""
MEDIA_TYPE = "image/webp"
MOST_PIXELS = 50_000_000
MOST_PIXELS_JPEG = 120_000_000  # decoded at a fraction of its size
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF")
_BROKEN = (OSError, SyntaxError, ValueError, UnidentifiedImageError, EOFError, IndexError, TypeError)
Image.MAX_IMAGE_PIXELS = None  # our own limits are stricter, and say what to do

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class Picture(msgspec.Struct, frozen=True):
    """A picture as people see it (turned upright), in pixels; its small pictures as bytes."""

    width: int
    height: int
    small: dict[Size, bytes]


async def look_at(path: Path) -> Picture | None:
    """The picture in a file; None where it cannot be read as one.

    Raises:
        InvalidInput: so many pixels that unpacking it would fill the memory.
    """
    turn = _TURNS.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(1))
    async with turn:
        return await asyncio.to_thread(_look_at, path)


def _look_at(path: Path) -> Picture | None:
    try:
        with Image.open(path, formats=_FORMATS) as image:
            _check_pixels(image)
            image.draft("RGB", (SIDES["large"] * 2, SIDES["large"] * 2))
            width, height = _upright(image, path)
            image.load()
            whole = ImageOps.exif_transpose(image)
            whole = _plain(whole)
            small = {size: _shrunk(whole, side) for size, side in SIDES.items()}
    except _BROKEN:
        return None
    return Picture(width, height, small)


def _check_pixels(image: Image.Image) -> None:
    width, height = image.size
    by_parts = image.format == "JPEG" and not image.info.get("progressive")
    most = MOST_PIXELS_JPEG if by_parts else MOST_PIXELS
    if width * height > most:
        raise InvalidInput(
            N_("这张图片有 {width} × {height} 像素,展开后会占满内存。最多 {most} 万像素,缩小后再传"),
            code="too_many_pixels",
            width=width,
            height=height,
            most=most // 10_000,
        )


def _upright(image: Image.Image, path: Path) -> tuple[int, int]:
    """The size as it is seen. A draft may have made ``image`` smaller, so it is asked for from the file again."""
    with Image.open(path, formats=_FORMATS) as fresh:
        width, height = fresh.size
        turned = fresh.getexif().get(0x0112) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)


def _plain(image: Image.Image) -> Image.Image:
    """In colours that every browser shows; what is see-through stays so."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode.startswith("I"):  # 16 bits a pixel, as scanners make
        return image.convert("F").point(lambda value: value / 256).convert("L")
    return image.convert("RGB")


def _shrunk(image: Image.Image, side: int) -> bytes:
    from io import BytesIO

    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    copy.save(out, "WEBP", quality=78, method=3)
    return out.getvalue()
