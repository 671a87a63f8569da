"""simpleeval's answer is the meaning, and the SQL back end gives the same: on random formulas over random records.

300 formulas by default; ``HUOBIAO_FORMULA_CASES=10000`` for the long run.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.runtime.formulas.bench import Bench
from tests.runtime.formulas.strategies import FIELDS, expressions, records

CASES = int(os.environ.get("HUOBIAO_FORMULA_CASES", "300"))
pytestmark = pytest.mark.timeout(max(120, CASES))  # the long run may take long
LONG = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize=CASES == 300,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)


@LONG
@given(source=expressions(), rows=st.lists(records(), min_size=3, max_size=3))
def test_both_back_ends_agree(bench: Bench, source: str, rows: list[dict[str, Any]]) -> None:
    bench.both(source, FIELDS, rows)


@settings(LONG, max_examples=max(40, CASES // 10))
@given(source=expressions(), rows=st.lists(records(), min_size=2, max_size=2))
def test_they_agree_where_the_clock_jumps(bench: Bench, source: str, rows: list[dict[str, Any]]) -> None:
    bench.both(source, FIELDS, rows, "America/New_York")
