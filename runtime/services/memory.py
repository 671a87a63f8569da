"""How a long-running process collects its garbage."""

from __future__ import annotations

import gc

_YOUNG, _MIDDLE, _OLD = 20_000, 20, 20


def settle_down() -> None:
    """Call once when a process has loaded its modules: what is there now stays for good and is never looked at again.

    And the young generation may grow: a page of records makes some thousands of small values that all go at once, and
    with Python's own threshold (700) the collector would walk over them several times while they are still in use.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)
