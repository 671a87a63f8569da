"""When something is to happen by the calendar: the ways in which a form or a cron text says it."""

from __future__ import annotations

from typing import Literal

import msgspec

Missed = Literal["once", "all", "skip"]
"""What becomes of moments that passed while nothing ran: one run for the latest, one each, or none."""


class Every(msgspec.Struct, frozen=True, tag="every", tag_field="kind"):
    """Every ``amount`` minutes or hours, counted from midnight of 1 January 2024 in the time zone: it never drifts."""

    amount: int
    unit: Literal["minute", "hour"] = "minute"


class Daily(msgspec.Struct, frozen=True, tag="daily", tag_field="kind"):
    """Every day at ``times`` (``HH:MM``)."""

    times: tuple[str, ...]


class Weekly(msgspec.Struct, frozen=True, tag="weekly", tag_field="kind"):
    """On ``days`` of the week (1 Monday … 7 Sunday) at ``times``."""

    days: tuple[int, ...]
    times: tuple[str, ...]


class Monthly(msgspec.Struct, frozen=True, tag="monthly", tag_field="kind"):
    """On ``days`` of the month at ``times``: 1 … 31, -1 the last one. A month that has no 31st is passed over on the 31st."""

    days: tuple[int, ...]
    times: tuple[str, ...]


class NthWeekday(msgspec.Struct, frozen=True, tag="nth_weekday", tag_field="kind"):
    """On the ``nth`` (1 … 5, -1 the last) ``weekday`` (1 Monday … 7 Sunday) of the month at ``times``."""

    nth: int
    weekday: int
    times: tuple[str, ...]


class Cron(msgspec.Struct, frozen=True, tag="cron", tag_field="kind"):
    """By a cron text of five parts: minute, hour, day, month, weekday."""

    text: str


Plan = Every | Daily | Weekly | Monthly | NthWeekday | Cron
