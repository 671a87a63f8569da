"""Every code that an error can have stands in the documentation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

MAKER = Path(__file__).parents[2] / "docs" / "make_errors.py"


@pytest.fixture
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_errors", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_is_documented(maker: ModuleType) -> None:
    codes = set(maker.codes())
    assert {"credential_in_step", "bad_value", "form_once", "internal_error", "unknown_key"} <= codes
    missing = sorted(codes - maker.documented())
    assert not missing, f"not in docs/errors.md: {missing}. Run: python docs/make_errors.py"


def test_no_code_of_the_list_is_gone(maker: ModuleType) -> None:
    listed = {
        line.split("`")[1]
        for line in maker.PAGE.read_text(encoding="utf-8").partition(maker.TITLE)[2].splitlines()
        if line.startswith("| `")
    }
    gone = sorted(listed - set(maker.codes()))
    assert not gone, f"not in the source any more: {gone}. Run: python docs/make_errors.py"
