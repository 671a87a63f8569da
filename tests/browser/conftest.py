"""Every test of this folder drives a browser."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.support import PATIENCE_MS, chromium, site

__all__ = ["chromium", "site"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """How long what is expected may take; the option is one for the whole process."""
    expect.set_options(timeout=PATIENCE_MS)
