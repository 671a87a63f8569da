"""Conditions of questions; ``ui/islands/forms/conditions.test.ts`` goes through the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.definitions.forms import without_missing
from runtime.definitions.queries import Condition, Group
from runtime.forms.conditions import meets

CASES = json.loads(Path(__file__).with_name("conditions.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['answer']} {case['op']} {case['value']}")
def test_a_condition_reads_answers_as_the_browser_does(case: dict[str, Any]) -> None:
    assert meets(Condition("f", case["op"], case["value"]), {"f": case["answer"]}) is case["meets"]


def test_groups_join_conditions_and_an_empty_one_is_true() -> None:
    one, other = Condition("a", "is", "x"), Condition("b", "is", "y")
    assert meets(None, {})
    assert meets(Group("and", ()), {})
    assert meets(Group("or", (one, other)), {"b": "y"})
    assert not meets(Group("and", (one, other)), {"b": "y"})
    assert meets(Group("and", (one, Group("or", (other, Condition("b", "is_empty"))))), {"a": "x"})


def test_what_asks_of_a_question_that_is_gone_drops_out() -> None:
    one, other = Condition("a", "is", "x"), Condition("b", "is", "y")
    assert without_missing(Group("and", (one, other)), {"b"}) == Group("and", (other,))
    assert without_missing(Group("and", (one,)), {"b"}) is None
