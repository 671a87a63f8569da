"""How processes collect their garbage."""

from __future__ import annotations

import gc
from typing import Any

from runtime.services.memory import settle_down


def test_what_is_there_at_the_start_is_not_looked_at_again() -> None:
    before = gc.get_threshold()
    try:
        settle_down()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > before[0]
        rings: list[Any] = [[]]
        rings[0].append(rings)
        del rings
        assert gc.collect() > 0, "what is made afterwards is still collected"
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
