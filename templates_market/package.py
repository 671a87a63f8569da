"""What a template says, as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec


class Texts(msgspec.Struct, frozen=True):
    """A text in both languages."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """The text for a reader."""
        return self.en if language == "en" else self.zh


class Binding(msgspec.Struct, frozen=True):
    """A part that the bound table plays with one of its fields (or, for type ``stock``, with a stock definition).

    ``types``: field types that can play it; ``words``: names such a field usually has, best first.
    """

    name: Texts
    types: tuple[str, ...]
    required: bool = False
    words: tuple[str, ...] = ()


class SampleFile(msgspec.Struct, frozen=True):
    """Sample records of a table; ``match`` tells by which field of the far table a link's text is found."""

    file: str
    match: dict[str, str] = {}


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template. ``kind`` ``app`` installs an app, ``workbench`` binds to a table that is there already.

    ``tables`` … ``forms`` hold definitions in the builder's JSON with symbolic ids; ``folder`` is where it lies.
    """

    slug: str
    version: str
    kind: Literal["app", "workbench"]
    category: str
    name: Texts
    summary: Texts
    description: Texts
    icon: str = "layout-template"
    color: str = "teal"
    app: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {}
    stocks: dict[str, dict[str, Any]] = {}
    connectors: dict[str, dict[str, Any]] = {}
    automations: dict[str, dict[str, Any]] = {}
    dashboards: dict[str, dict[str, Any]] = {}
    workbenches: dict[str, dict[str, Any]] = {}
    forms: dict[str, dict[str, Any]] = {}
    workbench: dict[str, Any] = {}
    bindings: dict[str, Binding] = {}
    records: dict[str, SampleFile] = {}
    folder: Path | None = None

    def contents(self) -> dict[str, int]:
        """How many of each kind it brings."""
        counts = {
            "tables": len(self.tables),
            "automations": len(self.automations),
            "dashboards": len(self.dashboards),
            "forms": len(self.forms),
            "workbenches": len(self.workbenches) + (1 if self.kind == "workbench" else 0),
        }
        return {kind: n for kind, n in counts.items() if n}
