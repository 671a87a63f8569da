"""Every test of this folder drives a browser."""

from pathlib import Path

import pytest

from tests.browser.support import chromium, site

__all__ = ["chromium", "site"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
