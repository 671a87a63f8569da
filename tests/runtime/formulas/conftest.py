"""A bench over a PostgreSQL of this test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.runtime.formulas.bench import Bench
from tests.support.servers import Databases


@pytest.fixture(scope="session")
def bench(postgres: Databases) -> Iterator[Bench]:
    """Both back ends, side by side."""
    with postgres.empty() as url:
        bench = Bench(url)
        try:
            yield bench
        finally:
            bench.close()
