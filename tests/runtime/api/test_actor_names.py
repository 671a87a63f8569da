"""How those who changed something are called."""

from __future__ import annotations

import pytest

from runtime.access import SYSTEM
from runtime.api.common import actor_name
from runtime.i18n import Translator

ENGLISH = Translator("en", {"表单「{name}」": "Form “{name}”", "系统": "System", "王强": "Strong King"})


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("system", SYSTEM.name, "System"),
        ("form", "表单「登记」", "Form “登记”"),
        ("form", "表单「「一」{name}\n」", "Form “「一」{name}\n”"),
        ("form", "登记", "登记"),
        ("person", "王强", "王强"),
        ("person", "系统", "系统"),
        ("automation", "表单「登记」", "表单「登记」"),
    ],
)
def test_names_of_ours_are_translated_and_peoples_are_not(kind: str, name: str, shown: str) -> None:
    assert actor_name(kind, name, ENGLISH) == shown
