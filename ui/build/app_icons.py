"""Draws the icons that phones show on the home screen into ``ui/static/icons``: ``python ui/build/app_icons.py``.

The same mark as ``ui/static/icon.svg`` (rows of a table with a pulse through them). PNG, because iPhones and older Androids
take nothing else; ``maskable`` fills the square, as Android cuts its own shape out of it. The results are committed; Pillow
is needed only here.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

OUT = Path(__file__).resolve().parents[1] / "static" / "icons"
BRAND, ON_BRAND = "#0E776D", "#FFFFFF"
# the mark in a square of 24, as in ui/build/icons.ts
LINES = (
    ((4, 6), (20, 6)),
    ((4, 18), (20, 18)),
    ((4, 12), (8, 12), (10, 8.5), (13, 15.5), (15, 12), (20, 12)),
)
STROKE = 1.75
FINER = 8  # drawn larger, then made small, for smooth edges


def draw(size: int, *, corner: float, mark: float) -> Image.Image:
    """The icon with ``size`` px a side; ``corner`` radius and side of the ``mark`` as shares of it."""
    side = size * FINER
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, side - 1, side - 1), radius=corner * side, fill=BRAND)
    unit = side * mark / 24
    edge = (side - 24 * unit) / 2
    for line in LINES:
        points = [(edge + x * unit, edge + y * unit) for x, y in line]
        pen.line(points, fill=ON_BRAND, width=round(STROKE * unit), joint="curve")
        for x, y in points:
            radius = STROKE * unit / 2
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=ON_BRAND)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every size."""
    OUT.mkdir(parents=True, exist_ok=True)
    draw(192, corner=0.22, mark=0.72).save(OUT / "app-192.png", optimize=True)
    draw(512, corner=0.22, mark=0.72).save(OUT / "app-512.png", optimize=True)
    draw(512, corner=0, mark=0.56).save(OUT / "maskable-512.png", optimize=True)
    draw(180, corner=0, mark=0.64).convert("RGB").save(OUT / "apple-180.png", optimize=True)


if __name__ == "__main__":
    main()
