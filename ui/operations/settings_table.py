"""Writes the table of settings into ``docs/operations.md``: ``python -m ui.operations.settings_table``."""

from __future__ import annotations

from pathlib import Path

from runtime.settings import VARIABLES
from ui.locale.catalogue import translator

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
BEGIN = "<!-- settings: begin (written by `python -m ui.operations.settings_table`, checked by a test) -->\n"
END = "<!-- settings: end -->"


def table() -> str:
    """One line per variable: name, default, meaning in English and Chinese."""
    english = translator("en")
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for variable in VARIABLES:
        default = f"`{variable.default}`" if variable.default else ""
        meaning = f"{english.gettext(variable.meaning)}<br>{variable.meaning}"
        lines.append(f"| `{variable.name}` | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """``page`` with the table of now between its marks."""
    before, _begin, rest = page.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
