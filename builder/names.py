"""Names the product gives of itself: a table's first field, its first view. They are data from then on."""

from __future__ import annotations

from typing import Literal

Part = Literal["primary_field", "all_records", "copy"]

# Stored as what a person would have typed, in the language they work in; never translated afterwards.
_NAMES: dict[str, dict[Part, str]] = {
    "zh": {"primary_field": "名称", "all_records": "全部", "copy": "副本"},
    "en": {"primary_field": "Name", "all_records": "All", "copy": "copy"},
}


def default_name(part: Part, language: str) -> str:
    """What ``part`` is called in ``language`` (Chinese where there is no name in it)."""
    return _NAMES.get(language, _NAMES["zh"])[part]
