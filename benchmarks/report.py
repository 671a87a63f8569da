"""Lines of the report: a figure, its floor in the same run, and the ratio."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure. ``floor`` is what the same work costs bare; ``ratio`` is how the two relate."""

    name: str
    value: str
    floor_name: str
    floor: str
    ratio: str


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    head = "| figure | measured | floor | floor measured | ratio |\n|---|---|---|---|---|"
    rows = [f"| {f.name} | {f.value} | {f.floor_name} | {f.floor} | {f.ratio} |" for f in figures]
    return "\n".join([head, *rows])
